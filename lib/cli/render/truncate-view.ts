// What a person and a program are shown of a cut or of its dry run; both fill the same shape. Holds no layout.

import type { TruncatePreview, TruncateReport } from '../../operations/truncate-storage.ts';

export interface TruncateView {
  readonly storage: string;
  /** The log's folder. */
  readonly log: string;
  readonly dryRun: boolean;
  readonly untilTs: bigint;
  readonly shiftTs: bigint;
  readonly movesSafepoint: boolean;
  /** Metas of the log. */
  readonly metas: number;
  /** Of data, that go or are gone. */
  readonly objects: number;
  readonly bytes: number;
  readonly metasDeleted: number;
  readonly metasRewritten: number;
  readonly blocklists: number;
  /** Of a dry run: each object. */
  readonly changes: readonly {
    readonly key: string;
    readonly action: string;
    readonly kind: string;
    readonly bytes: number;
    readonly reason: string;
  }[];
  readonly undeletedCount: number;
  readonly undeleted: readonly { readonly key: string; readonly reason: string }[];
  /** Of a dry run: locks that stand in the way now. */
  readonly locks: readonly string[];
  readonly removedLocks: readonly string[];
  readonly notes: readonly string[];
}

export function viewOfPreview({ plan, changes, locks, ...answer }: TruncatePreview): TruncateView {
  const of = (kind: string, action: string) =>
    changes.filter((one) => one.kind === kind && one.action === action);
  const data = of('data', 'delete');
  return {
    ...answer,
    ...planOf(plan),
    dryRun: true,
    objects: data.length,
    bytes: data.reduce((sum, { bytes }) => sum + bytes, 0),
    metasDeleted: of('meta', 'delete').length,
    metasRewritten: of('meta', 'rewrite').length,
    blocklists: of('blocklist', 'delete').length,
    changes,
    ...{ undeletedCount: 0, undeleted: [], locks, removedLocks: [] },
  };
}

export function viewOfReport({ plan, undeleted, ...report }: TruncateReport): TruncateView {
  const { storage, log, notes, objects, bytes, blocklists, undeletedCount, removedLocks } = report;
  return {
    ...{ storage, log, notes, objects, bytes, blocklists, undeletedCount, removedLocks },
    ...planOf(plan),
    dryRun: false,
    metasDeleted: report.metas + report.emptyMetas,
    metasRewritten: report.rewritten,
    changes: [],
    undeleted: undeleted.map(({ key, error }) => ({ key, reason: error.message })),
    locks: [],
  };
}

function planOf({ untilTs, shiftTs, movesSafepoint, metas }: TruncatePreview['plan']) {
  return { untilTs, shiftTs, movesSafepoint, metas };
}
