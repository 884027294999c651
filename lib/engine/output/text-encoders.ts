// JSON Lines and CSV, exactly as docs/formats/outputs.md promises to other programs.

import { cellJson } from '../../br/codec/cell-json.ts';
import { cellText } from '../../br/codec/cell-text.ts';
import type { RowBatch } from '../../br/codec/row-batch.ts';
import { type EncoderOptions, noBytes, type OutputColumn, type TableEncoder } from './table-encoder.ts';

const utf8 = new TextEncoder();
const none: ReadonlySet<number> = new Set();

/** One JSON object per row and line; members in column order. */
export function jsonlEncoder({ columns }: EncoderOptions): TableEncoder {
  const prefixes = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return {
    header: () => noBytes,
    footer: () => noBytes,
    unrepresentable: none,
    encode(batch) {
      let text = '';
      for (let row = 0; row < batch.rows; row++) {
        if (columns.length === 0) text += '{';
        for (let c = 0; c < columns.length; c++)
          text += prefixes[c] + cellJson(columns[c].type, batch.columns[c], row);
        text += '}\n';
      }
      return utf8.encode(text);
    },
  };
}

/** RFC 4180: CRLF line ends, a header, a field quoted when it must be or when it is an empty string; NULL unquoted empty. */
export function csvEncoder({ columns }: EncoderOptions): TableEncoder {
  return {
    header: () => utf8.encode(`${columns.map(({ name }) => csvField(name)).join(',')}\r\n`),
    footer: () => noBytes,
    unrepresentable: none,
    encode: (batch) => utf8.encode(csvRows(columns, batch)),
  };
}

function csvRows(columns: readonly OutputColumn[], batch: RowBatch): string {
  let text = '';
  for (let row = 0; row < batch.rows; row++) {
    for (let c = 0; c < columns.length; c++) {
      const cell = cellText(columns[c].type, batch.columns[c], row);
      if (c > 0) text += ',';
      if (cell !== null) text += csvField(cell);
    }
    text += '\r\n';
  }
  return text;
}

function csvField(text: string): string {
  if (text !== '' && !/[",\r\n]/.test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}
