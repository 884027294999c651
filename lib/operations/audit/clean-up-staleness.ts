// Whether what a plan of a cleanup would remove is there as it was listed, and may go by an audit that was made just now. Removes nothing.

import type { CleanupObject, CleanupStep, RemovableKind } from '../../domain/audit/cleanup-plan.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { IncompleteUploads } from '../../ports/incomplete-uploads.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

const parallel = 32;
/** More say nothing new. */
const toldLines = 5;

export interface SeenAgain {
  readonly same: readonly CleanupObject[];
  /** There, and not as it was: written again, or another upload. */
  readonly changed: readonly CleanupObject[];
}

/** What is neither is gone. Errors: those of the storage. */
export async function sameAsPlanned(
  store: ObjectStore,
  uploads: IncompleteUploads | undefined,
  kind: RemovableKind,
  objects: readonly CleanupObject[],
): Promise<SeenAgain> {
  if (kind === 'incomplete-upload') return { same: await openStill(uploads, objects), changed: [] };
  const same: CleanupObject[] = [];
  const changed: CleanupObject[] = [];
  const look = async (object: CleanupObject) => ({ object, info: await store.head(object.key) });
  for await (const { object, info } of mapBounded(objects, parallel, look)) {
    if (info === undefined) continue;
    const isSame =
      BigInt(info.size) === object.bytes && secondOf(info.modifiedMs) === secondOf(object.writtenMs);
    (isSame ? same : changed).push(object);
  }
  return { same, changed };
}

/** A listing may tell milliseconds where a single answer of HTTP tells seconds. */
function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}

async function openStill(
  uploads: IncompleteUploads | undefined,
  objects: readonly CleanupObject[],
): Promise<readonly CleanupObject[]> {
  const open = new Set<string>();
  for await (const { key, id } of uploads?.list() ?? []) open.add(`${key}#${id}`);
  return objects.filter(({ key, uploadId = '' }) => open.has(`${key}#${uploadId}`));
}

/**
 * Why the plan does not hold any more: of each object that is there and may not go now, a line; the first ones. What is gone changes
 * nothing. Errors: those of the storage.
 */
export async function staleLines(
  stores: ReadonlyMap<string, ObjectStore>,
  uploads: ReadonlyMap<string, IncompleteUploads>,
  planned: readonly CleanupStep[],
  now: readonly CleanupStep[],
): Promise<readonly string[]> {
  const mayGo = new Set(now.flatMap((step) => step.objects.map((object) => identityOf(step, object))));
  const lines: string[] = [];
  for (const step of planned) {
    const store = stores.get(step.store);
    const doubtful = step.objects.filter((object) => !mayGo.has(identityOf(step, object)));
    if (store === undefined || doubtful.length === 0) continue;
    const { same, changed } = await sameAsPlanned(store, uploads.get(step.store), step.kind, doubtful);
    // Another lock of the same name: the one of the plan is gone, and nobody touches this one.
    const written = step.kind === 'lock' ? [] : changed;
    lines.push(
      ...written.map(({ key }) => `${key} was written again`),
      ...same.map(({ key }) => `${key} is no ${step.kind} of ${step.place} any more, or younger than it was`),
    );
  }
  const more = lines.length - toldLines;
  return more > 0 ? [...lines.slice(0, toldLines), `and ${more} more`] : lines;
}

function identityOf({ kind, store }: CleanupStep, { key, bytes, writtenMs, uploadId }: CleanupObject) {
  // The parts of an upload are counted of the first ones alone.
  return [kind, store, key, secondOf(writtenMs), uploadId ?? bytes].join('\n');
}
