import assert from 'node:assert/strict';
import test from 'node:test';
import { bindControl } from '../../lib/cli/bind-control.ts';
import type { CallRequest, LocalUpRequest } from '../../lib/cli/control-operations.ts';
import { holdActions } from '../../lib/config/functions.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { callReport, upLine, upView } from './control-views.ts';
import { pitr } from './fake-host.ts';

const localCluster =
  '  - {name: shop, tidbVersion: v8.5.4, pd: [10.0.0.1], bucket: {folder: /b}, runner: {kind: local}}\n';
const awsCluster = `  - name: crm
    tidbVersion: v8.5.4
    pd: [10.1.0.1]
    vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}
`;
const file = (...clusters: readonly string[]) => ({
  'pitr.yaml': Buffer.from(`version: 1\nclusters:\n${clusters.join('')}`),
});
const files = file(localCluster, awsCluster);

async function called(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const requests: CallRequest[] = [];
  const callFunction = async (request: CallRequest) => {
    requests.push(request);
    return callReport;
  };
  const run = await pitr(argv, { files, env, operations: { callFunction } });
  assert.equal(run.exit, 0, run.stderr);
  return { run, request: requests[0]! };
}

test('each command calls its operation with who asked, and a dry run where that was wanted', async () => {
  const calls = [
    [['take-snapshot', '--cluster', 'shop'], 'take-snapshot', { trigger: 'person', who: 'ann' }],
    [['truncate-log', '--cluster', 'shop'], 'truncate-log', { who: 'ann' }],
    [['truncate-log', '--cluster', 'shop', '--dry-run'], 'truncate-log', { who: 'ann', dryRun: true }],
    [['adopt', '--cluster', 'shop', '--task', 'old'], 'adopt', { who: 'ann', task: 'old' }],
    [['rebuild', '--cluster', 'shop', '--dry-run'], 'rebuild', { who: 'ann', dryRun: true }],
  ] as const;
  for (const [argv, operation, input] of calls) {
    const { request } = await called(argv, { USER: 'ann' });
    assert.deepEqual([request.operation, request.input, request.cluster], [operation, input, 'shop']);
  }
  const { request } = await called(['rebuild', '--cluster', 'crm']);
  assert.deepEqual([request.place, request.input], [{ kind: 'aws' }, { who: 'a person' }]);
});

test('an answer is shown with its decision first, its moments with their times, and nothing that is empty', async () => {
  const { run } = await called(['truncate-log', '--cluster', 'shop', '--dry-run']);
  assert.deepEqual(run.stdout.split('\n'), [
    'truncate-log of shop: planned (a dry run: nothing was written)',
    '  untilTs  470632754705858561 (2026-11-22T04:24:42.490Z)',
    '  reasons  one\\u0007',
    '           two',
    '',
  ]);
  assert.equal(run.stderr, 'note: no pitr local up has /srv/.pitr\n');
});

test('the report says of a call whether it was a dry run, whoever answered it', async () => {
  const notHere = (): never => {
    throw new Error('not part of this test');
  };
  const control = bindControl({
    openFlowConsole: notHere,
    callFunction: async () => ({ place: 'p', answer: {}, notes: [] }),
    localUp: notHere,
    forceFlush: notHere,
    openState: notHere,
    wallMs: () => 0,
    random: () => 0,
  });
  const request = { cluster: 'shop', place: { kind: 'aws' }, signal: new AbortController().signal } as const;
  const call = (input: CallRequest['input']) =>
    control.callFunction({ ...request, operation: 'rebuild', input });
  assert.equal((await call({ dryRun: true })).dryRun, true);
  assert.deepEqual(await call({}), {
    ...{ cluster: 'shop', operation: 'rebuild', dryRun: false, place: 'p', answer: {}, notes: [] },
  });
});

test('what people do to keep things is asked of the function hold, and reported by its own name', async () => {
  const made: unknown[] = [];
  const notHere = (): never => assert.fail('not part of this test');
  const control = bindControl({
    ...{
      openFlowConsole: notHere,
      localUp: notHere,
      forceFlush: notHere,
      openState: notHere,
      wallMs: () => 0,
      random: () => 0,
    },
    callFunction: async ({ operation, input }) => {
      made.push([operation, input]);
      return { place: 'p', answer: {}, notes: [] };
    },
  });
  const request = { cluster: 'shop', place: { kind: 'aws' }, signal: new AbortController().signal } as const;
  for (const operation of holdActions) {
    assert.equal(
      (await control.callFunction({ ...request, operation, input: { id: 'x' } })).operation,
      operation,
    );
  }
  await control.callFunction({ ...request, operation: 'retention-plan', input: {} });
  assert.deepEqual(made, [
    ...holdActions.map((action) => ['hold', { id: 'x', action }]),
    ['retention-plan', {}],
  ]);
});

