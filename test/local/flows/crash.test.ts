// A process that dies at any point of a flow, and one that goes on from what is on disk: the end is the same, and what was
// answered is not asked again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { readFlowFile } from '../../../lib/local/flows/flow-definition.ts';
import type { FlowName } from '../../../lib/ports/launcher.ts';
import { answers, type Behaviour, brEnds, brFails, FlowStage, throws } from '../../support/flow-stage.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const again = { next: 'again', waitSeconds: 60 };
const passing = throws(new PitrError('PD_UNREACHABLE', 'busy'));

/** Ways with every kind of step in them: pauses, second attempts, failures. */
const ways: readonly (readonly [FlowName, string, Readonly<Record<string, readonly Behaviour[]>>])[] = [
  ['snapshot', 'that goes well', {}],
  [
    'snapshot',
    'with a pause and second attempts',
    { 'start-br': [brEnds(again), brFails('RUN_LOST', 'x')], 'settle-run': [passing] },
  ],
  ['truncate', 'that fails', { 'start-br': [brFails('BR_REFUSED', 'no')] }],
  [
    'log-task',
    'with looks until it is clear',
    { 'start-br': [brEnds(again)], observe: [answers(again), passing] },
  ],
  [
    'restore-to-point',
    'step by step',
    { 'plan-restore': [passing], 'run-restore': [brEnds(again)], 'verify-restore': [answers(again)] },
  ],
  [
    'restore-to-point',
    'that fails in the target',
    { 'run-restore': [brFails('TARGET_NOT_EMPTY', 'x')], 'verify-restore': [passing] },
  ],
];

/** Whether the answer of the function is its token's, and so on disk before the function ends. */
const isTokens = (name: string): boolean => name === 'start-br' || name === 'run-restore';

/** The process ends at the call of this number: nobody hears its functions any more, and nothing is written. */
function dieAt(stage: FlowStage, dying: number, moment: 'before' | 'after'): Promise<void> {
  const died = Promise.withResolvers<void>();
  stage.intercept = async ({ call, name, putBack }, run) => {
    if (call !== dying) return run();
    if (moment === 'after') await run().catch(() => {});
    // What a function answered and nobody heard, it answers again: operations are idempotent.
    if (moment === 'after' && !isTokens(name)) putBack();
    stage.runner.close().then(died.resolve);
    return new Promise(() => {});
  };
  return died.promise;
}

