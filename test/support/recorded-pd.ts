// What PD held and answered in the recorded situations: etcd's keys and values, HTTP answers as text.

import { readFileSync } from 'node:fs';
import { type EtcdKeyValue, parseKeyValue } from '../../lib/pd/range.ts';
import { fixtures } from './recorded-backups.ts';

export interface RecordedPd {
  readonly keyValues: readonly EtcdKeyValue[];
  /** Path → body. */
  readonly http: ReadonlyMap<string, Uint8Array>;
}

/** `shop/pd/3-paused`, `error-state/pd/7-error`, `faults/pd/frozen-1-healthy` … */
export function recordedPd(name: string): RecordedPd {
  const text = readFileSync(`${fixtures}${name}.json`, 'utf8');
  const document = JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' ? new RawNumber(context?.source ?? String(value)) : value,
  ) as Record<string, unknown>;
  const keyValues: EtcdKeyValue[] = [];
  const http = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(document)) {
    if (name.startsWith('http:'))
      http.set(name.slice('http:'.length), new TextEncoder().encode(write(value)));
    else if (Array.isArray(value)) keyValues.push(...value.map((one) => parseKeyValue(name, one)));
  }
  return { keyValues: keyValues.sort((a, b) => Buffer.compare(a.key, b.key)), http };
}

/** A number as it stands in the text, so that no u64 is rounded on its way through the test. */
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

export const recordedSituations: readonly string[] = [
  ...[
    '0-no-task',
    '1-running',
    '2-running-after-flush',
    '3-paused',
    '4-resumed',
    '5-before-end',
    '6-stopped',
  ].map((name) => `shop/pd/${name}`),
  'variants/pd/encrypted-task',
  ...['7-error', '8-resumed-still-broken', '9-after-fix'].map((name) => `error-state/pd/${name}`),
  'faults/pd/frozen-1-healthy',
  ...[20, 40, 60, 80, 100, 120].map((seconds) => `faults/pd/frozen-2-no-tidb-${seconds}s`),
  ...['backup-1-pd', 'restore-1-left-pd', 'restore-1-left-after-lease-pd', 'restore-3-end-pd'].map(
    (name) => `faults/pd/${name}`,
  ),
];
