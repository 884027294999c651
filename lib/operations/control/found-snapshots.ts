// The snapshots that stand in a bucket, with when each was completed and whose log stands beside them. Reads the heads alone: no
// meta, no table; adopts nothing itself.

import { readCatalog } from '../../br/catalog.ts';
import { backupMetaKey } from '../../br/layout.ts';
import { clusterOfLog } from '../../br/log-look.ts';
import type { FoundSnapshot } from '../../domain/adoption.ts';
import { PitrError } from '../../domain/errors.ts';
import type { SnapshotFacts } from '../../domain/facts.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { logFolder } from './runs/br-call.ts';

const parallel = 8;

export interface FoundSnapshots {
  readonly snapshots: readonly FoundSnapshot[];
  /** Of the log in its first folder; undefined without one, or when its head cannot be read. */
  readonly clusterId: bigint | undefined;
}

/** Two requests for a complete snapshot, four for another, three for the bucket. Errors: those of the storage. */
export async function findSnapshots(store: ObjectStore): Promise<FoundSnapshots> {
  const { snapshots } = await readCatalog({ snapshots: store, log: undefined, keys: {} });
  return { snapshots: await withWriteTimes(store, snapshots), clusterId: await clusterOf(store) };
}

/** When each complete one was completed: its backupmeta is written last (FACTS §3.2). */
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

async function clusterOf(store: ObjectStore): Promise<bigint | undefined> {
  try {
    return await clusterOfLog(store, `${logFolder}/`);
  } catch (caught) {
    // A damaged head is the doctor's to tell; the snapshots beside it are as they are.
    if (caught instanceof PitrError && caught.code.startsWith('OBJECT_')) return undefined;
    throw caught;
  }
}
