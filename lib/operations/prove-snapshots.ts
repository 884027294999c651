// Whether every object that the backupmeta of a snapshot names is there, as long as it was written. Reads no SST: what is inside of one is
// proven when a moment is read.

import { readBackupMeta } from '../br/backupmeta.ts';
import { isObjectProblem } from '../br/catalog-snapshot.ts';
import { type NamedObject, objectsInSnapshot } from '../br/snapshot-names.ts';
import { NameJoin } from '../domain/audit/name-join.ts';
import { toPitrError } from '../domain/errors.ts';
import type { SnapshotFacts } from '../domain/facts.ts';
import type { Proof, Proofs } from '../domain/retention/verified.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';

const parallel = 4;
/** Of the set of listed names: a million and a half of them. A larger snapshot is listed again for each part. */
const setBytes = 32 * 1024 * 1024;
/** So many that are lacking are enough to know; of these, some are named for a person. */
const mostLacking = 100;
const shownNames = 3;

/**
 * The proofs of those that are complete, by name; without those that cannot be looked into, as an encrypted one without its key. One
 * LIST per thousand objects of a folder, and its backupmeta with sub-files. Errors: those of the storage.
 */
export async function proveSnapshots(
  store: ObjectStore,
  snapshots: readonly SnapshotFacts[],
): Promise<Proofs> {
  const proofs = new Map<string, Proof>();
  const complete = snapshots.filter(({ state }) => state.kind === 'complete');
  for await (const [name, proof] of mapBounded(complete, parallel, async ({ name }) => {
    return [name, await proveSnapshot(store, name)] as const;
  })) {
    if (proof !== undefined) proofs.set(name, proof);
  }
  return proofs;
}

/** The same for one folder; undefined when it cannot be looked into. */
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
