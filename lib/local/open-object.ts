// One object that a person points at → the store of the snapshot or log that it is part of, and its key there.

import { meaningOf } from '../br/layout.ts';
import { PitrError } from '../domain/errors.ts';
import type { ObjectPlace } from '../operations/inspect/inspect-object.ts';
import { type OpenStoreOptions, openStore } from './open-store.ts';

/** url: a path or URL of one object, with the options of its bucket. Errors: INVALID_INPUT, those of openStore. */
export async function openObject(url: string, options: OpenStoreOptions = {}): Promise<ObjectPlace> {
  const question = url.startsWith('s3://') ? url.indexOf('?') : -1;
  const path = question < 0 ? url : url.slice(0, question);
  const query = question < 0 ? '' : url.slice(question);
  const parts = path.split('/');
  const firstPart = /^[a-z0-9]+:\/\//i.test(path) ? 3 : 0;
  for (let at = firstPart; at < parts.length; at++) {
    const key = parts.slice(at).join('/');
    if (key === '' || (at + 1 < parts.length && meaningOf(key).kind === 'unknown')) continue;
    const root = parts.slice(0, at).join('/');
    const folder = root === '' ? (path.startsWith('/') ? '/' : '.') : root;
    return { store: await openStore(folder + query, options), key };
  }
  throw new PitrError(
    'INVALID_INPUT',
    `${JSON.stringify(url)} names no object, expected the path or URL of one`,
    {
      hint: 'for example pitr inspect ./backup/log-backup/backupmeta',
      details: { found: url },
    },
  );
}
