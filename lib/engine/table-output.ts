// Rows of one part of a table → batches → bytes of the output form → the part's file.

import type { RowBatch } from '../br/codec/row-batch.ts';
import { PitrError } from '../domain/errors.ts';
import type { PartFile } from '../ports/part-files.ts';
import type { TableEncoder } from './output/table-encoder.ts';

export class TableOutput {
  rows = 0;
  bytes = 0;
  readonly batch: RowBatch;
  readonly #encoder: TableEncoder;
  readonly #file: PartFile;
  readonly #batchBytes: number;
  readonly #table: string;
  #held = 0;

  /** table: its name, for messages. batchBytes: a batch goes out when its rows came from as many bytes. */
  constructor(table: string, batch: RowBatch, encoder: TableEncoder, file: PartFile, batchBytes: number) {
    this.#table = table;
    this.batch = batch;
    this.#encoder = encoder;
    this.#file = file;
    this.#batchBytes = batchBytes;
  }

  /** Writes what comes before the first row of a table. */
  begin(): Promise<void> {
    return this.#write(this.#encoder.header());
  }

  /** After each row in `batch`, with the bytes it came from; a promise when the batch had to go out. */
  afterRow(rowBytes: number): Promise<void> | undefined {
    this.#held += rowBytes;
    return this.batch.isFull || this.#held >= this.#batchBytes ? this.#flush() : undefined;
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#write(this.#encoder.footer());
    await this.#file.finish();
  }

  #flush(): Promise<void> {
    const { batch } = this;
    this.rows += batch.rows;
    this.#held = 0;
    const bytes = this.#encode();
    batch.clear();
    return this.#write(bytes);
  }

  /** Some cells (JSON) are looked into only now; what is wrong with them is told with the table's name. */
  #encode(): Uint8Array {
    try {
      return this.#encoder.encode(this.batch);
    } catch (caught) {
      if (!(caught instanceof PitrError)) throw caught;
      const { code, message, hint, details } = caught;
      throw new PitrError(code, `a row of ${this.#table}: ${message}`, {
        ...(hint === undefined ? {} : { hint }),
        details: { ...details, table: this.#table },
        cause: caught,
      });
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.bytes += bytes.length;
    await this.#file.append(bytes);
  }
}
