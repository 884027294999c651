// What of the findings of an audit may be removed, what stays, and why: only what is proven to be nobody's, and nothing that is young.
// Everything that is not named here as removable stays. Pure.

import type { AuditFinding, AuditKind } from './audit-finding.ts';
import { type AuditClock, auditMargins, isSettled } from './audit-margins.ts';

/** In the order in which they are removed: what stands in the way of others first, the log last. */
export const removableKinds = [
  'lock',
  'incomplete-upload',
  'permission-check',
  'finished-checkpoint',
  'unnamed-snapshot-object',
  'expired-log-data',
  'empty-metas',
] as const satisfies readonly AuditKind[];
export type RemovableKind = (typeof removableKinds)[number];

/** An object of a finding, as it was listed. */
export interface CleanupObject {
  /** Relative to the storage root. */
  readonly key: string;
  readonly bytes: bigint;
  /** By the storage's clock, Unix ms; of an upload when it was begun. */
  readonly writtenMs: number;
  /** Of an incomplete upload. */
  readonly uploadId?: string;
}

export interface FoundToRemove extends CleanupObject {
  readonly kind: RemovableKind;
  readonly place: string;
  /** The URL of its store. */
  readonly store: string;
  /** Of a meta: its name says that it is empty, and that it was flushed before the log begins. */
  readonly isExpired: boolean;
}

export interface CleanupStep {
  /** Of the finding. */
  readonly id: string;
  readonly kind: RemovableKind;
  readonly place: string;
  readonly store: string;
  /** Why it is certain that nobody needs them. */
  readonly reason: string;
  readonly objects: readonly CleanupObject[];
}

export interface CleanupKept {
  readonly id: string;
  readonly kind: AuditKind;
  readonly place: string;
  readonly count: number;
  readonly reason: string;
  /** What a person types who has made sure; empty where nothing is to be typed. */
  readonly commands: readonly string[];
}

export interface CleanupPlan {
  readonly steps: readonly CleanupStep[];
  readonly kept: readonly CleanupKept[];
}

export interface CleanupLook {
  readonly findings: readonly AuditFinding[];
  readonly found: readonly FoundToRemove[];
  /** By the URL of the store. */
  readonly clocks: ReadonlyMap<string, AuditClock>;
  /** Of PD, for the commands; empty where nobody gave one. */
  readonly pd: readonly string[];
}

export function planCleanup(look: CleanupLook): CleanupPlan {
  const steps: CleanupStep[] = [];
  const kept: CleanupKept[] = [];
  const found = Map.groupBy(look.found, ({ kind, place }) => `${kind} ${place}`);
  for (const finding of look.findings) {
    const all = found.get(`${finding.kind} ${finding.place}`) ?? [];
    const ofFinding = finding.kind === 'incomplete-upload' ? all.filter(isUpload(finding)) : all;
    const mayGo = isRemovable(finding.kind) && finding.proof.proven;
    const going = mayGo ? ofFinding.filter((one) => whyStays(one, look) === undefined) : [];
    for (const store of new Set(going.map((one) => one.store))) {
      const objects = going.filter((one) => one.store === store).map(objectOf);
      steps.push({ ...stepOf(finding), store, objects });
    }
    const count = finding.count - going.length;
    if (count > 0) kept.push({ ...keptOf(finding, ofFinding, look), count });
  }
  const rank = (kind: RemovableKind): number => removableKinds.indexOf(kind);
  return { steps: steps.toSorted((one, other) => rank(one.kind) - rank(other.kind)), kept };
}

function isRemovable(kind: AuditKind): boolean {
  return removableKinds.some((one) => one === kind);
}

const isUpload = (finding: AuditFinding) => (one: FoundToRemove) =>
  finding.id === `incomplete-upload:${one.key}#${one.uploadId ?? ''}`;

function stepOf({ id, kind, place, proof }: AuditFinding): Omit<CleanupStep, 'store' | 'objects'> {
  return { id, kind: kind as RemovableKind, place, reason: proof.text };
}

function objectOf({ key, bytes, writtenMs, uploadId }: FoundToRemove): CleanupObject {
  return uploadId === undefined ? { key, bytes, writtenMs } : { key, bytes, writtenMs, uploadId };
}

/** Young objects are never touched, whatever is proven of them; undefined: it may go. */
function whyStays(one: FoundToRemove, { clocks }: CleanupLook): string | undefined {
  const clock = clocks.get(one.store);
  const marginMs = one.kind === 'lock' ? auditMargins.flushMs : auditMargins.removalMs;
  if (clock === undefined || !isSettled(one.writtenMs, clock, marginMs))
    return one.kind === 'lock' ? 'younger than half an hour' : 'younger than a day';
  if (one.kind === 'empty-metas' && !one.isExpired)
    return 'flushed after the begin of the log, where it is read';
  return undefined;
}

function keptOf(
  finding: AuditFinding,
  ofFinding: readonly FoundToRemove[],
  look: CleanupLook,
): Omit<CleanupKept, 'count'> {
  const { id, kind, place, proof, advice } = finding;
  const rest = { id, kind, place };
  const commands = proof.proven ? commandsOf(finding, look.pd) : [];
  const isKind = isRemovable(kind);
  if (!isKind || !proof.proven) {
    const why = isKind || !proof.proven ? `not proven: ${proof.text}` : advice || finding.what;
    return { ...rest, reason: why, commands };
  }
  const reasons = new Set(ofFinding.map((one) => whyStays(one, look)).filter((why) => why !== undefined));
  if (ofFinding.length < finding.count) reasons.add('more than one plan takes: the next one goes on');
  return { ...rest, reason: [...reasons].join('; '), commands };
}

/** For leftovers in PD: nothing is removed there from here, because nothing there can be removed on a condition. */
function commandsOf({ kind, keys }: AuditFinding, pd: readonly string[]): readonly string[] {
  const address = pd[0] ?? 'http://PD:2379';
  switch (kind) {
    case 'safe-point':
      return keys.map((id) => `pd-ctl -u ${address} service-gc-safepoint delete ${quoted(id)}`);
    case 'task-keys':
      return keys.map((key) => `etcdctl --endpoints=${address} del ${quoted(key)}`);
    default:
      return [];
  }
}

/** A word of a shell: names in PD are a stranger's. */
function quoted(word: string): string {
  return /^[A-Za-z0-9._:/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
