// A Map of a flow on one machine: as many items at once as it says, each with its own tries, in the order of the items; what was
// answered before the process died is not asked again, whichever items came first.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { answers, type Behaviour, FlowStage, throws } from '../../support/flow-stage.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const count = 25;
const ranges = Array.from({ length: count }, (_, index) => ({ from: `m${index}`, to: `m${index}z` }));
const natively: Behaviour = answers({ engine: 'native', shiftTs: '5', ranges, opened: { metas: count } });
const busy = throws(new PitrError('STORAGE_UNAVAILABLE', 'slow down'));
const broken = throws(new PitrError('OBJECT_DAMAGED', 'a meta that is none'));

/** Each call of a part takes so long by the stage's clock. */
const lasting =
  (ms: number, answer: (from: string) => unknown = () => ({})): Behaviour =>
  async ({ range }, stage) => {
    await stage.clock.sleep(ms);
    const { from } = range as { readonly from: string };
    return answer(from);
  };

const callsOf = (stage: FlowStage, step: string) =>
  stage.calls.filter(({ name, payload }) => name === 'cut-log' && payload['step'] === step);
const fromOf = ({ payload }: FlowStage['calls'][number]) =>
  (payload['range'] as { readonly from: string }).from;

describe('a Map', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  test('begins ten items at once, and gives what they answered in their order', async () => {
    const parts = ranges.map((_, index) => lasting(1000 * ((index * 7) % 10), (from) => ({ from })));
    const stage = new FlowStage('in memory', { script: { 'cut-log': [natively, ...parts] } });
    let [running, most] = [0, 0];
    stage.intercept = async ({ name }, run) => {
      running += 1;
      if (name === 'cut-log') most = Math.max(most, running);
      return await run().finally(() => {
        running -= 1;
      });
    };
    await stage.open();
    const key = await stage.start('truncate', 'one');
    assert.equal((await stage.end(key)).state, 'succeeded');
    assert.equal(most, 10);
    const [end] = callsOf(stage, 'end');
    assert.deepEqual(
      end?.payload['parts'],
      ranges.map(({ from }) => ({ from })),
    );
    await stage.runner.close();
  });

  test('gives each item what the flow selects for it', async () => {
    const stage = new FlowStage('in memory', { script: { 'cut-log': [natively] } });
    await stage.open();
    await stage.end(await stage.start('truncate', 'one'));
    assert.deepEqual(
      callsOf(stage, 'part').map(({ payload }) => payload),
      ranges.map((range) => ({
        ...{ cluster: 'shop', step: 'part', id: '20261122120000', execution: 'one' },
        ...{ range, shiftTs: '5' },
      })),
    );
    await stage.runner.close();
  });

  test('an item is tried again by itself, and the others are not', async () => {
    const stage = new FlowStage('in memory', { script: { 'cut-log': [natively, busy, busy, busy] } });
    await stage.open();
    assert.equal((await stage.end(await stage.start('truncate'))).state, 'succeeded');
    assert.equal(callsOf(stage, 'part').length, count + 3);
    await stage.runner.close();
  });

  test('an item that fails for good ends it: what runs is waited for, nothing else begins, and AWS would not say why', async () => {
    const slow = Array.from({ length: 9 }, () => lasting(5000));
    const stage = new FlowStage('in memory', { script: { 'cut-log': [natively, broken, ...slow] } });
    await stage.open();
    await stage.end(await stage.start('truncate'));
    assert.equal(callsOf(stage, 'part').length, 10);
    assert.deepEqual(callsOf(stage, 'end'), []);
    const settled = stage.calls.at(-1);
    assert.equal(settled?.name, 'settle-run');
    assert.deepEqual(settled?.payload['error'], {
      Error: 'States.ExceedToleratedFailureThreshold',
      Cause: 'The specified tolerated failure threshold was exceeded',
    });
    const lastPartMs = callsOf(stage, 'part').at(-1)?.atMs ?? 0;
    assert.equal(settled.atMs, lastPartMs + 5000 + 900_000);
    await stage.runner.close();
  });

  test('a process that dies in the middle goes on with the items that were not answered', async () => {
    const parts = ranges.map((_, index) => lasting(index % 2 === 0 ? 1000 : 60_000, (from) => ({ from })));
    const stage = new FlowStage(folder, { script: { 'cut-log': [natively, ...parts] } });
    await stage.open();
    const key = await stage.start('truncate');
    await stage.clock.advance(90_000);
    await stage.runner.close();
    const begun = callsOf(stage, 'part').map(fromOf);
    const known = stage.calls.length;
    await stage.open();
    assert.equal(await stage.runner.resumeAll(), 1);
    assert.equal((await stage.end(key)).state, 'succeeded');
    const after = stage.calls.slice(known).filter(({ payload }) => payload['step'] === 'part');
    const twice = after.map(fromOf).filter((from) => begun.includes(from));
    assert.ok(twice.length > 0 && twice.length <= 10, `${twice.length} were under way`);
    assert.equal(after.length, count - begun.length + twice.length);
    const [end] = callsOf(stage, 'end');
    const told = (end?.payload['parts'] ?? []) as readonly { readonly from?: string }[];
    for (const [index, part] of told.entries()) {
      if (part.from !== undefined) assert.equal(part.from, ranges[index]?.from);
    }
    assert.equal(callsOf(stage, 'begin').length, 1);
    await stage.runner.close();
  });
});
