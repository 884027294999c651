// The ways through each flow: which states, in which order, what the functions get, and how it ends.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { type FlowName, flowNames } from '../../../lib/ports/launcher.ts';
import {
  answers,
  type Behaviour,
  brEnds,
  brFails,
  FlowStage,
  inputOf,
  settledWell,
  startMs,
  throws,
} from '../../support/flow-stage.ts';

interface Way {
  readonly title: string;
  readonly flow: FlowName;
  readonly script: Readonly<Record<string, readonly Behaviour[]>>;
  readonly states: string;
  readonly end: 'succeeded' | readonly [error: string, cause: RegExp];
}

const broken = () => new PitrError('INTERNAL', 'this cannot be');
const notWell = answers({ state: 'failed', outcome: 'failed', code: 'BR_REFUSED', message: 'br says no' });
const again = { next: 'again', waitSeconds: 60 };
const wellEnded = 'Settle Judge Succeeded';
const badlyEnded = 'Settle Judge Failed';
const saysNo = ['BR_REFUSED', /^br says no$/] as const;

const brWays = (
  [
    ['snapshot', 'Begin RunBr'],
    ['truncate', 'Begin BeginCut WhichEngine RunBr'],
  ] as const
).flatMap(([flow, toBr]): Way[] => [
  {
    title: 'br is run, and the end is settled',
    ...{ flow, script: {}, states: `${toBr} WhatNext ${wellEnded}`, end: 'succeeded' },
  },
  {
    title: 'br is run again as often as start-br says, after a pause',
    ...{ flow, script: { 'start-br': [brEnds(again), brEnds(again)] }, end: 'succeeded' },
    states: `${toBr} WhatNext Pause RunBr WhatNext Pause RunBr WhatNext ${wellEnded}`,
  },
  {
    title: 'a br that failed is settled, which tells the failure',
    ...{ flow, script: { 'start-br': [brEnds({ next: 'failed' })], 'settle-run': [notWell] }, end: saysNo },
    states: `${toBr} WhatNext ${badlyEnded}`,
  },
  {
    title: 'an error that stays is settled, which tells the failure',
    ...{ flow, script: { 'start-br': [throws(broken())], 'settle-run': [notWell] }, end: saysNo },
    states: `${toBr} ${badlyEnded}`,
  },
  {
    title: 'an error told by the token is settled',
    ...{ flow, script: { 'start-br': [brFails('BR_REFUSED', 'no')], 'settle-run': [notWell] }, end: saysNo },
    states: `${toBr} ${badlyEnded}`,
  },
  ...([{}, { next: 'again' }, { next: 'again', waitSeconds: -1 }, { next: 7 }] as const).map(
    (answer): Way => ({
      title: `the senseless answer ${JSON.stringify(answer)} is settled`,
      ...{ flow, script: { 'start-br': [brEnds(answer)], 'settle-run': [notWell] }, end: saysNo },
      states: `${toBr} WhatNext ${badlyEnded}`,
    }),
  ),
  {
    title: 'a Settle that fails for good fails the execution with its error',
    ...{ flow, script: { 'settle-run': Array.from({ length: 13 }, () => throws(broken())) } },
    ...{ states: `${toBr} WhatNext Settle SettleFailed`, end: ['INTERNAL', /lease not released/] },
  },
]);

