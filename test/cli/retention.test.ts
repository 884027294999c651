// `pitr retention`, `pitr pin`, `pitr unpin`, `pitr pins`: what they ask for, and what they show.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { BookmarkRequest, CallReport, CallRequest } from '../../lib/cli/control-operations.ts';
import { pitr } from './fake-host.ts';
import { pinsReport, plannedRetention, sampleAnswer } from './retention-views.ts';

const files = {
  'pitr.yaml': Buffer.from(
    'version: 1\nclusters: [{name: shop, tidbVersion: v8.5.4, pd: [a], bucket: {folder: /b}, runner: {kind: local}}]\n',
  ),
};

async function asked(
  argv: readonly string[],
  answer: (request: CallRequest) => Promise<CallReport> = sampleAnswer,
) {
  const requests: CallRequest[] = [];
  const callFunction = async (request: CallRequest) => {
    requests.push(request);
    return await answer(request);
  };
  const run = await pitr(argv, { files, env: { USER: 'ann' }, operations: { callFunction } });
  return { run, operation: requests[0]?.operation, input: requests[0]?.input };
}

test('each command asks its operation for what was said, and who said it', async () => {
  const plan = '20261122120000-retention';
  const why = ['--reason', 'an audit'];
  const calls = [
    [['retention', 'plan', '--dry-run'], 'retention-plan', { who: 'ann', dryRun: true }],
    [['retention', 'apply', plan], 'retention-apply', { planId: plan, who: 'ann' }],
    [['retention', 'veto', plan, ...why], 'veto', { planId: plan, who: 'ann', reason: 'an audit' }],
    [
      ['pin', 'snapshot', 'snapshot-1', ...why],
      'pin',
      { what: 'snapshot', folder: 'snapshot-1', reason: 'an audit', who: 'ann' },
    ],
    [
      ['pin', 'moment', '--at', '-90m', '--name', 'v42', '--until', '2027-01-31T00:00:00Z', ...why],
      'pin',
      {
        what: 'moment',
        at: '-90m',
        until: '2027-01-31T00:00:00Z',
        name: 'v42',
        reason: 'an audit',
        who: 'ann',
      },
    ],
    [
      ['pin', 'range', '--from', '-2h', '--to', 'latest', ...why],
      'pin',
      { what: 'range', from: '-2h', to: 'latest', reason: 'an audit', who: 'ann' },
    ],
    [['unpin', 'x'], 'unpin', { id: 'x', who: 'ann' }],
    [['pins', '--all'], 'list-pins', { all: true }],
  ] as const;
  for (const [argv, operation, input] of calls) {
    const call = await asked(argv);
    assert.equal(call.run.exit, 0, call.run.stderr);
    assert.deepEqual([call.operation, call.input], [operation, input]);
  }
});

test('a bookmark is asked for with its name, and its waiting is told on stderr', async () => {
  const requests: BookmarkRequest[] = [];
  const bookmark = async (request: BookmarkRequest) => {
    requests.push(request);
    const [atTs, checkpointTs] = [470632761065996288n, 470632754787647489n];
    request.tell({ kind: 'waiting', atTs, checkpointTs });
    request.tell({ kind: 'waiting', atTs, checkpointTs: undefined });
    request.tell({ kind: 'flush', state: 'begun' });
    request.tell({ kind: 'flush', state: 'done' });
    request.tell({ kind: 'no-flush', why: 'br runs elsewhere' });
    const answer = { decision: 'pinned', id: '20261122120000-pin-1' };
    const rest = { operation: 'bookmark', dryRun: false, place: 'this machine', notes: [] } as const;
    return { cluster: 'shop', answer, ...rest };
  };
  const world = { files, env: { USER: 'ann' }, operations: { bookmark } };
  const { exit, stdout, stderr } = await pitr(['bookmark', 'before v42', '--timeout', '90s'], world);
  assert.equal(exit, 0, stderr);
  assert.match(stdout, /^bookmark of shop: pinned\n.*20261122120000-pin-1/);
  assert.deepEqual(stderr.trimEnd().split('\n'), [
    'waiting for 2026-11-22T04:25:06.752Z: the log is 24 s before it',
    'waiting for 2026-11-22T04:25:06.752Z: the log has no checkpoint yet',
    'the stores are told to flush',
    'the stores have flushed',
    'no flush was forced: br runs elsewhere; the stores flush by themselves every few minutes',
  ]);
  const until = ['--until', '2027-01-31T00:00:00Z', '--reason', 'a release', '--at', '1', '--no-flush'];
  const quiet = await pitr(['bookmark', 'v42', ...until, '--quiet'], world);
  assert.equal(quiet.stderr, '');
  assert.deepEqual(
    requests.map(({ input, wish }) => [input, wish]),
    [
      [
        { name: 'before v42', who: 'ann' },
        { at: undefined, timeoutMs: 90_000, flush: true },
      ],
      [
        { name: 'v42', who: 'ann', until: '2027-01-31T00:00:00Z', reason: 'a release' },
        { at: '1', timeoutMs: 900_000, flush: false },
      ],
    ],
  );
  for (const [argv, says] of [
    [['bookmark'], /name/],
    [['bookmark', ' '], /the name of the bookmark is empty/],
    [['bookmark', 'x', '--timeout', '0s'], /--timeout is `0s`/],
  ] as const) {
    const wrong = await pitr(argv, world);
    assert.equal(wrong.exit, 2, wrong.stdout);
    assert.match(wrong.stderr, says);
  }
});

