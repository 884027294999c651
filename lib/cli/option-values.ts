// The words a person gave to options, as values, or INVALID_INPUT with a sentence that says what was expected.
// Must not read files or the environment (see keys.ts, storage-options.ts) and not ask any storage.

import { PitrError } from '../domain/errors.ts';

/** The four places a restore can go to; path is what stands after the colon. */
export interface TargetChoice {
  readonly kind: 'duckdb' | 'parquet' | 'csv' | 'jsonl';
  readonly path: string;
}

export const defaultMemory = '512MiB';
export const minimumMemoryBytes = 128 * 1024 * 1024;

const targetForms = 'duckdb:FILE, parquet:DIR, csv:DIR or jsonl:DIR';

/** `duckdb:FILE`, `parquet:DIR`, `csv:DIR`, `jsonl:DIR`. */
export function parseTarget(text: string): TargetChoice {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
  const path = text.slice(colon + 1);
  if (kind !== 'duckdb' && kind !== 'parquet' && kind !== 'csv' && kind !== 'jsonl') {
    throw new PitrError('INVALID_INPUT', `--into is \`${text}\`, expected ${targetForms}`, {
      hint: `write for example --into ${guessTarget(text)}`,
      details: { option: '--into', found: text, expected: targetForms },
    });
  }
  if (path === '') {
    throw new PitrError('INVALID_INPUT', `--into is \`${text}\` without a path, expected ${targetForms}`, {
      hint: `write for example --into ${kind}:${kind === 'duckdb' ? 'shop.duckdb' : 'restored'}`,
      details: { option: '--into', found: text, expected: targetForms },
    });
  }
  // A shell expands ~ only where a word begins: taken as it is, it would be a folder that is called ~.
  if (path === '~' || path.startsWith('~/')) {
    throw new PitrError('INVALID_INPUT', `--into is \`${text}\`: no shell expands ~ after a colon`, {
      hint: `write --into ${kind}:$HOME${path.slice(1)}, or ${kind}:./${path} for a folder that is called ~`,
      details: { option: '--into', found: text, expected: targetForms },
    });
  }
  return { kind, path };
}

/** A bare path is most often meant as one of the forms: say which. */
function guessTarget(text: string): string {
  if (/\.(duckdb|ddb|db)$/i.test(text) && !text.includes(':')) return `duckdb:${text}`;
  const path = text === '' || text.includes(':') ? 'restored' : text;
  return `jsonl:${path}`;
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
};

/** `512MiB`, `1.5GiB`, `2G` (binary), `800MB` (decimal) or plain bytes; at least 128 MiB. Gives bytes. */
export function parseMemory(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = sizeUnits[(match?.[2] ?? '?').toLowerCase()];
  if (match?.[1] === undefined || factor === undefined) {
    throw new PitrError('INVALID_INPUT', `--memory is \`${text}\`, expected a size such as 512MiB or 2GiB`, {
      details: { option: '--memory', found: text, expected: 'a size such as 512MiB or 2GiB' },
    });
  }
  const bytes = Math.floor(Number(match[1]) * factor);
  if (bytes < minimumMemoryBytes) {
    throw new PitrError('INVALID_INPUT', `--memory is \`${text}\`, expected at least 128MiB`, {
      hint: 'less than that does not hold the runtime, one block of a snapshot and one range of the log together',
      details: { option: '--memory', found: text, expected: 'at least 128MiB' },
    });
  }
  return bytes;
}

/** A whole number from `least` to `most`. */
export function parseWholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    const expected = `a whole number from ${least} to ${most}`;
    throw new PitrError('INVALID_INPUT', `${option} is \`${text}\`, expected ${expected}`, {
      details: { option, found: text, expected },
    });
  }
  return value;
}

/** An option that a command cannot do without. */
export function required(option: string, value: string | undefined, expected: string, hint: string): string {
  if (value !== undefined && value.trim() !== '') return value;
  throw new PitrError('INVALID_INPUT', `${option} is missing, expected ${expected}`, {
    hint,
    details: { option, expected },
  });
}