test('a bookmark is asked of hold again and again, of its own moment, and stores are made to flush on this machine alone', async () => {
  for (const kind of ['local', 'aws'] as const) {
    const made: unknown[] = [];
    const told: string[] = [];
    let nowMs = 0;
    const notHere = (): never => assert.fail('not part of this test');
    const control = bindControl({
      ...{ openFlowConsole: notHere, localUp: notHere, openState: notHere, random: () => 0 },
      wallMs: () => nowMs,
      callFunction: async ({ operation, input }) => {
        made.push([operation, input]);
        const waiting = {
          ...{ decision: 'waiting', atTs: '470632761065996288' },
          ...{ checkpointTs: '470632754787647489', flushesOnDemand: true },
        };
        return { place: 'p', answer: made.length < 4 ? waiting : { decision: 'pinned', id: 'x' }, notes: [] };
      },
      forceFlush: async ({ cluster, id }) => {
        made.push([cluster, id]);
        return { decision: 'flushed', reasons: [] };
      },
    });
    const place =
      kind === 'aws'
        ? ({ kind } as const)
        : ({ kind, settings: { version: 1, clusters: [] }, folder: '/srv/.pitr' } as never);
    const report = await control.bookmark({
      ...{ cluster: 'shop', place, signal: new AbortController().signal },
      ...{ input: { name: 'v42' }, wish: { at: undefined, timeoutMs: 600_000, flush: true } },
      sleep: async (ms) => {
        nowMs += 2 * ms;
      },
      tell: (event) => told.push(event.kind),
    });
    assert.deepEqual([report.operation, report.answer['id'], report.place], ['bookmark', 'x', 'p']);
    assert.deepEqual(made[0], ['hold', { name: 'v42', action: 'bookmark' }]);
    assert.deepEqual(made[1], ['hold', { name: 'v42', at: '470632761065996288', action: 'bookmark' }]);
    const flush = ['shop', '470632761065996288-1'];
    assert.equal(
      made.some((one) => JSON.stringify(one) === JSON.stringify(flush)),
      kind === 'local',
    );
    assert.equal(told.includes('no-flush'), kind === 'aws');
  }
});

async function up(
  argv: readonly string[],
  end: readonly string[] = [],
  world: Parameters<typeof pitr>[1] = {},
) {
  const requests: LocalUpRequest[] = [];
  const localUp = async (request: LocalUpRequest) => {
    requests.push(request);
    request.begun(upView);
    request.tell(upLine);
    return { unfinished: end };
  };
  const run = await pitr(['local', 'up', ...argv], { files, ...world, operations: { localUp } });
  return { run, request: requests[0] };
}

test('pitr local up says what it keeps and what is not of this machine, then a line for each thing, then its end', async () => {
  const { run, request } = await up([], ['restore-to-point x']);
  assert.equal(run.exit, 0);
  assert.deepEqual(
    request?.place.settings.clusters.map(({ name }) => name),
    ['shop'],
  );
  assert.deepEqual(run.stdout.split('\n'), [
    'The control plane runs on this machine, state in /srv/.pitr',
    '',
    'shop',
    '  backup in      file:///backup/shop',
    '  take-snapshot  rate(12 hours) (UTC)',
    '  truncate-log   every day at 01:00 (UTC), next 2026-11-23 01:00 UTC',
    '',
    'not of this machine: crm',
    '',
    'Ctrl-C ends it; a br that runs goes on',
    '',
    '2026-11-22 12:00:00 shop observe: PD_UNREACHABLE: no\\u001b[2J PD',
    'ended; a br that was started runs on, and the next pitr local up goes on with:',
    '  restore-to-point x',
    '',
  ]);
});

test('--quiet leaves the banner and the end away, and no event', async () => {
  const { run } = await up(['--quiet']);
  assert.equal(run.stdout.split('\n').length, 2);
  assert.match(run.stdout, /PD_UNREACHABLE/);
});

test('--once is handed on, and said in the banner', async () => {
  const { run, request } = await up(['--once', '--state', '/var/lib/pitr']);
  assert.deepEqual([request?.once, request?.place.folder], [true, '/var/lib/pitr']);
  assert.match(run.stdout, /it ends when nothing is due and nothing runs\n[\s\S]*ended; nothing was running/);
});

test('a stop is the natural end of pitr local up', async () => {
  const stop = new AbortController();
  const localUp = async ({ signal }: LocalUpRequest) => {
    setImmediate(() => stop.abort());
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return { unfinished: [] };
  };
  const run = await pitr(['local', 'up'], { files, signal: stop.signal, operations: { localUp } });
  assert.deepEqual([run.exit, run.stderr], [0, '']);
});

test('a folder that another runtime has is told with its pid', async () => {
  const localUp = async () => {
    throw new PitrError('STATE_CONFLICT', '/srv/.pitr is in use by the runtime with the pid 7');
  };
  const run = await pitr(['local', 'up'], { files, operations: { localUp } });
  assert.deepEqual(
    [run.exit, run.stderr],
    [1, 'error: /srv/.pitr is in use by the runtime with the pid 7\n'],
  );
});

test('settings without a cluster of this machine, and no settings at all, are told with what to do', async () => {
  const run = await pitr(['local', 'up'], { files: file(awsCluster) });
  assert.equal(run.exit, 2);
  assert.match(
    run.stderr,
    /no cluster of pitr\.yaml runs br on this machine: crm\nhint: set runner: \{ kind: local \}/,
  );
  assert.equal((await pitr(['local', 'up'])).exit, 2);
});

test('pitr local without up says what there is', async () => {
  const run = await pitr(['local']);
  assert.equal(run.exit, 2);
  assert.match(run.stderr, /expected one of local up/);
  assert.match((await pitr(['local', 'pu'])).stderr, /did you mean `pitr local up`\?/);
});
