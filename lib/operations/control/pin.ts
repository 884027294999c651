// Operation pin: keeps a snapshot, a moment or all moments of a range, whatever the retention says, until it is released or its time is
// over; with a name it is a bookmark. Touches no object.

import { readCatalog } from '../../br/catalog.ts';
import { chooseBase } from '../../domain/base.ts';
import { PitrError } from '../../domain/errors.ts';
import type { CatalogFacts } from '../../domain/facts.ts';
import { subtract } from '../../domain/intervals.ts';
import { clip } from '../../domain/retention/invariant.ts';
import { folderName } from '../../domain/retention/retention-state.ts';
import type { PinRecord } from '../../domain/state/pin-record.ts';
import { type Facts, runId } from '../../domain/state/run-identity.ts';
import { describeTs, isTs } from '../../domain/ts.ts';
import { computeWindow, latest } from '../../domain/window.ts';
import { InputReader, type Operation } from './operation.ts';
import { pinFacts } from './pin-facts.ts';
import { allPins, type RetentionDeps } from './retention-reading.ts';

export interface PinInput {
  readonly what: PinRecord['what'];
  readonly folder: string;
  readonly fromTs: bigint;
  readonly toTs: bigint;
  readonly untilMs: number | null;
  readonly name: string;
  readonly reason: string;
  readonly who: string;
}

/**
 * Input `{cluster, what: 'snapshot' | 'moment' | 'range', folder? | ts? | from?, to?, until?, name?, reason, who?}`; moments are TSOs as text.
 * Answers `{decision: 'pinned', id, pin, holes}`; `holes`: moments of it that nothing restores. A moment after the checkpoint may be
 * pinned: it will be reached. Errors: INVALID_INPUT, BASE_MISSING for a snapshot that is not there, MOMENT_NOT_IN_WINDOW when nothing of
 * it can be restored; those of storage and state table.
 */
export const pin: Operation<RetentionDeps, PinInput, Facts> = {
  name: 'pin',
  parseInput: (value) => {
    const input = new InputReader('pin', value);
    input.text('cluster');
    const what = input.oneOf('what', ['snapshot', 'moment', 'range'] as const);
    const parsed = { what, ...targetIn(input, what), ...wordsIn(input) };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const nowMs = deps.nowMs();
    if (input.untilMs !== null && input.untilMs <= nowMs) {
      throw new PitrError(
        'INVALID_INPUT',
        `until of pin is ${new Date(input.untilMs).toISOString()}, which is over`,
        {
          hint: 'give a time to come, or none: then the pin holds until it is released',
          details: { field: 'until' },
        },
      );
    }
    const store = await deps.openBucket();
    const facts = await readCatalog({ snapshots: store, log: store, keys: {} });
    const { record, holes } = pinnedIn(deps, facts, input, await freeId(deps, nowMs));
    await deps.store.commit({
      ...{ cluster: record.cluster, nowMs, records: [{ record, expect: 'absent' }] },
      audit: {
        ...{ shape: 'audit/v1', cluster: record.cluster, id: `pin/${record.id}`, atMs: nowMs },
        ...{
          who: input.who,
          what: `pinned a ${record.what}`,
          why: record.reason,
          facts: pinFacts(record, nowMs),
        },
      },
    });
    return { decision: 'pinned', id: record.id, pin: pinFacts(record, nowMs), holes };
  },
};

function targetIn(input: InputReader, what: PinRecord['what']): Pick<PinInput, 'folder' | 'fromTs' | 'toTs'> {
  switch (what) {
    case 'snapshot':
      return { folder: folderName(input.text('folder')), fromTs: 0n, toTs: 0n };
    case 'moment': {
      const ts = tsIn(input, 'ts');
      return { folder: '', fromTs: ts, toTs: ts };
    }
    case 'range': {
      const [fromTs, toTs] = [tsIn(input, 'from'), tsIn(input, 'to')];
      if (fromTs >= toTs) throw input.wrong('to', 'a moment after from');
      return { folder: '', fromTs, toTs };
    }
    default:
      return what satisfies never;
  }
}

function tsIn(input: InputReader, name: string): bigint {
  const text = input.text(name, 'a TSO as text');
  const ts = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (ts !== undefined && ts > 0n && isTs(ts)) return ts;
  throw input.wrong(name, 'a TSO as text');
}

function wordsIn(input: InputReader): Pick<PinInput, 'untilMs' | 'name' | 'reason' | 'who'> {
  const until = input.optionalText('until');
  const untilMs = until === undefined ? null : Date.parse(until);
  if (untilMs !== null && Number.isNaN(untilMs))
    throw input.wrong('until', 'a time such as 2027-01-31T00:00:00Z');
  return {
    untilMs,
    name: input.optionalText('name') ?? '',
    reason: input.text('reason', 'a few words for those who read it later'),
    who: input.optionalText('who') ?? 'a person',
  };
}

/** Two pins of one second are two pins. */
async function freeId(deps: RetentionDeps, nowMs: number): Promise<string> {
  const taken = new Set((await allPins(deps)).map(({ id }) => id));
  for (let number = 1; ; number++) {
    const id = runId(nowMs, `pin-${number}`);
    if (!taken.has(id)) return id;
  }
}

function pinnedIn(
  deps: RetentionDeps,
  facts: CatalogFacts,
  { what, folder, fromTs, toTs, untilMs, name, reason, who }: PinInput,
  id: string,
): { readonly record: PinRecord; readonly holes: readonly Facts[] } {
  const madeMs = deps.nowMs();
  const record: PinRecord = {
    ...{ shape: 'pin/v1', state: 'held', cluster: deps.settings.name, id, name, what, folder },
    ...{ fromTs, toTs, untilMs, reason, madeMs, madeBy: who },
  };
  if (what === 'snapshot') {
    const backupTs = snapshotTs(facts, folder);
    return { record: { ...record, fromTs: backupTs, toTs: backupTs }, holes: [] };
  }
  const window = computeWindow(facts);
  const newest = latest(window) ?? 0n;
  const known = clip([{ from: fromTs, to: toTs }], { from: 0n, to: newest });
  const holes = subtract(known, window.merged);
  const isReached = clip(window.merged, { from: fromTs, to: toTs }).length > 0 || toTs > newest;
  if (!isReached) throw unreachable(facts, fromTs);
  return { record, holes: holes.map(({ from, to }) => ({ from: `${from}`, to: `${to}` })) };
}

function snapshotTs(facts: CatalogFacts, folder: string): bigint {
  const found = facts.snapshots.find(({ name }) => folderName(name) === folder);
  if (found?.state.kind === 'complete') return found.backupTs;
  throw new PitrError(
    'BASE_MISSING',
    `the snapshot ${folder} is ${found?.state.kind ?? 'not there'}, expected one that is complete`,
    { hint: 'pitr snapshots lists them', details: { snapshot: folder } },
  );
}

function unreachable(facts: CatalogFacts, ts: bigint): PitrError {
  const choice = chooseBase(facts, ts);
  if (choice.kind === 'refusal') return choice.error;
  return new PitrError('MOMENT_NOT_IN_WINDOW', `${describeTs(ts)} cannot be restored`);
}
