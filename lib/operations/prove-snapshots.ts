// Whether every object that the backupmeta of a snapshot names is there, as long as it was written. Reads no SST: what is inside of one is
// proven when a moment is read.

import { readBackupMeta } from '../br/backupmeta.ts';
import { readCatalog } from '../br/catalog.ts';
import { isObjectProblem } from '../br/catalog-snapshot.ts';
import { backupMetaKey } from '../br/layout.ts';
import { type NamedObject, objectsInSnapshot } from '../br/snapshot-names.ts';
import { NameJoin } from '../domain/audit/name-join.ts';
import { toPitrError } from '../domain/errors.ts';
import type { CatalogFacts, SnapshotFacts } from '../domain/facts.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';

const parallel = 4;
/** Of the set of listed names: a million and a half of them. A larger snapshot is listed again for each part. */
const setBytes = 32 * 1024 * 1024;
/** So many that are lacking are enough to know; of these, some are named for a person. */
const mostLacking = 100;
const shownNames = 3;

export type Proof =
  | { readonly kind: 'sound'; readonly objects: number }
  /** `why`: what is not there, or not as long as it was; for a person. */
  | { readonly kind: 'failed'; readonly why: string };

/** Folder → what it lacks, of those that are complete by their backupmeta and are not. */
export type Disproven = ReadonlyMap<string, string>;

/** The bucket with every snapshot that lacks an object as damaged. Errors: only those of the storage. */
export async function readProvenCatalog(store: ObjectStore): Promise<CatalogFacts> {
  const facts = await readCatalog({ snapshots: store, log: store, keys: {} });
  return markDisproven(facts, await disprovenOf(store, facts.snapshots));
}

/** One LIST per thousand objects of each complete snapshot, and its backupmeta with sub-files. Errors: those of the storage. */
export async function disprovenOf(
  store: ObjectStore,
  snapshots: readonly SnapshotFacts[],
): Promise<Disproven> {
  const disproven = new Map<string, string>();
  const complete = snapshots.filter(({ state }) => state.kind === 'complete');
  for await (const [name, proof] of mapBounded(complete, parallel, async ({ name }) => {
    return [name, await proveSnapshot(store, name)] as const;
  })) {
    if (proof?.kind === 'failed') disproven.set(name, proof.why);
  }
  return disproven;
}

export function markDisproven(facts: CatalogFacts, disproven: Disproven): CatalogFacts {
  return { ...facts, snapshots: facts.snapshots.map((one) => marked(one, disproven)) };
}

/** What facts say that were marked before. */
export function disprovenIn({ snapshots }: CatalogFacts): Disproven {
  return new Map(
    snapshots.flatMap(({ name, state }) => (state.kind === 'damaged' ? [[name, state.problem]] : [])),
  );
}

function marked(snapshot: SnapshotFacts, disproven: Disproven): SnapshotFacts {
  const problem = disproven.get(snapshot.name);
  if (problem === undefined || snapshot.state.kind !== 'complete') return snapshot;
  const object = `${snapshot.name}/${backupMetaKey}`;
  return { ...snapshot, state: { kind: 'damaged', object, problem } };
}

/**
 * One folder, whose backupmeta is there; undefined when it cannot be looked into, as an encrypted one without its key. Errors: those of the
 * storage.
 */
export async function proveSnapshot(store: ObjectStore, folder: string): Promise<Proof | undefined> {
  const prefix = folder === '' ? '' : `${folder}/`;
  const parts = [{ part: 0, parts: 1 }];
  let objects = 0;
  const lacking = new Set<string>();
  try {
    for (const { part, parts: of } of parts) {
      const join = new NameJoin(setBytes, part, of);
      for await (const { key, size } of store.list(prefix)) join.add(withSize(key, BigInt(size)));
      parts.push(...join.given);
      for await (const named of objectsInSnapshot(store, await readBackupMeta(store, prefix))) {
        const found = await isThere(store, join, named);
        if (found === 'other-part') continue;
        objects += 1;
        if (!found) lacking.add(named.key);
        if (lacking.size === mostLacking) return { kind: 'failed', why: whyOf(lacking) };
      }
    }
  } catch (caught) {
    const error = toPitrError(caught);
    if (error.code === 'OBJECT_MISSING' || error.code === 'OBJECT_DAMAGED')
      return { kind: 'failed', why: error.message };
    if (isObjectProblem(error)) return undefined;
    throw caught;
  }
  return lacking.size === 0 ? { kind: 'sound', objects } : { kind: 'failed', why: whyOf(lacking) };
}

const withSize = (key: string, size: bigint): string => `${key} ${size}`;

/** A listing may be older than the object: what it does not have is asked for by name. */
async function isThere(
  store: ObjectStore,
  join: NameJoin,
  { key, size }: NamedObject,
): Promise<boolean | 'other-part'> {
  if (size !== undefined) {
    const found = join.name(withSize(key, size));
    if (found !== 'unknown') return found === 'named' ? true : found;
  }
  const head = await store.head(key);
  return head !== undefined && (size === undefined || BigInt(head.size) === size);
}

function whyOf(lacking: ReadonlySet<string>): string {
  const shown = [...lacking].slice(0, shownNames).join(', ');
  const rest = lacking.size - shownNames;
  const more = rest <= 0 ? '' : ` and ${rest}${lacking.size === mostLacking ? ' or more' : ''} others`;
  return `${shown}${more}: not there, or not as long as its backupmeta says`;
}
