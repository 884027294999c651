// The frame of a Parquet file around column chunks of PLAIN pages: one page per column and row group, zstd, nullable.
// Page headers, levels and the footer are the library's; what is ours is only that values are not made into objects.

import { constants, zstdCompressSync } from 'node:zlib';
import type { ColumnMetaData, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

/** Fast, and within a few percent of the next levels on row data. */
const ZSTD_LEVEL = 1;
/** `PAR1`, little endian. */
const MAGIC = 0x31524150;
/** The one level there is: present or NULL. */
const LEVEL_BITS = 1;

/** One column of a row group. */
export interface PlainColumn {
  readonly element: SchemaElement;
  /** PLAIN values that are not NULL. */
  readonly bytes: Uint8Array;
  /** 1 = NULL, per row; undefined when none is. */
  readonly nulls: Uint8Array | undefined;
  readonly nullCount: number;
}

/** Collects bytes of a file; `drain` takes away what there is. */
export class ParquetFile {
  readonly #writer = new ByteWriter(1024 * 1024);
  readonly #schema: SchemaElement[];
  readonly #rowGroups: RowGroup[] = [];
  readonly #notes: { key: string; value: string }[];
  #rows = 0;

  /** notes: key-value metadata of the file. */
  constructor(columns: readonly SchemaElement[], notes: Readonly<Record<string, string>>) {
    this.#schema = [{ name: 'root', num_children: columns.length }, ...columns];
    this.#notes = Object.entries(notes).map(([key, value]) => ({ key, value }));
    this.#writer.appendUint32(MAGIC);
  }

  /** Adds a row group of `rows` rows. */
  addRowGroup(rows: number, columns: readonly PlainColumn[]): void {
    const start = this.#writer.offset;
    const chunks = columns.map((column) => this.#addChunk(column, rows));
    this.#rows += rows;
    this.#rowGroups.push({
      columns: chunks.map((meta_data) => ({ meta_data, file_offset: meta_data.data_page_offset })),
      total_byte_size: chunks.reduce((sum, chunk) => sum + chunk.total_uncompressed_size, 0n),
      num_rows: BigInt(rows),
      total_compressed_size: BigInt(this.#writer.offset - start),
    });
  }

  /** Writes the footer. */
  finish(): void {
    writeMetadata(this.#writer, {
      version: 2,
      created_by: 'tidb-pitr',
      schema: this.#schema,
      num_rows: BigInt(this.#rows),
      row_groups: this.#rowGroups,
      key_value_metadata: this.#notes,
      metadata_length: 0,
    });
    this.#writer.appendUint32(MAGIC);
  }

  /** The bytes since the last call, the caller's own. */
  drain(): Uint8Array {
    const bytes = this.#writer.getBytes().slice();
    this.#writer.index = 0;
    return bytes;
  }

  #addChunk({ element, bytes, nulls, nullCount }: PlainColumn, rows: number): ColumnMetaData {
    const writer = this.#writer;
    const start = writer.offset;
    const levels = definitionLevels(nulls, rows);
    const compressed = zstdCompressSync(bytes, {
      chunkSize: Math.min(bytes.length + 1024, 1024 * 1024),
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    });
    writePageHeader(writer, {
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: levels.length + bytes.length,
      compressed_page_size: levels.length + compressed.length,
      data_page_header_v2: {
        num_values: rows,
        num_nulls: nullCount,
        num_rows: rows,
        encoding: 'PLAIN',
        definition_levels_byte_length: levels.length,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    });
    const headerBytes = writer.offset - start;
    writer.appendBytes(levels);
    writer.appendBytes(compressed);
    return {
      type: element.type ?? 'BYTE_ARRAY',
      encodings: ['PLAIN'],
      path_in_schema: [element.name],
      codec: 'ZSTD',
      num_values: BigInt(rows),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(headerBytes + levels.length + bytes.length),
      data_page_offset: BigInt(start),
    };
  }
}

/** 1 = present. A column without NULL is one run. */
function definitionLevels(nulls: Uint8Array | undefined, rows: number): Uint8Array {
  const writer = new ByteWriter(64);
  const levels = new Array<number>(rows);
  for (let row = 0; row < rows; row++) levels[row] = nulls !== undefined && nulls[row] === 1 ? 0 : 1;
  writeRleBitPackedHybrid(writer, levels, LEVEL_BITS);
  return writer.getBytes();
}
