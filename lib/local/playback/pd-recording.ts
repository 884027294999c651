// What a PD held and answered in a recorded situation: etcd's keys and values, HTTP answers as bytes. Numbers keep their text, so that
// no u64 is rounded on the way.

import { readFileSync } from 'node:fs';
import { PitrError } from '../../domain/errors.ts';
import { type EtcdKeyValue, parseKeyValue } from '../../pd/range.ts';

export interface PdRecording {
  /** In the order of their keys. */
  readonly keyValues: readonly EtcdKeyValue[];
  /** Path → body. */
  readonly http: ReadonlyMap<string, Uint8Array>;
}

/** Reads a file `{"/prefix/": [key-values], "http:/path": answer}`. Errors: LOCAL_IO, INVALID_INPUT for another form. */
export function readPdRecording(path: string): PdRecording {
  const keyValues: EtcdKeyValue[] = [];
  const http = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(readDocument(path))) {
    if (name.startsWith('http:'))
      http.set(name.slice('http:'.length), new TextEncoder().encode(write(value)));
    else if (Array.isArray(value)) keyValues.push(...value.map((one) => parseKeyValue(name, one)));
  }
  return { keyValues: keyValues.sort((a, b) => Buffer.compare(a.key, b.key)), http };
}

function readDocument(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PitrError('LOCAL_IO', `the recording ${path} cannot be read: ${String(cause)}`, { cause });
  }
  const document: unknown = JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? new RawNumber(context?.source ?? String(value)) : value,
  );
  if (typeof document === 'object' && document !== null) return { ...document };
  throw new PitrError('INVALID_INPUT', `${path} is no recording of a PD, expected a JSON object`);
}

/** A number as it stands in the text. */
class RawNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function write(value: unknown): string {
  if (value instanceof RawNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`);
  return `{${fields.join(',')}}`;
}
