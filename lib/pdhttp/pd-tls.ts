// The certificates by which PD and TiKV know us and we know them, from files or from PEM text (a secret's value).
// Never prints them, never switches verification off.

import { readFile } from 'node:fs/promises';
import { PitrError } from '../domain/errors.ts';

/** PEM texts. Without `ca` the system's authorities count; `cert` and `key` come together or not at all. */
export interface PdTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Each value is a path, or the PEM text itself. Errors: INVALID_INPUT naming the path. */
export async function readPdTls(sources: PdTls): Promise<PdTls> {
  if ((sources.cert === undefined) !== (sources.key === undefined)) {
    const [given, missing] = sources.cert === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
    throw new PitrError('INVALID_INPUT', `a TLS ${given} is given without its ${missing}`, {
      hint: 'give both, as for other clients of PD (--cert and --key of br)',
    });
  }
  const [ca, cert, key] = await Promise.all([
    readPem('ca', sources.ca),
    readPem('cert', sources.cert),
    readPem('key', sources.key),
  ]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPem(name: string, source: string | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  if (source.trimStart().startsWith('-----BEGIN ')) return source;
  let text: string;
  try {
    text = await readFile(source, 'utf8');
  } catch (cause) {
    const problem = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error';
    throw new PitrError('INVALID_INPUT', `TLS file ${source} (${name}) cannot be read: ${problem}`, {
      cause,
    });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new PitrError('INVALID_INPUT', `TLS file ${source} (${name}) is no PEM: expected "-----BEGIN …"`);
}
