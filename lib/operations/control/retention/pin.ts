// Operation pin: keeps a snapshot, a moment or all moments of a range, whatever the retention says, until it is released or its time is
// over; with a name it is a bookmark. Touches no object.

import { readCatalog } from '../../../br/catalog.ts';
import { chooseBase } from '../../../domain/base.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { CatalogFacts } from '../../../domain/facts.ts';
import { subtract } from '../../../domain/intervals.ts';
import { parseMoment } from '../../../domain/moment.ts';
import { clip } from '../../../domain/retention/invariant.ts';
import { folderName } from '../../../domain/retention/retention-state.ts';
import type { PinRecord } from '../../../domain/state/pin-record.ts';
import { type Facts, runId } from '../../../domain/state/run-identity.ts';
import { describeTs } from '../../../domain/ts.ts';
import { computeWindow, latest } from '../../../domain/window.ts';
import { InputReader, type Operation } from '../operation.ts';
import { pinFacts } from './pin-facts.ts';
import { allPins, type RetentionDeps } from './retention-reading.ts';
import { meetPlans, untilNoConflict, withoutTargets } from './step-claim.ts';
import { unpin } from './unpin.ts';

export interface PinInput {
  readonly what: PinRecord['what'];
  readonly folder: string;
  /** As a person writes moments; of a moment both are the same, of a snapshot empty. */
  readonly from: string;
  readonly to: string;
  readonly untilMs: number | null;
  readonly name: string;
  readonly reason: string;
  readonly who: string;
}

/**
 * Input `{cluster, what: 'snapshot' | 'moment' | 'range', folder? | at? | from?, to?, until?, name?, reason, who?}`; moments in every form that `--at` takes.
 * Answers `{decision: 'pinned', …, holes}` with the pin; `holes`: moments of it that nothing restores. A moment after the checkpoint may be
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
    const record = await untilNoConflict(() => write(deps, input));
    try {
      // A step that was begun before the pin was there has not seen it.
      const begun = await meetPlans(deps);
      const facts = withoutTargets(await catalogOf(deps), begun);
      const [fromTs, toTs] = [`${record.fromTs}`, `${record.toTs}`];
      const { holes } = pinnedIn(deps, facts, { ...input, from: fromTs, to: toTs }, record.id);
      return { decision: 'pinned', ...pinFacts(record, nowMs), holes };
    } catch (caught) {
      await unpin.run(deps, { id: record.id, who: input.who });
      throw caught;
    }
  },
};

async function catalogOf({ openBucket }: RetentionDeps): Promise<CatalogFacts> {
  const store = await openBucket();
  return await readCatalog({ snapshots: store, log: store, keys: {} });
}

/** Errors: STATE_CONFLICT when another pin took the id. */
async function write(deps: RetentionDeps, input: PinInput): Promise<PinRecord> {
  const nowMs = deps.nowMs();
  const { record } = pinnedIn(deps, await catalogOf(deps), input, await freeId(deps, nowMs));
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
  return record;
}

function targetIn(input: InputReader, what: PinRecord['what']): Pick<PinInput, 'folder' | 'from' | 'to'> {
  switch (what) {
    case 'snapshot':
      return { folder: folderName(input.text('folder')), from: '', to: '' };
    case 'moment': {
      const at = input.text('at', 'a moment');
      return { folder: '', from: at, to: at };
    }
    case 'range':
      return { folder: '', from: input.text('from', 'a moment'), to: input.text('to', 'a moment') };
    default:
      return what satisfies never;
  }
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
  { what, folder, from, to, untilMs, name, reason, who }: PinInput,
  id: string,
): { readonly record: PinRecord; readonly holes: readonly Facts[] } {
  const madeMs = deps.nowMs();
  const recordOf = (fromTs: bigint, toTs: bigint): PinRecord => ({
    ...{ shape: 'pin/v1', state: 'held', cluster: deps.settings.name, id, name, what, folder },
    ...{ fromTs, toTs, untilMs, reason, madeMs, madeBy: who },
  });
  if (what === 'snapshot') {
    const backupTs = snapshotTs(facts, folder);
    return { record: recordOf(backupTs, backupTs), holes: [] };
  }
  const window = computeWindow(facts);
  const context = { latest: latest(window), whyNone: window.holes.at(-1) };
  const [fromTs, toTs] = [parseMoment(from, context).ts, parseMoment(to, context).ts];
  if (what === 'range' && fromTs >= toTs) {
    throw new PitrError('INVALID_INPUT', `to of pin is ${describeTs(toTs)}, expected a moment after from`, {
      details: { field: 'to' },
    });
  }
  const newest = context.latest ?? 0n;
  const known = clip([{ from: fromTs, to: toTs }], { from: 0n, to: newest });
  const holes = subtract(known, window.merged);
  const isReached = clip(window.merged, { from: fromTs, to: toTs }).length > 0 || toTs > newest;
  if (!isReached) throw unreachable(facts, fromTs);
  return {
    record: recordOf(fromTs, toTs),
    holes: holes.map((one) => ({ from: `${one.from}`, to: `${one.to}` })),
  };
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
