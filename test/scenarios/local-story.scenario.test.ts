// The whole story on one machine, under a virtual clock: adopt what is there, fire the schedule, take the snapshot, plan the cut,
// restore to a moment; and the same with the runtime killed at any point.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalStage } from '../support/local-stage.ts';
import { recordedCopy } from '../support/recorded-store.ts';

const minute = 60_000;
const snapshotId = '20261122042600';
const snapshotRun = `shop.${snapshotId}-snapshot-1`;

function scenario(title: string, run: (stage: LocalStage) => Promise<void>): void {
  test(title, { timeout: 60_000 }, async () => {
    const stage = await LocalStage.make();
    try {
      await run(stage);
    } finally {
      await stage.remove();
    }
  });
}

async function finishSnapshot(stage: LocalStage): Promise<void> {
  const source = await recordedCopy('shop/bucket/backup-data', 'snapshot-20261122042552/');
  for await (const { key } of source.list('')) {
    await stage.bucket.put(`snapshot-${snapshotId}/${key}`, (await source.get(key)) ?? new Uint8Array());
  }
  stage.runner.play(snapshotRun, 'test/fixtures/shop/br/13-backup-full');
}

async function snapshotStates(stage: LocalStage): Promise<readonly string[]> {
  const page = await stage.runtime.store.list('snapshot', 'shop', { nowMs: stage.clock.nowMs() });
  return page.entries.map(({ record }) => `${record.folder} ${record.state} ${record.trigger}`);
}

scenario('a running task and its snapshots are adopted, and nothing is started', async (stage) => {
  await stage.open();
  await stage.clock.advance(1000);
  assert.deepEqual(stage.troubles(), []);
  assert.deepEqual(await snapshotStates(stage), [
    'snapshot-20261122042442 complete adopted',
    'snapshot-20261122042455 complete adopted',
    'snapshot-20261122042552 complete adopted',
  ]);
  const task = await stage.runtime.store.get(
    { cluster: 'shop', kind: 'log-task', id: 'current' },
    stage.clock.nowMs(),
  );
  assert.equal(task?.record.state, 'running');
  assert.equal(stage.runner.starts, 0);
});

scenario('the schedule fires, br runs, and the snapshot is complete', async (stage) => {
  await stage.open();
  await stage.clock.advance(10_000);
  assert.ok(stage.runner.runs.has(snapshotRun), stage.troubles().join('\n'));
  await finishSnapshot(stage);
  await stage.clock.advance(30_000);
  assert.ok((await snapshotStates(stage)).includes(`snapshot-${snapshotId} complete schedule`));
  assert.equal(
    stage.runtime.flows.execution({ flow: 'snapshot', name: `${snapshotId}-snapshot` })?.state,
    'succeeded',
  );
  await stage.clock.advance(2 * minute);
  assert.deepEqual(stage.troubles(), []);
});

scenario(
  'killed at every second of a snapshot and started again, there is one br and one snapshot',
  async (stage) => {
    for (let second = 0; second < 12; second += 1) {
      await stage.open();
      await stage.clock.advance(1000);
      if (second === 8) await finishSnapshot(stage);
      await stage.close();
    }
    await stage.open();
    await stage.clock.advance(2 * minute);
    assert.deepEqual([...stage.runner.runs.keys()], [snapshotRun]);
    assert.ok((await snapshotStates(stage)).includes(`snapshot-${snapshotId} complete schedule`));
  },
);

scenario('a schedule that was missed while the machine was off is made up for once', async (stage) => {
  await stage.open();
  await stage.clock.advance(500);
  await stage.close();
  await stage.clock.advance(30 * minute);
  await stage.open();
  await stage.clock.advance(10_000);
  assert.deepEqual([...stage.runner.runs.keys()], [snapshotRun]);
});

const restoreRequest = {
  cluster: 'shop',
  restoreTo: '470632761065996290',
  target: { pd: ['10.0.0.9:2379'] },
};

async function restoreStates(stage: LocalStage): Promise<readonly string[]> {
  const page = await stage.runtime.store.list('restore', 'shop', { nowMs: stage.clock.nowMs() });
  return page.entries.map(({ record }) => record.state);
}

scenario('a restore to a moment is planned, run, verified, settled, and proven', async (stage) => {
  await stage.open();
  await stage.clock.advance(500);
  await stage.runtime.flows.start('restore-to-point', 'by-hand', restoreRequest);
  await stage.clock.advance(10_000);
  const [runId] = stage.runner.runs.keys();
  assert.ok(
    runId !== undefined,
    JSON.stringify(stage.runtime.flows.execution({ flow: 'restore-to-point', name: 'by-hand' })),
  );
  const { argv } = stage.runner.run(runId).request;
  assert.ok(argv.includes('--restored-ts=470632761065996290'), argv.join(' '));
  assert.ok(
    argv.some((word) => word.endsWith('/snapshot-20261122042455')),
    argv.join(' '),
  );
  stage.runner.play(runId, 'test/fixtures/shop/restore/4-restore-point-t5');
  await stage.clock.advance(2 * minute);
  const execution = stage.runtime.flows.execution({ flow: 'restore-to-point', name: 'by-hand' });
  assert.equal(execution?.state, 'succeeded', JSON.stringify(execution));
  assert.deepEqual(await restoreStates(stage), ['done']);
  assert.equal((await stage.runtime.store.lease('shop', 'restore'))?.state, 'free');
});

scenario(
  'killed at every second of a restore and started again, there is one br and one end',
  async (stage) => {
    await stage.open();
    await stage.clock.advance(500);
    await stage.runtime.flows.start('restore-to-point', 'by-hand', restoreRequest);
    for (let second = 0; second < 15; second += 1) {
      await stage.clock.advance(1000);
      const [runId] = stage.runner.runs.keys();
      if (second === 10 && runId !== undefined) {
        stage.runner.play(runId, 'test/fixtures/shop/restore/4-restore-point-t5');
      }
      await stage.close();
      await stage.open();
    }
    await stage.clock.advance(5 * minute);
    assert.equal(stage.runner.runs.size, 2, 'the restore, and the snapshot that the schedule began');
    assert.deepEqual(await restoreStates(stage), ['done']);
  },
);

scenario(
  'a moment outside the window is refused in the first state, with the nearest ones',
  async (stage) => {
    await stage.open({ daemon: false });
    await stage.runtime.flows.start('restore-to-point', 'too-early', {
      ...restoreRequest,
      restoreTo: '2026-11-22T04:00:00Z',
    });
    await stage.clock.advance(minute);
    const execution = stage.runtime.flows.execution({ flow: 'restore-to-point', name: 'too-early' });
    assert.ok(execution?.state === 'failed', JSON.stringify(execution));
    assert.match(JSON.stringify(execution), /cannot be restored/);
    const history = stage.runtime.flows.history({ flow: 'restore-to-point', name: 'too-early' });
    assert.deepEqual(
      history.map(({ state }) => state),
      ['Plan', 'Explain', 'Refused'],
    );
  },
);
