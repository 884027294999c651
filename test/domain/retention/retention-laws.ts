// What every plan of the retention must be, whatever the bucket: assertions over one case, for the exhaustive test, the random one,
// the named failures of other tools and the check of mutants.

import assert from 'node:assert/strict';
import { contains } from '../../../lib/domain/intervals.ts';
import type { RetentionPlan } from '../../../lib/domain/retention/retention-plan.ts';
import type { RetentionState } from '../../../lib/domain/retention/retention-state.ts';
import type { PinRecord } from '../../../lib/domain/state/pin-record.ts';
import { type Case, nameAt, nowOf, settingsOf, stateOf } from './retention-cases.ts';
import {
  baseEnds,
  counted,
  done,
  isRestorable,
  type Planner,
  prefixes,
  telling,
  windowStart,
} from './retention-oracle.ts';

/** The plan, or undefined when it was refused; a refusal is right only where there is no base at all. */
export function lawfulPlan(planner: Planner, one: Case): RetentionPlan | undefined {
  const state = stateOf(one);
  const plan = planner.planRetention(state, settingsOf(one), nowOf(one));
  if (plan.kind === 'refused') {
    assert.deepEqual(
      plan.refusals.map(({ code }) => code),
      ['LAST_BASE'],
    );
    assert.equal(baseEnds(counted(state)).length, 0, 'it was refused although there is a base');
    return undefined;
  }
  assert.ok(baseEnds(counted(state)).length > 0, 'nothing may be deleted without a base');
  const given: Given = { planner, one, state, plan, start: windowStart(one) };
  keepsThePromise(given);
  keepsTheBases(given);
  keepsWhatIsHeld(given);
  deletesOnlyWhatItKnows(given);
  tellsOfEach(given);
  tellsTheWindow(given);
  deletesWhatNobodyNeeds(given);
  isCheckedAgain(given);
  return plan;
}

interface Given {
  readonly planner: Planner;
  readonly one: Case;
  readonly state: RetentionState;
  readonly plan: RetentionPlan;
  /** The first promised moment, as the oracle counts it. */
  readonly start: bigint;
}

/** For every moment of the promised window there is a verified base ≤ it and an unbroken log to it, after every prefix of the steps. */
function keepsThePromise({ planner, state, plan, start }: Given): void {
  assert.equal(plan.windowStartTs, start, 'the window begins elsewhere');
  const before = counted(state);
  const moments = telling(before, [start]).filter((ts) => ts >= start && isRestorable(before, ts));
  const window = { from: start, to: (1n << 64n) - 1n };
  for (const [index, facts] of prefixes(state.facts, plan).entries()) {
    const after = counted(state, facts);
    for (const ts of moments) assert.ok(isRestorable(after, ts), `${ts} is lost after step ${index}`);
    assert.ok(planner.invariantHolds(before, after, window), `the invariant is broken after step ${index}`);
  }
}

/** The newest verified base at or before the window's start stays, everything after it, and so many full ones. */
function keepsTheBases({ one, state, plan, start }: Given): void {
  const gone = new Set(plan.steps.flatMap((step) => ('folder' in step ? [step.folder] : [])));
  const ends = baseEnds(counted(state));
  const first = ends.find(({ backupTs }) => backupTs <= start);
  for (const { name, backupTs } of ends) {
    if (backupTs > start || backupTs === first?.backupTs) {
      const twins = ends.filter((other) => other.backupTs === backupTs && !gone.has(other.name));
      assert.ok(!gone.has(name) || twins.length > 0, `${name} is needed for the window`);
    }
  }
  const full = ends.filter(({ startTs }) => startTs === 0n);
  const left = full.filter(({ name }) => !gone.has(name));
  assert.ok(left.length >= Math.min(one.minBases, full.length), 'too few bases stay');
}

function keepsWhatIsHeld({ one, state, plan }: Given): void {
  const before = counted(state);
  const after = counted(state, prefixes(state.facts, plan).at(-1));
  const names = new Set(
    prefixes(state.facts, plan)
      .at(-1)
      ?.snapshots.map(({ name }) => name),
  );
  const isActive = (pin: PinRecord) =>
    pin.state === 'held' && (pin.untilMs === null || nowOf(one) < pin.untilMs);
  for (const pin of (one.pins ?? []).filter(isActive)) {
    const isThere = state.facts.snapshots.some(({ name }) => name === pin.folder);
    if (isThere) assert.ok(names.has(pin.folder), `${pin.folder} is pinned`);
    for (const ts of telling(before, [pin.fromTs, pin.toTs])) {
      if (ts < pin.fromTs || ts > pin.toTs || !isRestorable(before, ts)) continue;
      assert.ok(isRestorable(after, ts), `${ts} is pinned and lost`);
    }
  }
  for (const { restoreTs, base } of (one.restores ?? []).flatMap((run) => ('base' in run ? [run] : []))) {
    if (state.facts.snapshots.some(({ name }) => name === base))
      assert.ok(names.has(base), `${base} is read`);
    if (isRestorable(before, restoreTs)) assert.ok(isRestorable(after, restoreTs), `${restoreTs} is read`);
  }
}

