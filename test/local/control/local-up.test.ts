// The runtime of one machine from start to end, on a bucket of the sample and a PD that nobody has.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseSettings } from '../../../lib/config/settings.ts';
import { callOperation, type LocalCall } from '../../../lib/local/control/call-operation.ts';
import { claimFolder } from '../../../lib/local/control/daemon-claim.ts';
import { localUp, type UpLine, type UpView } from '../../../lib/local/control/local-up.ts';
import { openSqliteTaskStore } from '../../../lib/local/sqlite-task-store.ts';
import { systemClock } from '../../../lib/local/system-clock.ts';
import { VirtualClock } from '../../../lib/local/virtual-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function stage(t: TestContext, snapshot = 'every 2 days at 00:00') {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const bucket = join(folder.path, 'backup');
  cpSync('test/fixtures/shop/bucket/backup-data', bucket, { recursive: true });
  const settings = parseSettings(`version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [127.0.0.1:1]
    bucket: {folder: ${bucket}}
    runner: {kind: local, brPath: /nowhere/br}
    policy: {snapshot: {schedule: ${snapshot}, zone: Europe/Berlin}}
`);
  return { settings, folder: join(folder.path, '.pitr'), bucket };
}

test('it says what it keeps and what fires next, tells what happens, and ends by its signal', async (t) => {
  const { settings, folder, bucket } = await stage(t);
  const stop = new AbortController();
  const views: UpView[] = [];
  const lines: UpLine[] = [];
  const end = await localUp({
    ...{ settings, folder, clock: systemClock, random: () => 0, once: false, signal: stop.signal },
    begun: (view) => void views.push(view),
    tell: (line) => {
      lines.push(line);
      if (line.kind === 'trouble') stop.abort();
    },
  });
  assert.deepEqual(end, { unfinished: [] });
  const [cluster] = views[0]?.clusters ?? [];
  assert.equal(views[0]?.folder, folder);
  assert.equal(cluster?.bucket, `file://${bucket}`);
  assert.deepEqual(
    cluster?.schedules.map(({ name, schedule, zone }) => [name, schedule, zone]),
    [
      ['take-snapshot', 'every 2 days at 00:00', 'Europe/Berlin'],
      ['retention-plan', 'every day at 01:00', 'UTC'],
    ],
  );
  for (const { nextMs = 0 } of cluster?.schedules ?? []) assert.ok(nextMs > Date.now(), `${nextMs}`);
  const trouble = lines.find(({ kind }) => kind === 'trouble');
  assert.equal(trouble?.cluster, 'shop');
  assert.match(trouble?.text ?? '', /shop observe: PD_UNREACHABLE: no PD answered/);
  assert.equal(trouble?.event['code'], 'PD_UNREACHABLE');
});

test('a schedule whose rhythm began at an earlier start does not pretend to know its next firing', async (t) => {
  const { settings, folder } = await stage(t, 'rate(12 hours)');
  const stop = new AbortController();
  const views: UpView[] = [];
  await localUp({
    ...{ settings, folder, clock: systemClock, random: () => 0, once: false, signal: stop.signal },
    begun: (view) => {
      views.push(view);
      stop.abort();
    },
    tell: () => {},
  });
  assert.equal(views[0]?.clusters[0]?.schedules[0]?.nextMs, undefined);
});

test('once: it ends by itself when nothing runs, and another start finds the folder free', async (t) => {
  const { settings, folder } = await stage(t);
  const { signal } = new AbortController();
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
  const up = localUp({
    ...{ settings, folder, clock, random: () => 0, once: true, signal },
    ...{ begun: () => {}, tell: () => {} },
  });
  assert.deepEqual(await clock.advanceUntil(up), { unfinished: [] });
  claimFolder(folder).release();
});

