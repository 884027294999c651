// A storage URL as an open store: the one place that chooses the adapter. A folder must never load the AWS SDK,
// because the first output of `pitr window` waits for what is imported here.

import { resolve } from 'node:path';
import { parseStorageUrl } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { openFileObjectStore } from './file-object-store.ts';

/** Opens a folder or an S3 prefix. INVALID_INPUT for a URL that is not understood and for a folder that is not there. */
export async function openStore(url: string): Promise<ObjectStore> {
  const location = parseStorageUrl(url);
  switch (location.kind) {
    case 'folder':
      return await openFileObjectStore(resolve(location.path));
    case 's3':
      throw new PitrError('UNSUPPORTED', `${url} is on S3, which is not read yet`);
    default: {
      const unknown: never = location;
      return unknown;
    }
  }
}