test('what is missing is wrong usage', async () => {
  for (const [argv, says] of [
    [['retention', 'apply'], /plan/],
    [['retention', 'veto', 'x'], /--reason is missing/],
    [['pin', 'moment', '--reason', 'x'], /--at is missing/],
    [['pin', 'range', '--from', '-2h', '--reason', 'x'], /--to is missing/],
  ] as const) {
    const { run } = await asked(argv);
    assert.equal(run.exit, 2, run.stdout);
    assert.match(run.stderr, says);
  }
});

test('a plan is shown with what goes and what stays, a reason for each, the window, and what it saves', async () => {
  const { run } = await asked(['retention', 'plan']);
  const page = run.stdout;
  for (const line of [
    /^Would delete 2 things of shop\nplan 20261122120000-retention, can be applied from 2026-11-23T12:00:00\.000Z on$/m,
    /^Goes\n {2}snapshot {4}snapshot-1\\u001b\[2J {2}12 objects, 4 KiB\n {14}it is old$/m,
    /^ {2}log before {2}2026-.* in log-backup$/m,
    /^Stays\n {2}snapshot {4}snapshot-2 {2}3 objects/m,
    /^Restorable\n {2}before {2}2026-.* to 2026-/m,
    /12 objects, 4 KiB at least: about \$0\.50 a month \(a table of 2026-11-22\)$/m,
  ]) {
    assert.match(page, line);
  }
  assert.equal(run.stderr, 'note: no pitr local up has /srv/.pitr\n');
});

test('a refusal, and a plan that was not carried out to its end, are no success', async () => {
  const refusal = { code: 'LAST_BASE', message: 'there is no verified snapshot', hint: 'take one' };
  const refused = { ...plannedRetention, answer: { decision: 'refused', refusals: [refusal] } };
  const { run } = await asked(['retention', 'plan'], async () => refused);
  assert.equal(run.exit, 1);
  assert.match(
    run.stdout,
    /^Nothing may be deleted of shop\n {2}LAST_BASE: there is no verified snapshot\n {2}→ take one$/m,
  );
  const stopped = { ...plannedRetention, answer: { decision: 'stopped' } };
  assert.equal((await asked(['retention', 'apply', 'x'], async () => stopped)).run.exit, 1);
});

test('pins are a list, and none is a sentence', async () => {
  const { run } = await asked(['pins']);
  assert.match(
    run.stdout,
    /^20261122120000-pin-1 +moment "before v42" +2026-\S+ +2027-01-31T00:00:00.000Z +ann +an audit$/m,
  );
  assert.match(run.stdout, /^20261122120000-pin-2 +snapshot +snapshot-1 +pitr unpin +ann/m);
  const none = await asked(['pins'], async () => ({ ...pinsReport, answer: { pins: [] } }));
  assert.equal(none.run.stdout, 'Nothing is pinned of shop\n');
});