const toCut = 'Begin BeginCut WhichEngine';
const ranges = ['a', 'b', 'c'].map((from) => ({ from, to: `${from}z` }));
const natively = answers({ engine: 'native', shiftTs: '5', ranges, opened: { metas: 3 } });
const cutWays: readonly Way[] = [
  {
    title: 'our own engine cuts part by part, and br is not called',
    ...{ flow: 'truncate', script: { 'cut-log': [natively] }, end: 'succeeded' },
    states: `${toCut} CutParts EndCut ${wellEnded}`,
  },
  {
    title: 'a log with nothing to cut has no parts',
    script: { 'cut-log': [answers({ engine: 'native', shiftTs: '5', ranges: [], opened: {} })] },
    ...{ flow: 'truncate', end: 'succeeded', states: `${toCut} CutParts EndCut ${wellEnded}` },
  },
  {
    title: 'a begin that fails for good is settled',
    ...{ flow: 'truncate', end: saysNo, states: `Begin BeginCut ${badlyEnded}` },
    script: { 'cut-log': [throws(broken())], 'settle-run': [notWell] },
  },
  {
    title: 'a part that fails for good ends the others, and the end waits until none can be alive',
    ...{ flow: 'truncate', end: saysNo, states: `${toCut} CutParts LetPartsEnd ${badlyEnded}` },
    script: { 'cut-log': [natively, answers({}), throws(broken())], 'settle-run': [notWell] },
  },
  ...([null, {}, { engine: 'other' }, { engine: 'native', ranges, opened: {} }] as const).map(
    (answer): Way => ({
      title: `the senseless answer ${JSON.stringify(answer)} to BeginCut is settled`,
      ...{ flow: 'truncate', end: saysNo, states: `${toCut} ${badlyEnded}` },
      script: { 'cut-log': [answers(answer)], 'settle-run': [notWell] },
    }),
  ),
  {
    title: 'an end that fails for good is settled',
    ...{ flow: 'truncate', end: saysNo, states: `${toCut} CutParts EndCut ${badlyEnded}` },
    script: {
      'cut-log': [natively, answers({}), answers({}), answers({}), throws(broken())],
      'settle-run': [notWell],
    },
  },
];

const logTaskWays: readonly Way[] = [
  {
    title: 'what br did is read back',
    ...{ flow: 'log-task', script: {}, end: 'succeeded' },
    states: `Begin RunBr WhatNext Confirm IsConfirmed ${wellEnded}`,
  },
  {
    title: 'br is run again, and read back until it is clear',
    ...{ flow: 'log-task', end: 'succeeded' },
    script: { 'start-br': [brEnds(again)], observe: [answers(again), answers(again)] },
    states: `Begin RunBr WhatNext Pause RunBr WhatNext Confirm IsConfirmed PauseConfirm Confirm IsConfirmed PauseConfirm Confirm IsConfirmed ${wellEnded}`,
  },
  {
    title: 'a br that failed is not read back',
    ...{ flow: 'log-task', end: saysNo },
    script: { 'start-br': [brEnds({ next: 'failed' })], 'settle-run': [notWell] },
    states: `Begin RunBr WhatNext ${badlyEnded}`,
  },
  {
    title: 'a task that will not be as it should is settled',
    ...{ flow: 'log-task', end: saysNo },
    script: { observe: [answers({ next: 'failed' })], 'settle-run': [notWell] },
    states: `Begin RunBr WhatNext Confirm IsConfirmed ${badlyEnded}`,
  },
  {
    title: 'an error in RunBr is settled',
    ...{ flow: 'log-task', end: saysNo },
    script: { 'start-br': [throws(broken())], 'settle-run': [notWell] },
    states: `Begin RunBr ${badlyEnded}`,
  },
  {
    title: 'an error in Confirm is settled',
    ...{ flow: 'log-task', end: saysNo },
    script: { observe: [throws(broken())], 'settle-run': [notWell] },
    states: `Begin RunBr WhatNext Confirm ${badlyEnded}`,
  },
  {
    title: 'a Settle that fails for good fails the execution',
    ...{ flow: 'log-task', script: { 'settle-run': Array.from({ length: 13 }, () => throws(broken())) } },
    states: 'Begin RunBr WhatNext Confirm IsConfirmed Settle SettleFailed',
    end: ['INTERNAL', /lease not released/],
  },
];

