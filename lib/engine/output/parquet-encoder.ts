// One part of a table as a Parquet file: a row group per batch.

import { mapColumn } from './column-mapping.ts';
import { ParquetFile, type PlainColumn } from './parquet-file.ts';
import { plainValues } from './plain-values.ts';
import { type EncoderOptions, noBytes, type TableEncoder } from './table-encoder.ts';

/** ddl: kept in the file's key-value metadata as `tidb.ddl`. */
export function parquetEncoder(options: EncoderOptions, ddl: string): TableEncoder {
  const { columns, asText } = options;
  const mappings = columns.map(({ name, type }, i) => mapColumn(name, type, asText.has(i)));
  const file = new ParquetFile(
    mappings.map(({ element }) => element),
    { 'tidb.ddl': ddl },
  );
  const unrepresentable = new Set<number>();
  return {
    unrepresentable,
    header: () => noBytes,
    encode(batch) {
      if (batch.rows > 0) {
        const values = mappings.map(({ element, conversion }, i): PlainColumn => {
          const vector = batch.columns[i];
          const plain = plainValues(conversion, columns[i].type, vector);
          if (plain.unrepresentable) unrepresentable.add(i);
          const { nullCount } = vector;
          return { element, bytes: plain.bytes, nulls: nullCount > 0 ? vector.nulls : undefined, nullCount };
        });
        file.addRowGroup(batch.rows, values);
      }
      return file.drain();
    },
    footer() {
      file.finish();
      return file.drain();
    },
  };
}
