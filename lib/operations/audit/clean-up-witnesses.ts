// What the proofs of a cleanup rest on, looked at again right before each batch: metas that came since, the backupmeta of a snapshot, the
// inside of a meta that is said to be empty. Removes nothing.

import { isObjectProblem } from '../../br/catalog-snapshot.ts';
import { backupMetaKey } from '../../br/layout.ts';
import { listLogMetas } from '../../br/log/log-selection.ts';
import { openMeta } from '../../br/log/truncation-metas.ts';
import type { CleanupObject, CleanupStep } from '../../domain/audit/cleanup-plan.ts';
import { PitrError } from '../../domain/errors.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { ObjectInfo, ObjectStore } from '../../ports/object-store.ts';

const parallel = 32;

/** As they were before the audit that let the plan hold. */
export interface Witnesses {
  /** By the URL of the store and the folder of a log: the keys of its metas. */
  readonly metas: ReadonlyMap<string, ReadonlySet<string>>;
  /** By the URL of the store and the folder of a snapshot: size and time of its backupmeta. */
  readonly heads: ReadonlyMap<string, ObjectInfo | undefined>;
}

/** Errors: those of the storage. */
export async function witnessesOf(
  stores: ReadonlyMap<string, ObjectStore>,
  steps: readonly CleanupStep[],
): Promise<Witnesses> {
  const metas = new Map<string, ReadonlySet<string>>();
  const heads = new Map<string, ObjectInfo | undefined>();
  for (const step of steps) {
    const store = stores.get(step.store);
    if (store === undefined) continue;
    const id = idOf(store, step);
    if (step.kind === 'expired-log-data' && !metas.has(id)) {
      const listed = await listLogMetas(store, logPrefixOf(step));
      metas.set(id, new Set(listed.map(({ key }) => key)));
    }
    if (isOfSnapshot(step)) heads.set(id, await store.head(headOf(step)));
  }
  return { metas, heads };
}

/** Why objects of a batch must stay after all, by their keys; those that may go are not in it. Errors: those of the storage. */
export async function whatStays(
  witnesses: Witnesses,
  store: ObjectStore,
  step: CleanupStep,
  objects: readonly CleanupObject[],
): Promise<ReadonlyMap<string, string>> {
  const all = (reason: string) => new Map(objects.map(({ key }) => [key, reason]));
  switch (step.kind) {
    case 'expired-log-data':
      return await namedSince(witnesses.metas.get(idOf(store, step)) ?? new Set(), store, step, objects);
    case 'empty-metas':
      return await notEmpty(store, objects);
    case 'unnamed-snapshot-object':
    case 'finished-checkpoint': {
      const before = witnesses.heads.get(idOf(store, step));
      const now = await store.head(headOf(step));
      const isSame =
        before !== undefined && now?.size === before.size && now.modifiedMs === before.modifiedMs;
      return isSame ? new Map() : all('the backupmeta of the snapshot is not what it was');
    }
    // Each of these is proven by itself: it is there as it was, and the audit just now judged it.
    case 'lock':
    case 'incomplete-upload':
    case 'permission-check':
      return new Map();
    default:
      return step.kind satisfies never;
  }
}

function isOfSnapshot({ kind }: CleanupStep): boolean {
  return kind === 'unnamed-snapshot-object' || kind === 'finished-checkpoint';
}

/** The folder that a step is about: of log data the log's, of the rest its place. */
function idOf({ url }: ObjectStore, step: CleanupStep): string {
  return `${url}\n${step.kind === 'expired-log-data' ? logPrefixOf(step) : step.place}`;
}

/** `log-backup/v1/20261122` is a day of the log in `log-backup/`. */
function logPrefixOf({ place }: CleanupStep): string {
  return place.slice(0, place.lastIndexOf('v1/'));
}

function headOf({ place }: CleanupStep): string {
  return place === '/' ? backupMetaKey : `${place}/${backupMetaKey}`;
}

/** Metas that were written since the audit began, opened; one that cannot be read may name anything. */
async function namedSince(
  known: ReadonlySet<string>,
  store: ObjectStore,
  step: CleanupStep,
  objects: readonly CleanupObject[],
): Promise<ReadonlyMap<string, string>> {
  const prefix = logPrefixOf(step);
  const fresh = (await listLogMetas(store, prefix)).filter(({ key }) => !known.has(key));
  const stays = new Map<string, string>();
  const wanted = new Set(objects.map(({ key }) => key));
  for await (const { key, names } of mapBounded(fresh, parallel, ({ key }) => namesOf(store, key, prefix))) {
    if (names === undefined) for (const one of wanted) stays.set(one, `${key} came since and cannot be read`);
    else for (const one of names) if (wanted.has(one)) stays.set(one, `${key} came since and names it`);
  }
  return stays;
}

async function namesOf(store: ObjectStore, key: string, prefix: string) {
  try {
    const opened = await openMeta(store, key);
    return { key, names: (opened?.meta.groups ?? []).map(({ path }) => `${prefix}${path}`) };
  } catch (caught) {
    if (caught instanceof PitrError && isObjectProblem(caught)) return { key, names: undefined };
    throw caught;
  }
}

async function notEmpty(
  store: ObjectStore,
  objects: readonly CleanupObject[],
): Promise<ReadonlyMap<string, string>> {
  const stays = new Map<string, string>();
  for await (const { key, names } of mapBounded(objects, parallel, ({ key }) => namesOf(store, key, ''))) {
    if (names === undefined) stays.set(key, 'it cannot be read');
    else if (names.length > 0) stays.set(key, 'it names objects, whatever its own name says');
  }
  return stays;
}