describe('a process that dies during a flow', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  const runWhole = async (flow: FlowName, script: Readonly<Record<string, readonly Behaviour[]>>) => {
    const stage = new FlowStage(folder, { script });
    await stage.open();
    const key = await stage.start(flow);
    const execution = await stage.end(key);
    const states = stage.runner.history(key).map(({ state }) => state);
    await stage.runner.close();
    return { execution, states, names: stage.namesOf() };
  };

  for (const [flow, title, script] of ways) {
    for (const moment of ['before', 'after'] as const) {
      test(`${flow} ${title}: at each call, ${moment} the function ran`, async () => {
        const whole = await runWhole(flow, script);
        for (const [index, dying] of whole.names.entries()) {
          const stage = new FlowStage(folder, { script });
          const died = dieAt(stage, index, moment);
          await stage.open();
          const key = await stage.start(flow);
          await stage.clock.advanceUntil(died);
          await stage.open();
          assert.equal(stage.runner.execution(key)?.state, 'running', `${dying} (${index}) was the last`);
          assert.equal(await stage.runner.resumeAll(), 1);
          const execution = await stage.end(key);
          const { state, ...expected } = whole.execution;
          assert.equal(execution.state, state);
          if (execution.state === 'failed' && 'error' in expected)
            assert.equal(execution.error, expected.error);
          assert.equal(execution.begun, 2);
          assert.deepEqual(stage.faults, []);
          // What was answered is not asked again, so only the call that died is made twice.
          const twice = moment === 'after' && isTokens(dying) ? [] : [dying];
          assert.deepEqual(stage.namesOf(), whole.names.toSpliced(index, 0, ...twice));
          assert.deepEqual(
            stage.runner
              .history(key)
              .filter(({ begun }) => begun === 2)
              .map((entered) => entered.state),
            whole.states,
          );
          await stage.runner.close();
        }
      });
    }
  }

  test('a token that was given out is still good, and the function is called with it again', async () => {
    const stage = new FlowStage(folder, { script: { 'start-br': [answers({}), answers({})] } });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(1000);
    await stage.runner.close();
    await stage.open();
    await stage.runner.resumeAll();
    await stage.clock.advance(1000);
    const [first, second] = stage.calls.map(({ payload }) => payload['token']);
    assert.equal(stage.calls.length, 2);
    assert.equal(second, first);
    assert.equal(await stage.runner.succeed(String(first), { next: 'done' }), 'delivered');
    assert.equal((await stage.end(key)).state, 'succeeded');
    await stage.runner.close();
  });

  test('an answer that came while nothing ran is found, and br is not asked for again', async () => {
    const stage = new FlowStage(folder, { script: { 'start-br': [answers({})] } });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(1000);
    await stage.runner.close();
    await stage.open();
    assert.equal(
      await stage.runner.succeed(String(stage.calls[0]!.payload['token']), { next: 'done' }),
      'delivered',
    );
    await stage.runner.close();
    await stage.open();
    await stage.runner.resumeAll();
    assert.equal((await stage.end(key)).state, 'succeeded');
    assert.deepEqual(stage.namesOf(), ['start-br', 'settle-run']);
    await stage.runner.close();
  });

  test('a pause that was begun goes on, and one that was over is not waited for again', async () => {
    const stage = new FlowStage(folder, {
      script: { 'start-br': [brEnds({ next: 'again', waitSeconds: 600 })] },
    });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(100_000);
    await stage.runner.close();
    await stage.clock.advance(200_000);
    await stage.open();
    await stage.runner.resumeAll();
    await stage.end(key);
    assert.equal(stage.calls[1]!.atMs - stage.calls[0]!.atMs, 600_000);
    await stage.runner.close();
  });

  test('the wait before an attempt that was made is not waited for again', async () => {
    const script = { 'start-br': [...Array.from({ length: 10 }, () => passing), answers({})] };
    const stage = new FlowStage(folder, { script });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(4_600_000);
    assert.equal(stage.calls.length, 11);
    await stage.runner.close();
    await stage.open();
    const resumedMs = stage.clock.nowMs();
    await stage.runner.resumeAll();
    assert.equal((await stage.end(key)).state, 'succeeded');
    assert.deepEqual(
      stage.calls.slice(11).map(({ name, atMs }) => [name, atMs - resumedMs]),
      [
        ['start-br', 0],
        ['settle-run', 0],
      ],
    );
    await stage.runner.close();
  });

  test('heartbeats count anew from the resume, and the limit of the whole from the first beginning', async () => {
    const silent = Array.from({ length: 30 }, () => answers({}));
    const stage = new FlowStage(folder, { script: { 'start-br': silent } });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(1000);
    const token = String(stage.calls[0]!.payload['token']);
    await stage.runner.close();
    await stage.clock.advance(6 * 86_400_000);
    await stage.open();
    await stage.runner.resumeAll();
    for (let beats = 0; beats < 2 * 144; beats += 1) {
      await stage.clock.advance(600_000);
      if ((await stage.runner.heartbeat(token)) === 'gone') break;
    }
    await stage.end(key);
    assert.equal(stage.calls.length, 3);
    assert.equal(stage.calls[2]!.name, 'settle-run');
    assert.equal((stage.calls[2]!.payload['error'] as { Error: string }).Error, 'States.Timeout');
    assert.equal(Math.round((stage.calls[2]!.atMs - stage.calls[0]!.atMs) / 86_400_000), 7);
    await stage.runner.close();
  });

  test('with another file of the flow the execution begins anew, and old tokens are gone', async () => {
    const script = { 'start-br': [brEnds(again), answers({})] };
    const stage = new FlowStage(folder, { script });
    await stage.open();
    const key = await stage.start('snapshot');
    await stage.clock.advance(70_000);
    await stage.runner.close();
    const old = String(stage.calls[1]!.payload['token']);
    await stage.open({ snapshot: `${readFlowFile('snapshot')} ` });
    await stage.runner.resumeAll();
    assert.equal(await stage.runner.succeed(old, { next: 'done' }), 'gone');
    assert.equal((await stage.end(key)).state, 'succeeded');
    assert.deepEqual(stage.namesOf(), ['start-br', 'start-br', 'start-br', 'settle-run']);
    await stage.runner.close();
  });

  test('resuming twice runs nothing twice, and an ended execution is not resumed', async () => {
    const stage = new FlowStage(folder, { script: { 'start-br': [answers({}), answers({})] } });
    await stage.open();
    const key = await stage.start('snapshot');
    assert.equal(await stage.runner.resumeAll(), 0);
    await stage.clock.advance(1000);
    assert.equal(stage.calls.length, 1);
    await stage.runner.succeed(String(stage.calls[0]!.payload['token']), { next: 'done' });
    await stage.end(key);
    assert.equal(await stage.runner.resumeAll(), 0);
    await stage.runner.close();
  });
});
