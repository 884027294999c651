// What a recorded run of br did to its storage, done again to a folder: a snapshot appears, objects are truncated, a
// killed run leaves its locks. Must touch nothing but what stands for the storage: a folder, or an S3 prefix that was named.

import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { joinUrl } from '../../config/storage-url.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { openFileObjectStore } from '../file-object-store.ts';
import { openStore } from '../open-store.ts';
import type { BrCommand } from './recordings.ts';

export type Effect =
  /** A recorded snapshot appears at `--storage`: its lock when the run begins, its backupmeta as the last of all. */
  | { readonly kind: 'snapshot'; readonly from: string }
  /** Everything in a folder appears at `--storage` when the run ends. */
  | { readonly kind: 'copy'; readonly from: string }
  /** What a recorded truncation deleted and wrote (`until-TSO.json`), under its `truncating.lock`. */
  | { readonly kind: 'truncate'; readonly record: string };

/** The two moments of an effect; a run that dies between them leaves what the first has done. */
export interface PreparedEffect {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const lastObject = 'backupmeta';
const firstObject = 'backup.lock';
const safepoint = 'v1_stream_trancate_safepoint.txt';
const truncateLock = 'truncating.lock';
const utf8 = new TextEncoder();

/**
 * What stands for `--storage`: its folder for a path, `local://`, `file://`, and for a URL that begins with one of `storages`
 * (URL → folder or `s3://…`) what that names. INVALID_INPUT for any other: nothing real is ever written to by mistake.
 */
export function storageFolder(command: BrCommand, storages: Readonly<Record<string, string>>): string {
  const url = (command.flags.get('storage') ?? '').split('?')[0] ?? '';
  const prefixes = Object.keys(storages).sort((a, b) => b.length - a.length);
  const prefix = prefixes.find((one) => url === one || url.startsWith(`${one.replace(/\/$/, '')}/`));
  if (prefix !== undefined) return below(storages[prefix] ?? '', url.slice(prefix.replace(/\/$/, '').length));
  if (url.startsWith('/')) return url;
  if (url.startsWith('local:///')) return url.slice('local://'.length);
  if (url.startsWith('file:///')) return fileURLToPath(url);
  throw new PitrError(
    'INVALID_INPUT',
    `a played back br has no folder for the storage ${JSON.stringify(url)}`,
    {
      hint: 'give its folder in "storages" of the settings of the playback',
    },
  );
}

/** An S3 URL has its options behind the path. */
function below(place: string, path: string): string {
  return place.startsWith('s3://') && path !== '' ? joinUrl(place, path.slice(1)) : `${place}${path}`;
}

/** Of what `storageFolder` gave; a folder is made. */
export async function openStorage(place: string): Promise<ObjectStore> {
  if (place.startsWith('s3://')) return await openStore(place);
  mkdirSync(place, { recursive: true });
  return await openFileObjectStore(place);
}

/** Opens the target, and what the effect needs. */
export async function prepareEffect(effect: Effect, place: string): Promise<PreparedEffect> {
  const target = await openStorage(place);
  switch (effect.kind) {
    case 'snapshot': {
      const source = await openFileObjectStore(effect.from);
      return {
        begin: () => copyWhere(source, target, (key) => key === firstObject),
        end: async () => {
          await copyWhere(source, target, (key) => key !== lastObject && key !== firstObject);
          await copyWhere(source, target, (key) => key === lastObject);
        },
      };
    }
    case 'copy': {
      const source = await openFileObjectStore(effect.from);
      return { begin: async () => undefined, end: () => copyWhere(source, target, () => true) };
    }
    case 'truncate':
      return prepareTruncation(effect.record, target);
    default: {
      const never: never = effect;
      throw new PitrError('INTERNAL', `unknown effect ${JSON.stringify(never)}`);
    }
  }
}

/** Everything below a folder, in byte order of the keys. */
export async function copyWhere(
  source: ObjectStore,
  target: ObjectStore,
  isWanted: (key: string) => boolean,
): Promise<void> {
  for await (const { key } of source.list('')) {
    const bytes = isWanted(key) ? await source.get(key) : undefined;
    if (bytes !== undefined) await target.put(key, bytes);
  }
}

function prepareTruncation(path: string, target: ObjectStore): PreparedEffect {
  const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const {
    deleted,
    rewritten,
    safepoint: until,
  }: Readonly<Record<string, unknown>> = typeof record === 'object' && record !== null ? { ...record } : {};
  const isRecord = Array.isArray(deleted) && Array.isArray(rewritten) && typeof until === 'string';
  if (!isRecord) throw new PitrError('INVALID_INPUT', `${path} is not the record of a truncation`);
  // Which bytes a rewritten meta had was not recorded, and none are made up.
  const lost = rewritten.filter((key) => key !== safepoint);
  if (lost.length > 0) {
    throw new PitrError('UNSUPPORTED', `${path} rewrote ${String(lost[0])}, whose content was not recorded`);
  }
  return {
    begin: () => target.put(truncateLock, utf8.encode('{"hint":"a played back truncation"}')),
    end: async () => {
      await target.put(safepoint, utf8.encode(until));
      for (const key of deleted) await target.delete(String(key));
      await target.delete(truncateLock);
    },
  };
}