test('once: what a person asked for before is begun and waited for to its end, also when that is a failure', async (t) => {
  const { settings, folder } = await stage(t);
  const [cluster] = settings.clusters;
  assert.ok(cluster);
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
  const input = { trigger: 'person', who: 'ann' };
  const request = { settings: cluster, folder, operation: 'take-snapshot', input } as const;
  const { answer } = await callOperation({ ...request, nowMs: () => clock.nowMs() });
  const lines: UpLine[] = [];
  const { signal } = new AbortController();
  const up = localUp({
    ...{ settings, folder, clock, random: () => 0, once: true, signal },
    ...{ begun: () => {}, tell: (line) => void lines.push(line) },
  });
  assert.deepEqual(await clock.advanceUntil(up), { unfinished: [] });
  const store = await openSqliteTaskStore(join(folder, 'state.sqlite'));
  t.after(() => store.close());
  const key = { cluster: 'shop', kind: 'snapshot', id: String(answer['id']) } as const;
  assert.equal((await store.get(key, clock.nowMs()))?.record.state, 'failed');
  assert.ok(
    lines.some(({ kind }) => kind === 'message'),
    JSON.stringify(lines.at(-1)),
  );
});

test('a second one in the same folder is refused with the process that has it', async (t) => {
  const { settings, folder } = await stage(t);
  const claim = claimFolder(folder);
  t.after(() => claim.release());
  const { signal } = new AbortController();
  await assert.rejects(
    localUp({
      ...{ settings, folder, clock: systemClock, random: () => 0, once: false, signal },
      ...{ begun: () => assert.fail('it began'), tell: () => {} },
    }),
    { code: 'STATE_CONFLICT', message: new RegExp(`${process.pid}`) },
  );
});

async function call(t: TestContext, operation: LocalCall['operation'], input: LocalCall['input']) {
  const { settings, folder } = await stage(t);
  const [cluster] = settings.clusters;
  assert.ok(cluster);
  const nowMs = () => Date.UTC(2027, 0, 1);
  const request = { settings: cluster, folder, operation, input, nowMs };
  return { folder, again: () => callOperation(request), first: await callOperation(request) };
}

test('a snapshot that a person wants is planned without a runtime, and said to wait for one', async (t) => {
  const { folder, first, again } = await call(t, 'take-snapshot', { trigger: 'person', who: 'ann' });
  assert.equal(first.answer['decision'], 'planned');
  assert.equal(first.place, `this machine, state in ${folder}`);
  assert.deepEqual(first.notes, [`no pitr local up has ${folder}: what is planned begins when one does`]);
  assert.equal((await again()).answer['decision'], 'skipped');
});

test('beside a runtime nothing is said of waiting: it begins what was planned', async (t) => {
  const { settings, folder } = await stage(t);
  const claim = claimFolder(folder);
  t.after(() => claim.release());
  const [cluster] = settings.clusters;
  assert.ok(cluster);
  const input = { trigger: 'person', who: 'ann' };
  const request = { settings: cluster, folder, operation: 'take-snapshot', input, nowMs: Date.now } as const;
  assert.deepEqual((await callOperation(request)).notes, []);
});

test('a dry run of a cut and of a rebuild tells what would be, and writes nothing', async (t) => {
  const cut = await call(t, 'truncate-log', { who: 'ann', dryRun: true });
  // The recorded log is two minutes long: no window that the settings may have ends with it and lets anything go.
  assert.deepEqual([cut.first.answer['decision'], cut.first.notes], ['nothing', []]);
  assert.match(String(cut.first.answer['reasons']), /the oldest base is younger/);
  assert.deepEqual((await cut.again()).answer, cut.first.answer);
  const { first, again } = await call(t, 'rebuild', { who: 'ann', dryRun: true });
  assert.equal(first.answer['added'], 3);
  assert.equal(first.answer['written'], 0);
  assert.deepEqual((await again()).answer, first.answer);
});

test('an input that the operation does not know is refused', async (t) => {
  await assert.rejects(call(t, 'rebuild', { dry: true }), { code: 'INVALID_INPUT' });
});
