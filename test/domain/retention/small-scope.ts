// Every small bucket: up to four snapshots in every state, one log or two or none, several windows and counts. What is wrong at all is
// wrong in a small one.

import type { Case, CaseLog, SnapshotKind } from './retention-cases.ts';

const minutes = [10, 20, 30, 40] as const;
const states: readonly SnapshotKind[] = ['complete', 'incremental', 'dead', 'damaged'];
const rareStates: readonly SnapshotKind[] = [
  'complete',
  'disproven',
  'unnumbered',
  'open',
  'rest',
  'unreadable',
];

const logs: readonly (readonly CaseLog[])[] = [
  [],
  [{ path: 'log-backup', from: 5, to: 50 }],
  [{ path: 'log-backup', from: 25, to: 50 }],
  [{ path: 'log-backup', from: 5, to: undefined }],
  [
    { path: 'log-1', from: 5, to: 22 },
    { path: 'log-2', from: 28, to: 50 },
  ],
  [
    { path: 'log-1', from: 5, to: 33 },
    { path: 'log-2', from: 18, to: 50 },
  ],
];
const windows = [5, 12, 21, 28, 100];

function* kindsOf(count: number, of: readonly SnapshotKind[]): Generator<readonly SnapshotKind[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const first of of) for (const rest of kindsOf(count - 1, of)) yield [first, ...rest];
}

function* around(
  kinds: readonly SnapshotKind[],
  counts: readonly number[],
  lengths = windows,
): Generator<Case> {
  const snapshots = kinds.map((kind, index) => ({ minute: minutes[index] ?? 0, kind }));
  for (const log of logs) {
    for (const window of lengths) {
      for (const minBases of counts) {
        yield { snapshots, logs: log, window, minBases, now: 52, keepUnfinished: 15 };
      }
    }
  }
}

/** All of up to three snapshots and, with `deep`, of four. */
export function* smallCases(deep: boolean): Generator<Case> {
  for (let count = 0; count <= 3; count++) {
    for (const kinds of kindsOf(count, states)) yield* around(kinds, [1, 2]);
  }
  for (const kinds of kindsOf(3, rareStates)) yield* around(kinds, [1]);
  if (deep) for (const kinds of kindsOf(4, states)) yield* around(kinds, [1, 2], [12, 28]);
}