/** Failed, running and unverified snapshots stay, but for what a dead run left long ago. */
function deletesOnlyWhatItKnows({ one, state, plan }: Given): void {
  const { keepUnfinished = 30 } = one;
  for (const step of plan.steps) {
    if (step.kind !== 'delete-snapshot' && step.kind !== 'delete-unfinished') continue;
    const found = one.snapshots.find(({ minute }) => nameAt(minute) === step.folder);
    assert.ok(found !== undefined, `${step.folder} is no snapshot`);
    const isBase = baseEnds(counted(state)).some(({ name }) => name === step.folder);
    if (step.kind === 'delete-snapshot') assert.ok(isBase, `${step.folder} is ${found.kind}`);
    else {
      assert.ok(['dead', 'orphan', 'rest'].includes(found.kind), `${step.folder} is ${found.kind}`);
      const isOld = found.minute + 1 + keepUnfinished <= one.now;
      assert.ok(found.kind === 'rest' || isOld, `${step.folder} is too young`);
    }
  }
  const current = state.currentLog;
  for (const step of plan.steps) if (step.kind === 'delete-log') assert.notEqual(step.path, current);
}

function tellsOfEach({ state, plan }: Given): void {
  for (const { name } of state.facts.snapshots) {
    const goes = plan.steps.filter((step) => 'folder' in step && step.folder === name);
    const stays = plan.kept.filter((kept) => kept.name === name);
    assert.equal(goes.length + stays.length, 1, `${name} goes and stays, or neither`);
  }
  for (const { path } of state.facts.logs) {
    const isTold = [
      ...plan.kept.map(({ name }) => name),
      ...plan.steps.map((step) => 'path' in step && step.path),
    ];
    assert.ok(isTold.includes(path), `${path} is not told of`);
    assert.ok(plan.kept.filter(({ name }) => name === path).length <= 1, `${path} stays twice`);
  }
  for (const { reasons } of [...plan.steps, ...plan.kept]) assert.ok(reasons.length > 0);
}

/** The window as it is shown, before and after, is the one that the bucket gives; and so are its holes. */
function tellsTheWindow({ state, plan, start }: Given): void {
  const before = counted(state);
  const after = counted(state, prefixes(state.facts, plan).at(-1));
  const latest = plan.windowBefore.at(-1)?.to ?? 0n;
  for (const ts of telling(before, [start])) {
    assert.equal(contains(plan.windowBefore, ts), isRestorable(before, ts), `${ts} before`);
    assert.equal(contains(plan.windowAfter, ts), isRestorable(after, ts), `${ts} after`);
    const isHole = ts >= start && ts <= latest && !isRestorable(before, ts);
    assert.equal(contains(plan.holes, ts), isHole, `${ts} in a hole`);
  }
}

/** A planner that deletes nothing keeps every promise: what is surely not needed goes. */
function deletesWhatNobodyNeeds({ one, state, plan, start }: Given): void {
  if ((one.pins ?? []).length + (one.restores ?? []).length > 0) return;
  const after = prefixes(state.facts, plan).at(-1) ?? state.facts;
  const ends = baseEnds(counted(state, after));
  const [first, ...older] = ends.filter(({ backupTs }) => backupTs <= start);
  const full = ends.filter(({ startTs }) => startTs === 0n);
  const goingOn = after.logs.find(({ path }) => path === state.currentLog);
  const others = after.logs.filter((log) => log !== goingOn);
  if (first?.startTs === 0n && others.length === 0) {
    const led = full.filter(
      ({ backupTs }) => backupTs < (goingOn?.maxTs ?? 0n) && backupTs >= (goingOn?.minTs ?? 0n),
    );
    for (const each of older) {
      const isCounted = [full, led].some((of) => of.includes(each) && of.indexOf(each) < one.minBases);
      assert.ok(isCounted, `${each.name} is needless`);
    }
  }
  const oldest = ends.at(-1);
  const isEnough = full.length >= one.minBases && full.some(({ backupTs }) => backupTs <= start);
  const isPlain = ends.every(({ startTs, backupTs }) => startTs === 0n && backupTs <= (goingOn?.maxTs ?? 0n));
  if (goingOn === undefined || oldest === undefined || !isEnough || !isPlain || others.length > 0) return;
  assert.ok(goingOn.minTs >= oldest.backupTs, `the log before ${oldest.name} is needless`);
}

/** Each step may be done when its turn comes; none of what stays may be deleted; and afterwards there is nothing to do. */
function isCheckedAgain({ planner, one, state, plan, start }: Given): void {
  const [settings, nowMs] = [settingsOf(one), nowOf(one)];
  assert.deepEqual(planner.staleFacts(plan.facts, state, settings, plan.steps), []);
  let facts = state.facts;
  for (const step of plan.steps) {
    const now = { ...state, facts };
    const check = planner.checkStep(now, step, settings, nowMs);
    assert.equal(check.kind, 'go', `${JSON.stringify(step, text)} was planned and is refused`);
    facts = done(facts, step);
  }
  const again = planner.planRetention({ ...state, facts }, settings, nowMs);
  assert.ok(again.kind === 'plan');
  assert.deepEqual([again.windowStartTs, again.steps], [start, []]);
  for (const { name, of } of plan.kept) {
    if (of !== 'snapshot') continue;
    const found = state.facts.snapshots.find((each) => each.name === name);
    const backupTs = found?.backupTs ?? 0n;
    const wish = {
      kind: 'delete-snapshot',
      folder: name,
      backupTs,
      reasons: [],
      objects: 1,
      bytes: 1n,
    } as const;
    assert.equal(planner.checkStep(state, wish, settings, nowMs).kind, 'refused', `${name} stays`);
  }
}

const text = (_name: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
