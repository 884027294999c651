// `pitr window` over many metas with timestamps in their names: how long, how many requests, and none of them a GET of a
// meta; beside it the cost of only listing the same folder.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metaFileName } from '../lib/br/log/meta-name.ts';
import { openFileObjectStore } from '../lib/local/file-object-store.ts';
import { describeWindow } from '../lib/operations/describe-window.ts';
import type { ObjectStore } from '../lib/ports/object-store.ts';

const FIRST_TS = 470632754787647489n;

export interface WindowFigures {
  readonly metas: number;
  readonly windowMs: number;
  readonly listMs: number;
  readonly metaGets: number;
  readonly gets: number;
}

/** folder: a synthetic backup, whose log gets `count` more metas. */
export async function benchWindow(folder: string, count: number): Promise<WindowFigures> {
  const metas = join(folder, 'log-backup/v1/backupmeta');
  mkdirSync(metas, { recursive: true });
  for (let i = 0; i < count; i++) {
    const minTs = FIRST_TS + (BigInt(i) << 30n);
    const bounds = { minTs, maxTs: minTs + 5000n, minBeginTs: minTs - 10n };
    const name = metaFileName({
      format: 'flagged',
      flushTs: minTs + 9000n,
      storeId: BigInt(1 + (i % 20)),
      flags: 1n,
      ...bounds,
    });
    writeFileSync(join(metas, name), 'never opened');
  }
  const store = await openFileObjectStore(folder);
  const listStarted = performance.now();
  for await (const _ of store.list('log-backup/v1/backupmeta/'));
  const listMs = performance.now() - listStarted;
  const keys: string[] = [];
  const watched: ObjectStore = {
    url: store.url,
    list: (prefix, options) => store.list(prefix, options),
    listFolders: (prefix) => store.listFolders(prefix),
    head: (key) => store.head(key),
    put: (key, bytes) => store.put(key, bytes),
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
    get(key, range) {
      keys.push(key);
      return store.get(key, range);
    },
  };
  const started = performance.now();
  await describeWindow({ backup: { snapshots: watched, log: watched, keys: {} } });
  return {
    metas: count,
    windowMs: performance.now() - started,
    listMs,
    gets: keys.length,
    metaGets: keys.filter((key) => key.includes('v1/backupmeta/')).length,
  };
}
