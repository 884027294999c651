// A plan of a cleanup as it is kept: written as text and read back strictly, and whether it can be used now. Decides nothing of what is
// removed.

import { PitrError } from '../errors.ts';
import { type CleanupObject, type CleanupStep, removableKinds } from './cleanup-plan.ts';

/** A plan is of the bucket as it was: older ones are made again. */
export const cleanupLastsMs = 7 * 24 * 3_600_000;

export interface CleanupRecord {
  readonly shape: 'cleanup/v1';
  /** used: somebody began; whoever goes on does the rest. done: nobody uses it again. */
  readonly state: 'open' | 'used' | 'done';
  /** As the id of a run: `20261122120000-audit`. */
  readonly id: string;
  /** The URLs that were looked at, without secrets. */
  readonly storage: readonly string[];
  /** Unix ms. */
  readonly madeMs: number;
  readonly steps: readonly CleanupStep[];
}

export function formatCleanup(record: CleanupRecord): string {
  return `${JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))}\n`;
}

/** Errors: PLAN_UNUSABLE for a text that is none. */
export function parseCleanup(id: string, text: string): CleanupRecord {
  const record = read(text);
  if (record !== undefined && record.id === id) return record;
  throw new PitrError('PLAN_UNUSABLE', `the file of the plan ${id} does not hold this plan`, {
    hint: 'make a new one with pitr audit --plan',
    details: { plan: id },
  });
}

/** Errors: PLAN_UNUSABLE with the reason. */
export function checkCleanupUsable(
  record: CleanupRecord | undefined,
  id: string,
  storage: readonly string[],
  nowMs: number,
): CleanupRecord {
  const why = whyUnusable(record, storage, nowMs);
  if (record !== undefined && why === undefined) return record;
  throw new PitrError('PLAN_UNUSABLE', `the plan ${id} ${why ?? 'is not there'}`, {
    hint: 'pitr audit --plan makes one of what is there now, and tells its id',
    details: { plan: id },
  });
}

function whyUnusable(
  record: CleanupRecord | undefined,
  storage: readonly string[],
  nowMs: number,
): string | undefined {
  if (record === undefined) return 'is not there';
  if (record.state === 'done') return 'was carried out before';
  const endMs = record.madeMs + cleanupLastsMs;
  if (endMs <= nowMs) return `was over at ${new Date(endMs).toISOString()}`;
  const isSame = record.storage.join() === storage.join();
  return isSame
    ? undefined
    : `was made of ${record.storage.join(', ')}, and ${storage.join(', ')} is to be cleaned`;
}

function read(text: string): CleanupRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || value['shape'] !== 'cleanup/v1') return undefined;
    const { state, id, storage, madeMs, steps } = value;
    const known = (['open', 'used', 'done'] as const).find((one) => one === state);
    if (known === undefined || typeof id !== 'string' || typeof madeMs !== 'number') return undefined;
    if (!Array.isArray(storage) || !Array.isArray(steps)) return undefined;
    const read = steps.map(stepOf);
    if (read.includes(undefined)) return undefined;
    const all = read.filter((one) => one !== undefined);
    return { shape: 'cleanup/v1', state: known, id, storage: storage.map(String), madeMs, steps: all };
  } catch {
    return undefined;
  }
}

function stepOf(value: unknown): CleanupStep | undefined {
  if (!isObject(value)) return undefined;
  const { id, place, store, reason, objects } = value;
  const kind = removableKinds.find((one) => one === value['kind']);
  if (kind === undefined || !Array.isArray(objects)) return undefined;
  const read = objects.map(objectOf);
  if (read.includes(undefined)) return undefined;
  const words = [id, place, store, reason];
  if (!words.every((word) => typeof word === 'string')) return undefined;
  const all = read.filter((one) => one !== undefined);
  return {
    ...{ id: String(id), kind, place: String(place), store: String(store), reason: String(reason) },
    objects: all,
  };
}

function objectOf(value: unknown): CleanupObject | undefined {
  if (!isObject(value)) return undefined;
  const { key, bytes, writtenMs, uploadId } = value;
  if (typeof key !== 'string' || typeof bytes !== 'string' || typeof writtenMs !== 'number') return undefined;
  const object = { key, bytes: BigInt(bytes), writtenMs };
  return typeof uploadId === 'string' ? { ...object, uploadId } : object;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
