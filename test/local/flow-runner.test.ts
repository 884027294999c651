// The fake of Step Functions by itself: names, tokens, limits, what it keeps. How the flows run is in test/local/flows.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import { openFlowRunner } from '../../lib/local/flow-runner.ts';
import { readFlowFile } from '../../lib/local/flows/flow-definition.ts';
import { openSqliteStateTable } from '../../lib/local/sqlite-state-table.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import { answers, type Behaviour, FlowStage, inputOf, startMs } from '../support/flow-stage.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const silent = answers({});
const key = { flow: 'snapshot', name: 'one' } as const;

describe('the flow runner', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  const opened = async (script: Readonly<Record<string, readonly Behaviour[]>> = {}) => {
    const stage = new FlowStage(folder, { script });
    await stage.open();
    return stage;
  };
  /** A snapshot that waits for its token. */
  const waiting = async () => {
    const stage = await opened({ 'start-br': Array.from({ length: 30 }, () => silent) });
    await stage.start('snapshot');
    await stage.clock.advance(1000);
    return { stage, token: String(stage.calls[0]?.payload['token']) };
  };

  test('a double start is one execution, at once, while it runs, after it ended, and after a restart', async () => {
    const stage = await opened({ 'start-br': [silent] });
    const start = () => stage.runner.start('snapshot', 'one', inputOf('snapshot'));
    assert.deepEqual(await Promise.all([start(), start()]), ['started', 'exists']);
    await stage.clock.advance(1000);
    assert.equal(await start(), 'exists');
    await stage.runner.succeed(String(stage.calls[0]?.payload['token']), { next: 'done' });
    await stage.end(key);
    assert.equal(await start(), 'exists');
    await stage.runner.close();
    await stage.open();
    assert.equal(await start(), 'exists');
    assert.deepEqual(stage.namesOf(), ['start-br', 'settle-run']);
    await stage.runner.close();
    const database = new DatabaseSync(stage.path);
    assert.equal(
      database.prepare('SELECT count(*) AS n FROM step').get()?.['n'],
      0,
      'steps of the ended are gone',
    );
    database.close();
  });

  test('the same name is another execution in another flow', async () => {
    const stage = await opened();
    assert.equal(await stage.runner.start('snapshot', 'one', inputOf('snapshot')), 'started');
    assert.equal(await stage.runner.start('truncate', 'one', inputOf('truncate')), 'started');
    await stage.end(key);
    await stage.end({ flow: 'truncate', name: 'one' });
    assert.equal(stage.runner.executions().length, 2);
    assert.deepEqual(
      stage.runner.executions({ flow: 'truncate' }).map(({ flow }) => flow),
      ['truncate'],
    );
    await stage.runner.close();
  });

  test('one execution of an earlier process is taken up alone, once, and an ended one not at all', async () => {
    const stage = await opened({ 'start-br': [silent, silent, silent] });
    await stage.start('snapshot', 'one');
    await stage.start('snapshot', 'two');
    await stage.clock.advance(1000);
    assert.equal(await stage.runner.resume(key), false);
    await stage.runner.close();
    await stage.open();
    assert.deepEqual([await stage.runner.resume(key), await stage.runner.resume(key)], [true, false]);
    await stage.clock.advance(1000);
    await stage.runner.succeed(String(stage.calls[0]?.payload['token']), { next: 'done' });
    assert.equal((await stage.end(key))?.state, 'succeeded');
    assert.equal(await stage.runner.resume(key), false);
    assert.equal(await stage.runner.resume({ flow: 'snapshot', name: 'never' }), false);
    assert.equal(stage.runner.execution({ flow: 'snapshot', name: 'two' })?.begun, 1);
    await stage.runner.close();
  });

  test('several executions wait side by side, each for its own token', async () => {
    const stage = await opened({ 'start-br': [silent, silent] });
    await stage.start('snapshot', 'a');
    await stage.start('snapshot', 'b');
    await stage.clock.advance(1000);
    const tokens = new Map(
      stage.calls.map(({ payload }) => [payload['execution'], String(payload['token'])]),
    );
    await stage.runner.succeed(tokens.get('b') ?? '', { next: 'done' });
    await stage.end({ flow: 'snapshot', name: 'b' });
    assert.equal(stage.runner.execution({ flow: 'snapshot', name: 'a' })?.state, 'running');
    await stage.runner.close();
  });

  for (const name of ['', 'a b', 'a/b', 'ü', 'x'.repeat(81)]) {
    test(`the name ${JSON.stringify(name)} is refused, as by Step Functions`, async () => {
      const stage = await opened();
      await assert.rejects(stage.runner.start('snapshot', name, {}), { code: 'INVALID_INPUT' });
      await stage.runner.close();
    });
  }

  test('a token is answered once', async () => {
    const { stage, token } = await waiting();
    const both = [
      stage.runner.succeed(token, { next: 'done' }),
      stage.runner.fail(token, { code: 'X', message: 'x' }),
    ];
    assert.deepEqual(await Promise.all(both), ['delivered', 'gone']);
    assert.equal((await stage.end(key)).state, 'succeeded');
    assert.equal(await stage.runner.succeed(token, { next: 'done' }), 'gone');
    assert.equal(await stage.runner.heartbeat(token), 'gone');
    await stage.runner.close();
  });

  test('a token that nobody gave out is gone', async () => {
    const stage = await opened();
    assert.equal(await stage.runner.succeed('1/one/RunBr/1/1/x', {}), 'gone');
    assert.equal(await stage.runner.fail('', { code: 'X', message: 'x' }), 'gone');
    assert.equal(await stage.runner.heartbeat('x'), 'gone');
    await stage.runner.close();
  });

  test('heartbeats keep it waiting, and without one it is called again with another token; the old one is gone', async () => {
    const { stage, token } = await waiting();
    for (let beats = 0; beats < 10; beats += 1) {
      await stage.clock.advance(890_000);
      assert.equal(await stage.runner.heartbeat(token), 'alive');
    }
    assert.equal(stage.calls.length, 1);
    await stage.clock.advance(905_000);
    assert.equal(stage.calls.length, 2);
    assert.equal(await stage.runner.heartbeat(token), 'gone');
    assert.equal(await stage.runner.succeed(token, { next: 'done' }), 'gone');
    assert.equal(
      await stage.runner.succeed(String(stage.calls[1]?.payload['token']), { next: 'done' }),
      'delivered',
    );
    assert.equal((await stage.end(key)).state, 'succeeded');
    await stage.runner.close();
  });

  test('an answer that another process wrote counts, and is noticed at the latest when patience ends', async () => {
    const { stage, token } = await waiting();
    const first = stage.runner;
    const other = await stage.open();
    assert.equal(await other.succeed(token, { next: 'failed' }), 'delivered');
    await other.close();
    await stage.clock.advanceUntil(first.whenEnded(key));
    assert.deepEqual(stage.namesOf(), ['start-br', 'settle-run']);
    await first.close();
  });

  test('a function that fails after it had its token answered changes nothing', async () => {
    const stage = await opened({
      'start-br': [
        async ({ token }, { runner }) => {
          await runner.succeed(String(token), { next: 'done' });
          throw new Error('too late');
        },
      ],
    });
    await stage.start('snapshot');
    const execution = await stage.end(key);
    assert.equal(execution.state, 'succeeded');
    assert.equal(stage.calls[1]?.payload['error'], null);
    await stage.runner.close();
  });

  test('what a waiting function returns is ignored, as by Step Functions', async () => {
    const stage = await opened({ 'start-br': [answers({ next: 'done' })] });
    await stage.start('snapshot');
    await stage.clock.advance(10_000);
    assert.equal(stage.runner.execution(key)?.at, 'RunBr');
    await stage.runner.close();
  });

  test('an answer of more than 256 KiB ends the execution, and nothing catches that, as on AWS', async () => {
    const stage = await opened({ observe: [answers({ text: 'x'.repeat(262_144) })] });
    const execution = await stage.end(await stage.start('log-task'));
    assert.equal(execution.at, 'Confirm');
    assert.equal(execution.state === 'failed' && execution.error, 'States.DataLimitExceeded');
    await stage.runner.close();
  });

  test('answers are what JSON makes of them', async () => {
    const stage = await opened({
      'settle-run': [
        answers({ outcome: 'succeeded', at: new Date(0), none: undefined, list: [], ts: 2n ** 60n }),
      ],
    });
    const execution = await stage.end(await stage.start('snapshot'));
    assert.deepEqual(execution.state === 'succeeded' && execution.output, {
      ...{ outcome: 'succeeded', at: '1970-01-01T00:00:00.000Z', list: [], ts: '1152921504606846976' },
    });
    await stage.runner.close();
  });

  test('a fault of the program in a function, or an answer that is no JSON, is INTERNAL, as on AWS', async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const stage = await opened({
      'start-br': [
        async () => {
          throw new TypeError('x is not a function');
        },
        answers(circle),
      ],
    });
    for (const name of ['a', 'b']) {
      await stage.start('snapshot', name);
      await stage.end({ flow: 'snapshot', name });
    }
    const errors = stage.calls.flatMap(({ payload }) => payload['error'] ?? []);
    assert.deepEqual(
      errors.map((error) => (error as { Error: string }).Error),
      ['INTERNAL', 'INTERNAL'],
    );
    await stage.runner.close();
  });

  test('a pause that is not a whole number of seconds is what AWS makes of it: States.Runtime', async () => {
    const stage = await opened({
      'start-br': [
        async ({ token }, { runner }) => runner.succeed(String(token), { next: 'again', waitSeconds: 1.5 }),
      ],
    });
    const execution = await stage.end(await stage.start('snapshot'));
    assert.equal(execution.state === 'failed' && execution.error, 'States.Runtime');
    await stage.runner.close();
  });

  test('a fault of the file is told, and leaves the execution to be resumed', async () => {
    const stage = await opened({ 'start-br': [silent] });
    const other = new DatabaseSync(stage.path);
    other.exec("CREATE TRIGGER full BEFORE INSERT ON step BEGIN SELECT RAISE(ABORT, 'no space'); END");
    await stage.start('snapshot');
    assert.equal((await stage.end(key)).state, 'running');
    assert.deepEqual(
      stage.faults.map((fault) => fault instanceof PitrError && fault.code),
      ['STATE_UNAVAILABLE'],
    );
    assert.deepEqual(stage.calls, []);
    other.exec('DROP TRIGGER full');
    other.close();
    assert.equal(await stage.runner.resumeAll(), 1);
    await stage.clock.advance(1000);
    assert.deepEqual(stage.namesOf(), ['start-br']);
    await stage.runner.close();
  });

  test('a flow that cannot be interpreted is an end like another', async () => {
    const stage = new FlowStage(folder);
    await stage.open({ snapshot: readFlowFile('snapshot').replace('"Next": "RunBr"', '"Next": "Nowhere"') });
    assert.equal((await stage.end(await stage.start('snapshot'))).state, 'failed');
    await stage.runner.close();
  });

  test('executions that ended long ago are forgotten, those that run are not', async () => {
    const stage = await opened({ 'start-br': [answers({})] });
    await stage.start('truncate', 'running');
    await stage.clock.advance(1000);
    await stage.end(await stage.start('snapshot', 'ended'));
    assert.equal(await stage.runner.removeEnded(stage.clock.nowMs()), 0);
    assert.equal(await stage.runner.removeEnded(stage.clock.nowMs() + 1), 1);
    assert.deepEqual(
      stage.runner.executions().map(({ name }) => name),
      ['running'],
    );
    assert.deepEqual(stage.runner.history({ flow: 'snapshot', name: 'ended' }), []);
    assert.equal(await stage.runner.start('snapshot', 'ended', inputOf('snapshot')), 'started');
    await stage.runner.close();
  });

  test('an execution tells where it is and since when', async () => {
    const { stage } = await waiting();
    assert.deepEqual(stage.runner.execution(key), {
      ...{ id: 1, flow: 'snapshot', name: 'one', state: 'running', begun: 1, at: 'RunBr' },
      ...{ input: inputOf('snapshot'), startedMs: startMs },
    });
    assert.deepEqual(stage.runner.history(key), [
      { state: 'Begin', atMs: startMs, begun: 1 },
      { state: 'RunBr', atMs: startMs, begun: 1 },
    ]);
    assert.equal(stage.runner.execution({ flow: 'snapshot', name: 'two' }), undefined);
    assert.equal(await stage.runner.whenEnded({ flow: 'snapshot', name: 'two' }), undefined);
    await stage.runner.close();
  });

  const options = (path: string) => ({
    path,
    functions: {},
    clock: new VirtualClock(startMs),
    random: () => 0.5,
    onFault: () => {},
  });

  test('a flow that calls a function which is not given is found when the runner is opened', async () => {
    await assert.rejects(openFlowRunner(options(join(folder.path, 'never.sqlite'))), {
      code: 'INTERNAL',
      message: 'the flow snapshot calls start-br, and there is no such function',
    });
  });

  test('a file that is something else is refused', async () => {
    const functions = Object.fromEntries(
      [
        'start-br',
        'settle-run',
        'cut-log',
        'observe',
        'plan-restore',
        'check-target',
        'run-restore',
        'verify-restore',
        'settle-restore',
      ].map((name) => [name, async () => ({})]),
    );
    const state = join(folder.path, 'state.sqlite');
    await openSqliteStateTable(state).close();
    await assert.rejects(openFlowRunner({ ...options(state), functions }), {
      code: 'INVALID_INPUT',
      message: `${state} is a database of another program, expected a file of flows of pitr`,
    });
    const text = join(folder.path, 'text.sqlite');
    await writeFile(text, 'this is no database, whatever its name says'.repeat(100));
    await assert.rejects(openFlowRunner({ ...options(text), functions }), { code: 'INVALID_INPUT' });
  });
});
