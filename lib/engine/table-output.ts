// Rows of one part of a table → batches → bytes of the output form → the part's file.

import type { RowBatch } from '../br/codec/row-batch.ts';
import type { PartFile } from '../ports/part-files.ts';
import type { TableEncoder } from './output/table-encoder.ts';

/** How often the size of the batch is looked at, in rows. */
const CHECK_EVERY = 64;

export class TableOutput {
  rows = 0;
  bytes = 0;
  readonly batch: RowBatch;
  readonly #encoder: TableEncoder;
  readonly #file: PartFile;
  readonly #batchBytes: number;

  constructor(batch: RowBatch, encoder: TableEncoder, file: PartFile, batchBytes: number) {
    this.batch = batch;
    this.#encoder = encoder;
    this.#file = file;
    this.#batchBytes = batchBytes;
  }

  /** Writes what comes before the first row of a table. */
  begin(): Promise<void> {
    return this.#write(this.#encoder.header());
  }

  /** After each row in `batch`; a promise when the batch had to go out. */
  afterRow(): Promise<void> | undefined {
    const { rows } = this.batch;
    if (rows < this.batch.capacity && (rows % CHECK_EVERY !== 0 || this.batch.byteLength < this.#batchBytes))
      return undefined;
    return this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#write(this.#encoder.footer());
    await this.#file.finish();
  }

  #flush(): Promise<void> {
    const { batch } = this;
    this.rows += batch.rows;
    const bytes = this.#encoder.encode(batch);
    batch.clear();
    return this.#write(bytes);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.bytes += bytes.length;
    await this.#file.append(bytes);
  }
}