const toTarget = 'Plan IsDryRun CheckTarget';
const restoreWays: readonly Way[] = [
  {
    title: 'a restore is planned, checked, run, verified and settled',
    ...{ flow: 'restore-to-point', script: {}, end: 'succeeded' },
    states: `${toTarget} RunRestore WhatNext Verify IsVerified ${wellEnded}`,
  },
  {
    title: 'br is run step by step, and verified until it is clear',
    ...{ flow: 'restore-to-point', end: 'succeeded' },
    script: { 'run-restore': [brEnds(again)], 'verify-restore': [answers(again)] },
    states: `${toTarget} RunRestore WhatNext Pause RunRestore WhatNext Verify IsVerified PauseVerify Verify IsVerified ${wellEnded}`,
  },
  {
    title: 'a dry run ends with the plan',
    ...{ flow: 'restore-to-point', end: 'succeeded', states: 'Plan IsDryRun Planned' },
    script: { 'plan-restore': [answers({ cluster: 'shop', id: '1', dryRun: true, plan: { base: 'x' } })] },
  },
  {
    title: 'a request that cannot be served is refused with the sentence that helps',
    ...{ flow: 'restore-to-point', states: 'Plan Explain Refused' },
    script: {
      'plan-restore': [
        throws(
          new PitrError('MOMENT_WITHOUT_ZONE', 'restoreTo is "noon"', { hint: 'write 2026-11-22T12:00:00Z' }),
        ),
      ],
    },
    end: ['MOMENT_WITHOUT_ZONE', /^restoreTo is "noon"; write 2026-11-22T12:00:00Z$/],
  },
  ...(['UNSUPPORTED', 'OBJECT_DAMAGED'] as const).map(
    (code): Way => ({
      title: `a backup that cannot serve it (${code}) refuses it with its sentence, too`,
      ...{ flow: 'restore-to-point', states: 'Plan Explain Refused' },
      script: { 'plan-restore': [throws(new PitrError(code, 'the base is another one', { hint: 'wait' }))] },
      end: [code, /^the base is another one; wait$/],
    }),
  ),
  {
    title: 'a fault of the machinery while planning fails the execution, for nothing was begun',
    ...{ flow: 'restore-to-point', states: 'Plan', script: { 'plan-restore': [throws(broken())] } },
    end: ['INTERNAL', /"errorMessage":"this cannot be"/],
  },
  ...(
    [
      ['check-target', throws(broken()), toTarget],
      ['run-restore', throws(broken()), `${toTarget} RunRestore`],
      ['run-restore', brEnds({ next: 'failed' }), `${toTarget} RunRestore WhatNext`],
      ['run-restore', brEnds({}), `${toTarget} RunRestore WhatNext`],
      ['verify-restore', throws(broken()), `${toTarget} RunRestore WhatNext Verify`],
      ['verify-restore', answers({ next: 'failed' }), `${toTarget} RunRestore WhatNext Verify IsVerified`],
      ['verify-restore', answers(null), `${toTarget} RunRestore WhatNext Verify IsVerified`],
    ] as const
  ).map(
    ([name, behaviour, states], index): Way => ({
      title: `after a failure in ${states.split(' ').at(-1)} (${index}) the target is looked at before the end is settled`,
      ...{ flow: 'restore-to-point', end: saysNo, states: `${states} LookAtTarget ${badlyEnded}` },
      script: { [name]: [behaviour], 'settle-restore': [notWell] },
    }),
  ),
  {
    title: 'a look that fails does not keep the end from being settled',
    ...{ flow: 'restore-to-point', end: saysNo },
    script: {
      'check-target': [throws(broken())],
      'verify-restore': [throws(broken())],
      'settle-restore': [notWell],
    },
    states: `${toTarget} LookAtTarget ${badlyEnded}`,
  },
  {
    title: 'a Settle that fails for good fails the execution',
    ...{
      flow: 'restore-to-point',
      script: { 'settle-restore': Array.from({ length: 13 }, () => throws(broken())) },
    },
    states: `${toTarget} RunRestore WhatNext Verify IsVerified Settle SettleFailed`,
    end: ['INTERNAL', /lease not released/],
  },
];

const ways = [...brWays, ...cutWays, ...logTaskWays, ...restoreWays];

