// One part of a table as a Parquet file: a row group per batch, zstd pages, everything nullable.

import { constants, zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type ColumnMapping, mapColumn } from './column-mapping.ts';
import { columnValues } from './column-values.ts';
import { type EncoderOptions, noBytes, type TableEncoder } from './table-encoder.ts';

/** Fast and within a few percent of the next levels on row data. */
const ZSTD_LEVEL = 1;

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}

/** ddl: kept in the file's key-value metadata as `tidb.ddl`. */
export function parquetEncoder(options: EncoderOptions, ddl: string): TableEncoder {
  const { columns, asText } = options;
  const mappings = columns.map(({ name, type }, i) => mapColumn(name, type, asText.has(i)));
  const output = new DrainingWriter();
  const writer = new ParquetWriter({
    writer: output,
    schema: parquetSchema(mappings),
    codec: 'ZSTD',
    compressors: { ZSTD: compress },
    statistics: false,
    kvMetadata: [{ key: 'tidb.ddl', value: ddl }],
    createdBy: 'tidb-pitr',
  });
  const unrepresentable = new Set<number>();
  return {
    unrepresentable,
    header: () => noBytes,
    encode(batch) {
      if (columns.length === 0 || batch.rows === 0) return output.drain();
      const columnData = mappings.map((mapping, i) => {
        const converted = columnValues(mapping.conversion, columns[i].type, batch.columns[i], batch.rows);
        if (converted.unrepresentable) unrepresentable.add(i);
        return { name: columns[i].name, data: converted.values, ...encodingOf(mapping) };
      });
      writer.write({ columnData, rowGroupSize: batch.rows });
      return output.drain();
    },
    footer() {
      writer.finish();
      return output.drain();
    },
  };
}

export function parquetSchema(mappings: readonly ColumnMapping[]): SchemaElement[] {
  return [{ name: 'root', num_children: mappings.length }, ...mappings.map(({ element }) => element)];
}

/** Few distinct values are worth a dictionary; looking for them in other columns costs more than it saves. */
function encodingOf({ conversion }: ColumnMapping): { readonly encoding?: 'PLAIN' } {
  return conversion === 'text' || conversion === 'int32' ? {} : { encoding: 'PLAIN' };
}

/** The writer's bytes, taken away after every row group so that a part of any size takes the memory of one batch. */
class DrainingWriter extends ByteWriter {
  drain(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}
