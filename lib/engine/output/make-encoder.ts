// The encoder of an output form.

import { parquetEncoder } from './parquet-encoder.ts';
import type { EncoderOptions, OutputForm, TableEncoder } from './table-encoder.ts';
import { csvEncoder, jsonlEncoder } from './text-encoders.ts';

export function makeEncoder(form: OutputForm, options: EncoderOptions, ddl: string): TableEncoder {
  switch (form) {
    case 'jsonl':
      return jsonlEncoder(options);
    case 'csv':
      return csvEncoder(options);
    case 'parquet':
      return parquetEncoder(options, ddl);
    default:
      return form satisfies never;
  }
}
