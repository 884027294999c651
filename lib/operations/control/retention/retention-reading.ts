// The bucket and the records as the retention looks at them: facts, the contents of what may go, pins, open restores, and what plans that
// are being carried out have begun. Decides nothing.

import { readCatalog } from '../../../br/catalog.ts';
import { backupMetaKey } from '../../../br/layout.ts';
import { type RetentionStep, targetOf } from '../../../domain/retention/retention-plan.ts';
import {
  type FolderContents,
  folderName,
  type RetentionSettings,
  type RetentionState,
} from '../../../domain/retention/retention-state.ts';
import type { PinRecord } from '../../../domain/state/pin-record.ts';
import type { RestoreRun } from '../../../domain/state/restore-run.ts';
import { mapBounded } from '../../../ports/bounded-parallel.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { type Disproven, disprovenOf, markDisproven } from '../../prove-snapshots.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { logObjects } from '../keeper/log-objects.ts';
import { currentLogPath } from '../keeper/log-place.ts';
import { knownSnapshots } from '../runs/recorded-work.ts';
import { beginningsOf, retentionPlans } from './retention-records.ts';

export type RetentionDeps = StateDeps & BucketDeps;

const parallel = 8;

export function retentionSettings({ settings }: StateDeps): RetentionSettings {
  const { windowMs, minBases, keepUnfinishedMs } = settings.policy.retention;
  return { windowMs, minBases, keepUnfinishedMs };
}

/**
 * Everything as it is now. Folders that are no complete snapshot are counted, and the targets of `counted`. Snapshots are proven, unless
 * they were a moment ago. Errors: those of storage and state table.
 */
export async function readRetention(
  deps: RetentionDeps,
  counted: readonly RetentionStep[] = [],
  disproven?: Disproven,
): Promise<RetentionState> {
  const store = await deps.openBucket();
  const catalog = await readCatalog({ snapshots: store, log: store, keys: {} });
  const facts = markDisproven(catalog, disproven ?? (await disprovenOf(store, catalog.snapshots)));
  const incomplete = facts.snapshots.flatMap(({ name, state }) =>
    state.kind === 'unfinished' || state.kind === 'damaged'
      ? [{ folder: folderName(name), isLog: false }]
      : [],
  );
  return {
    facts,
    contents: await contentsOf(store, [...incomplete, ...placesOf(counted)]),
    runs: (await knownSnapshots(deps, false)).map(({ record }) => record),
    pins: await allPins(deps),
    restores: await allRestores(deps),
    currentLog: await currentLogPath(deps),
    begun: beginningsOf(await retentionPlans(deps)),
  };
}

/** The same with the targets of these steps counted, too. Errors: those of the storage. */
export async function withContents(
  deps: BucketDeps,
  state: RetentionState,
  steps: readonly RetentionStep[],
): Promise<RetentionState> {
  const missing = placesOf(steps).filter(({ folder }) => !state.contents.has(folder));
  const more = await contentsOf(await deps.openBucket(), missing);
  return { ...state, contents: new Map([...state.contents, ...more]) };
}

interface Place {
  readonly folder: string;
  readonly isLog: boolean;
}

function placesOf(steps: readonly RetentionStep[]): readonly Place[] {
  return steps
    .filter(({ kind }) => kind !== 'cut-log')
    .map((step) => ({ folder: targetOf(step), isLog: step.kind === 'delete-log' }));
}

async function contentsOf(
  store: ObjectStore,
  places: readonly Place[],
): Promise<ReadonlyMap<string, FolderContents>> {
  const found = new Map<string, FolderContents>();
  const named = new Map(places.filter(({ folder }) => folder !== '').map((one) => [one.folder, one]));
  for await (const [folder, contents] of mapBounded([...named.values()], parallel, async (place) => {
    return [place.folder, await countFolder(store, place)] as const;
  })) {
    found.set(folder, contents);
  }
  return found;
}

async function countFolder(store: ObjectStore, { folder, isLog }: Place): Promise<FolderContents> {
  let [objects, bytes, newestMs, hasHead] = [0, 0n, 0, false];
  const all = isLog ? logObjects(store, folder) : store.list(`${folder}/`);
  for await (const { key, size, modifiedMs } of all) {
    objects += 1;
    bytes += BigInt(size);
    newestMs = Math.max(newestMs, Math.floor(modifiedMs));
    hasHead ||= key === `${folder}/${backupMetaKey}`;
  }
  return { objects, bytes, newestMs, hasHead };
}

/** Every pin, also those that hold nothing any more; the oldest first. */
export async function allPins({ store, settings, nowMs }: StateDeps): Promise<readonly PinRecord[]> {
  const pins: PinRecord[] = [];
  const query = { nowMs: nowMs(), limit: 1000 };
  for await (const { record } of everyRecord(store, 'pin', settings.name, query)) pins.push(record);
  return pins;
}

export async function allRestores({ store, settings, nowMs }: StateDeps): Promise<readonly RestoreRun[]> {
  const restores: RestoreRun[] = [];
  const query = { nowMs: nowMs(), limit: 1000 };
  for await (const { record } of everyRecord(store, 'restore', settings.name, query)) restores.push(record);
  return restores;
}
