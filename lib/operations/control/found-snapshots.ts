// The snapshots that stand in a bucket, whether each is whole, when it was completed, and whose log stands beside them. Reads no SST;
// adopts nothing itself.

import { backupMetaKey } from '../../br/layout.ts';
import { clusterOfLog } from '../../br/log-look.ts';
import type { FoundSnapshot } from '../../domain/adoption.ts';
import { PitrError } from '../../domain/errors.ts';
import type { SnapshotFacts } from '../../domain/facts.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readProvenCatalog } from '../prove-snapshots.ts';

const parallel = 8;

export interface FoundSnapshots {
  readonly snapshots: readonly FoundSnapshot[];
  /** Of the log; undefined without one, or when its head cannot be read. */
  readonly clusterId: bigint | undefined;
}

/** `logPath`: of the log beside them. Errors: those of the storage. */
export async function findSnapshots(store: ObjectStore, logPath: string): Promise<FoundSnapshots> {
  const catalog = await readProvenCatalog(store);
  // A log in a folder of any name has a head as a snapshot has one.
  const snapshots = catalog.snapshots.filter(({ name }) => name !== logPath);
  return { snapshots: await withWriteTimes(store, snapshots), clusterId: await clusterOf(store, logPath) };
}

/** When each complete one was completed: its backupmeta is written last (FACTS §3.2). Errors: those of the storage. */
export async function withWriteTimes(
  store: ObjectStore,
  snapshots: readonly SnapshotFacts[],
): Promise<readonly FoundSnapshot[]> {
  const found: FoundSnapshot[] = [];
  for await (const one of mapBounded(snapshots, parallel, async (facts) => {
    if (facts.state.kind !== 'complete') return { facts, writtenMs: undefined };
    const head = await store.head(`${facts.name}/${backupMetaKey}`);
    return { facts, writtenMs: head?.modifiedMs };
  })) {
    found.push(one);
  }
  return found;
}

async function clusterOf(store: ObjectStore, logPath: string): Promise<bigint | undefined> {
  try {
    return await clusterOfLog(store, `${logPath}/`);
  } catch (caught) {
    // A damaged head is the doctor's to tell; the snapshots beside it are as they are.
    if (caught instanceof PitrError && caught.code.startsWith('OBJECT_')) return undefined;
    throw caught;
  }
}