describe('the ways through the flows', () => {
  for (const way of ways) {
    test(`${way.flow}: ${way.title}`, async () => {
      const stage = new FlowStage('in memory', { script: way.script });
      await stage.open();
      const key = await stage.start(way.flow);
      const execution = await stage.end(key);
      assert.deepEqual(stage.faults, []);
      assert.equal(
        stage.runner
          .history(key)
          .map(({ state }) => state)
          .join(' '),
        way.states,
      );
      assert.equal(execution.at, way.states.split(' ').at(-1));
      if (way.end === 'succeeded') {
        assert.equal(execution.state, 'succeeded');
      } else {
        assert.equal(execution.state, 'failed');
        assert.equal(execution.error, way.end[0]);
        assert.match(execution.cause, way.end[1]);
      }
      await stage.runner.close();
    });
  }

  for (const flow of flowNames) {
    test(`these ways visit every state of ${flow}`, () => {
      const visited = ways.filter((way) => way.flow === flow).flatMap(({ states }) => states.split(' '));
      const { States } = JSON.parse(readFileSync(`lib/flows/${flow}.asl.json`, 'utf8'));
      assert.deepEqual([...new Set(visited)].sort(), Object.keys(States).sort());
    });
  }

  test('functions get what the operations read, and a flow ends with the answer of Settle', async () => {
    const stage = new FlowStage('in memory', { script: { 'start-br': [throws(broken())] } });
    await stage.open();
    const execution = await stage.end(await stage.start('snapshot', '20261122120000-snapshot'));
    assert.deepEqual(execution.state === 'succeeded' && execution.output, settledWell);
    const run = {
      cluster: 'shop',
      id: '20261122120000',
      work: 'snapshot',
      execution: '20261122120000-snapshot',
    };
    const [started, settled] = stage.calls.map(({ payload }) => payload);
    assert.match(String(started?.['token']), /^1\/20261122120000-snapshot\/RunBr\/1\/1\/\w+$/);
    assert.deepEqual({ ...started, token: '' }, { ...run, token: '' });
    assert.deepEqual(settled, {
      ...run,
      error: {
        Error: 'INTERNAL',
        Cause: '{"errorType":"INTERNAL","errorMessage":"this cannot be","trace":[]}',
      },
    });
    await stage.runner.close();
  });

  test('without an error Settle gets null, and each flow names its kind of work', async () => {
    for (const [flow, work] of [
      ['snapshot', 'snapshot'],
      ['truncate', 'truncation'],
      ['log-task', 'log-task'],
    ] as const) {
      const stage = new FlowStage('in memory');
      await stage.open();
      await stage.end(await stage.start(flow));
      const settled = stage.calls.at(-1)?.payload;
      assert.deepEqual(settled, {
        cluster: 'shop',
        work,
        id: '20261122120000',
        execution: 'one',
        error: null,
      });
      if (flow === 'log-task') {
        const observed = stage.calls.find(({ name }) => name === 'observe')?.payload;
        assert.deepEqual(observed, { cluster: 'shop', purpose: 'confirm', id: '20261122120000' });
      }
      await stage.runner.close();
    }
  });

  test('the request of a restore goes to plan-restore as it is, and everybody after it gets the id', async () => {
    const stage = new FlowStage('in memory', { script: { 'verify-restore': [answers({ next: 'failed' })] } });
    await stage.open();
    await stage.end(await stage.start('restore-to-point', 'by-hand'));
    const named = { cluster: 'shop', id: '20261122120000', execution: 'by-hand' };
    const [plan, check, run, verify, look, settle] = stage.calls.map(({ payload }) => payload);
    assert.deepEqual(plan, { request: inputOf('restore-to-point'), execution: 'by-hand' });
    assert.deepEqual(check, named);
    assert.deepEqual({ ...run, token: '' }, { ...named, token: '' });
    assert.deepEqual(verify, { ...named, purpose: 'verify' });
    assert.deepEqual(look, { ...named, purpose: 'settle' });
    assert.deepEqual(settle, { ...named, error: null });
    await stage.runner.close();
  });

  test('a dry run gives the plan out', async () => {
    const plan = { cluster: 'shop', id: '1', dryRun: true, plan: { base: 'x' } };
    const stage = new FlowStage('in memory', { script: { 'plan-restore': [answers(plan)] } });
    await stage.open();
    const execution = await stage.end(await stage.start('restore-to-point'));
    assert.deepEqual(execution.state === 'succeeded' && execution.output, { ...plan, error: null });
    await stage.runner.close();
  });

  test('a pause lasts as long as the answer said, by the given clock', async () => {
    const stage = new FlowStage('in memory', {
      script: { 'start-br': [brEnds({ next: 'again', waitSeconds: 86_400 })] },
    });
    await stage.open();
    const realMs = Date.now();
    const execution = await stage.end(await stage.start('snapshot'));
    assert.ok(Date.now() - realMs < 5000);
    assert.deepEqual(
      stage.calls.map(({ atMs }) => atMs - startMs),
      [0, 86_400_000, 86_400_000],
    );
    assert.equal(execution.state === 'succeeded' && execution.endedMs, startMs + 86_400_000);
    await stage.runner.close();
  });

  test('an input without cluster or id fails before anything is called', async () => {
    const stage = new FlowStage('in memory');
    await stage.open();
    await stage.runner.start('snapshot', 'bare', { cluster: 'shop' });
    const execution = await stage.end({ flow: 'snapshot', name: 'bare' });
    assert.equal(execution.state === 'failed' && execution.error, 'States.Runtime');
    assert.deepEqual(stage.calls, []);
    await stage.runner.close();
  });
});
