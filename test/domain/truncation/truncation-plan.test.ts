// Where the log is cut, where it is not, and the reasons, one case each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CatalogFacts } from '../../../lib/domain/facts.ts';
import { planTruncation } from '../../../lib/domain/truncation/truncation-plan.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { catalog, log, snapshot } from '../builders.ts';

const dayMs = 86_400_000;
const today = Date.UTC(2026, 10, 22);
const day = (ago: number) => tsFromMs(today - ago * dayMs);
const plan = (facts: CatalogFacts, windowDays = 7, minBases = 1) =>
  planTruncation({
    facts,
    logPath: 'log-backup',
    retention: { windowMs: windowDays * dayMs, minBases },
    nowMs: today,
  });
const every2 = [0, 2, 4, 6, 8, 10, 12].map((ago) => snapshot(`s${ago}`, day(ago)));
const wholeLog = log('log-backup', day(20), day(0));

test('the log is kept from the newest base at or before the beginning of the window', () => {
  const found = plan(catalog(every2, [wholeLog]));
  assert.ok(found.kind === 'cut');
  assert.deepEqual([found.untilTs, found.base], [day(8), 's8']);
  assert.match(
    found.reasons[0] ?? '',
    /^the window begins at 2026-11-15T00:00:00.000Z, and s8 of 2026-11-14/,
  );
});

test('a base exactly at the beginning of the window is enough', () => {
  const found = plan(catalog(every2, [wholeLog]), 8);
  assert.ok(found.kind === 'cut');
  assert.equal(found.base, 's8');
});

test('a clock that runs ahead, and a log that stands still, do not move the window past what can be restored', () => {
  const facts = catalog(every2, [wholeLog]);
  const question = { facts, logPath: 'log-backup', retention: { windowMs: 7 * dayMs, minBases: 1 } };
  const found = planTruncation({ ...question, nowMs: today + 5 * dayMs });
  assert.ok(found.kind === 'cut');
  assert.deepEqual([found.untilTs, found.base], [day(8), 's8']);
});

test('more bases are kept when the settings ask for them, and the reason says so', () => {
  const found = plan(catalog(every2, [wholeLog]), 7, 6);
  assert.ok(found.kind === 'cut');
  assert.equal(found.base, 's10');
  assert.match(found.reasons[1] ?? '', /^6 bases keep their log: the oldest of them is s10/);
});

test('fewer bases than are to be kept: nothing is cut', () => {
  const found = plan(catalog(every2, [wholeLog]), 7, 8);
  assert.ok(found.kind === 'nothing');
  assert.deepEqual(found.reasons, ['8 bases keep their log, and there are 7']);
});

test('a failed run at the beginning of the window is no base: the cut goes back to one that is', () => {
  const broken = every2.map((one) =>
    one.name === 's8'
      ? { ...one, state: { kind: 'damaged', object: 's8/backupmeta', problem: 'cut' } as const }
      : one,
  );
  const found = plan(catalog(broken, [wholeLog]));
  assert.ok(found.kind === 'cut');
  assert.equal(found.base, 's10');
});

test('without any complete snapshot a cut is refused, since nothing could be restored', () => {
  const found = plan(catalog([], [wholeLog]));
  assert.ok(found.kind === 'refused');
  assert.equal(found.refusal.code, 'BASE_MISSING');
});

test('a snapshot that the log does not continue is no base', () => {
  const found = plan(catalog([snapshot('s8', day(8))], [log('log-backup', day(5), day(0))]));
  assert.ok(found.kind === 'refused');
  assert.equal(found.refusal.code, 'BASE_MISSING');
});

test('where all bases are younger than the window nothing is cut', () => {
  const found = plan(catalog(every2.slice(0, 2), [wholeLog]));
  assert.ok(found.kind === 'nothing');
  assert.match(found.reasons[0] ?? '', /the oldest base is younger: s2 of 2026-11-20/);
});

test('a log that was cut there already is left alone', () => {
  const found = plan(catalog(every2, [log('log-backup', day(8), day(0))]));
  assert.ok(found.kind === 'nothing');
});

test('a log that cannot be read is not cut', () => {
  const problem = { object: 'log-backup/v1/migrations/BASE', problem: 'it is 3 bytes long' };
  const found = plan(catalog(every2, [log('log-backup', day(20), day(0), { problem })]));
  assert.ok(found.kind === 'refused');
  assert.match(found.refusal.message, /cannot be read: it is 3 bytes long/);
});

test('where there is no log there is nothing to cut', () => {
  const found = plan(catalog(every2, []));
  assert.ok(found.kind === 'refused');
  assert.equal(found.refusal.code, 'OBJECT_MISSING');
});
