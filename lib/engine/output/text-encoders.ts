// JSON Lines and CSV, exactly as docs/formats/outputs.md promises to other programs. Bytes are collected cell by cell: a
// batch never becomes one large string.

import { appendBinaryJson } from '../../br/codec/binary-json.ts';
import { ByteSink } from '../../br/codec/byte-sink.ts';
import { cellJson } from '../../br/codec/cell-json.ts';
import { cellText } from '../../br/codec/cell-text.ts';
import { type ColumnKind, columnKind } from '../../br/codec/column-kind.ts';
import type { ColumnVector } from '../../br/codec/row-batch.ts';
import type { FieldType } from '../../br/codec/table-info.ts';
import { type EncoderOptions, noBytes, type TableEncoder } from './table-encoder.ts';

const utf8 = new TextEncoder();
const none: ReadonlySet<number> = new Set();
/** Most bytes of UTF-8 that one UTF-16 unit becomes. */
const UTF8_PER_UNIT = 3;
const quote = 0x22;
const backslash = 0x5c;

/** One JSON object per row and line; members in column order. */
export function jsonlEncoder({ columns }: EncoderOptions): TableEncoder {
  const prefixes = columns.map(({ name }, i) =>
    utf8.encode(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  );
  const kinds = columns.map(({ type }) => columnKind(type));
  const end = utf8.encode(columns.length === 0 ? '{}\n' : '}\n');
  const sink = new ByteSink();
  return {
    header: () => noBytes,
    footer: () => noBytes,
    unrepresentable: none,
    encode(batch) {
      sink.clear();
      for (let row = 0; row < batch.rows; row++) {
        for (let c = 0; c < columns.length; c++) {
          sink.copy(prefixes[c], 0, prefixes[c].length);
          appendJson(kinds[c], columns[c].type, batch.columns[c], row, sink);
        }
        sink.copy(end, 0, end.length);
      }
      return sink.bytes.subarray(0, sink.length);
    },
  };
}

function appendJson(
  kind: ColumnKind,
  type: FieldType,
  vector: ColumnVector,
  row: number,
  sink: ByteSink,
): void {
  if (vector.nulls[row] === 1) sink.ascii('null');
  else if (kind === 'json') appendBinaryJson(vector.data, vector.start(row), vector.end(row), sink);
  else if (kind === 'text' && isPlain(vector.data, vector.start(row), vector.end(row)))
    appendQuoted(vector.data, vector.start(row), vector.end(row), sink);
  else if (kind === 'text' || kind === 'enum' || kind === 'set')
    appendText(cellJson(type, vector, row), sink);
  else sink.ascii(cellJson(type, vector, row));
}

/** ASCII without anything that JSON escapes: most text, and it can be copied. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte > 0x7e || byte === quote || byte === backslash) return false;
  }
  return true;
}

function appendQuoted(bytes: Uint8Array, start: number, end: number, sink: ByteSink): void {
  sink.byte(quote);
  sink.copy(bytes, start, end);
  sink.byte(quote);
}

function appendText(text: string, sink: ByteSink): void {
  sink.reserve(text.length * UTF8_PER_UNIT);
  sink.length += utf8.encodeInto(text, sink.bytes.subarray(sink.length)).written;
}

/** RFC 4180: CRLF line ends, a header, a field quoted when it must be or when it is an empty string; NULL unquoted empty. */
export function csvEncoder({ columns }: EncoderOptions): TableEncoder {
  const sink = new ByteSink();
  return {
    header: () => utf8.encode(`${columns.map(({ name }) => csvField(name)).join(',')}\r\n`),
    footer: () => noBytes,
    unrepresentable: none,
    encode(batch) {
      sink.clear();
      for (let row = 0; row < batch.rows; row++) {
        for (let c = 0; c < columns.length; c++) {
          const cell = cellText(columns[c].type, batch.columns[c], row);
          if (c > 0) sink.ascii(',');
          if (cell !== null) appendText(csvField(cell), sink);
        }
        sink.ascii('\r\n');
      }
      return sink.bytes.subarray(0, sink.length);
    },
  };
}

function csvField(text: string): string {
  if (text !== '' && !/[",\r\n]/.test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}
