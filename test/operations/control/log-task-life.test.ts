// The life of the log task's start, from the first look at an empty cluster to the first snapshot: observe wishes, react begins,
// br runs as it was recorded, PD is asked, and the end is what was read there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Facts } from '../../../lib/domain/state/run-identity.ts';
import type { TaskChange } from '../../../lib/domain/state/task-change.ts';
import type { LauncherDeps, MessengerDeps } from '../../../lib/operations/control/control-deps.ts';
import { observe } from '../../../lib/operations/control/keeper/observe.ts';
import { react } from '../../../lib/operations/control/react.ts';
import { brEnded } from '../../../lib/operations/control/runs/br-ended.ts';
import { settleRun } from '../../../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../../../lib/operations/control/runs/start-br.ts';
import { type ObserveStage, observeStage } from '../../support/observe-stage.ts';

const start = Date.UTC(2026, 10, 22, 4, 24, 36);
const id = '20261122042436';
const execution = `${id}-log-task`;
const run = `shop.${id}-log-task-1`;

interface LifeStage extends ObserveStage, LauncherDeps, MessengerDeps {
  readonly begun: string[];
  readonly topics: string[];
}

function lifeStage(): LifeStage {
  const begun: string[] = [];
  const topics: string[] = [];
  return {
    ...observeStage('shop/pd/0-no-task', { nowMs: start }),
    begun,
    topics,
    launcher: {
      startFlow: async (_flow, name) => {
        begun.push(name);
        return 'started';
      },
      invoke: async (operation, input: Facts) => {
        begun.push(`${operation} ${input['trigger'] ?? ''}`.trim());
      },
    },
    messenger: {
      publish: async ({ topic }) => {
        topics.push(topic);
      },
    },
  };
}

const look = (stage: LifeStage) => observe.run(stage, { purpose: 'watch' });
const confirm = (stage: LifeStage) => observe.run(stage, { purpose: 'confirm', id });
const reactNow = (stage: LifeStage) => react.run(stage, { kind: 'sweep', all: true });
const begin = (stage: LifeStage, token = 'token-1') =>
  startBr.run(stage, { work: 'log-task', id, execution, token });
const settle = (stage: LifeStage) =>
  settleRun.run(stage, { work: 'log-task', id, execution, error: undefined });

async function change(stage: LifeStage): Promise<TaskChange | undefined> {
  const key = { cluster: 'shop', kind: 'task-change', id } as const;
  return (await stage.store.get(key, stage.nowMs()))?.record;
}

async function untilBrEnded(
  stage: LifeStage,
  recording = 'test/fixtures/shop/br/02-log-start',
): Promise<void> {
  await look(stage);
  await reactNow(stage);
  await begin(stage);
  await stage.clock.sleep(1000);
  stage.runner.play(run, recording);
  await brEnded.run(stage, { run: undefined });
}

describe('the start of the log task', () => {
  test('is wished, begun, run, confirmed by PD, settled and followed by the first snapshot', async () => {
    const stage = lifeStage();
    await untilBrEnded(stage);
    assert.deepEqual(stage.begun, ['adopt', execution]);
    const { argv } = stage.runner.run(run).request;
    assert.deepEqual(argv.slice(1, 3), ['log', 'start']);
    assert.ok(argv.includes('--storage=s3://tidb-pitr-bucket/backup-data/log-backup'), argv.join(' '));
    assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
    stage.show('shop/pd/1-running');
    assert.equal((await confirm(stage))['next'], 'done');
    assert.equal((await settle(stage))['outcome'], 'succeeded');
    assert.equal((await change(stage))?.state, 'done');
    await reactNow(stage);
    assert.deepEqual(stage.begun.slice(2), ['take-snapshot first']);
    // br says that it runs, and so does PD; people are told when its checkpoint moves.
    assert.deepEqual(stage.topics, []);
    await stage.clock.sleep(60_000);
    assert.deepEqual([(await look(stage))['planned'], (await look(stage))['keeper']], ['', 'starting']);
    stage.show('shop/pd/2-running-after-flush');
    await stage.clock.sleep(60_000);
    assert.equal((await look(stage))['keeper'], 'healthy');
    await reactNow(stage);
    assert.deepEqual(stage.topics, ['log-task-well']);
  });

  test('that br reports and PD does not show is confirmed again and again, and failed after ten minutes', async () => {
    const stage = lifeStage();
    await untilBrEnded(stage);
    let answer = await confirm(stage);
    assert.equal(answer['next'], 'again');
    while (answer['next'] === 'again') {
      await stage.clock.sleep(Number(answer['waitSeconds']) * 1000);
      answer = await confirm(stage);
    }
    assert.equal(answer['next'], 'failed');
    assert.equal((await settle(stage))['outcome'], 'failed');
    const failed = await change(stage);
    assert.ok(failed?.state === 'failed');
    assert.match(failed.failure.message, /there is none, expected the task pitr/);
    assert.match(String((await look(stage))['waiting']), /the next one is due/);
    await look(stage);
    await reactNow(stage);
    assert.deepEqual(stage.topics, ['log-task-trouble']);
  });

  test('whose flow a person stopped goes on in another one, and br runs once', async () => {
    const stage = lifeStage();
    await untilBrEnded(stage);
    stage.show('shop/pd/1-running');
    // Nothing of the flow is alive from here on: its lease runs out.
    for (let minutes = 0; minutes < 25; minutes++) {
      await stage.clock.sleep(60_000);
      await look(stage);
      await brEnded.run(stage, { run: undefined });
      await reactNow(stage);
    }
    const again = stage.begun.filter((name) => name.startsWith(`${execution}-r`));
    assert.ok(again.length >= 1, stage.begun.join(' '));
    await startBr.run(stage, { work: 'log-task', id, execution: again[0] ?? '', token: 'token-2' });
    assert.equal(stage.callbacks.answers.get('token-2')?.['next'], 'done');
    assert.equal(stage.runner.runs.size, 1);
    await settleRun.run(stage, { work: 'log-task', id, execution: again[0] ?? '', error: undefined });
    assert.equal((await change(stage))?.state, 'done');
  });
});
