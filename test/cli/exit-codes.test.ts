import assert from 'node:assert/strict';
import test from 'node:test';
import { damagedObject, type ErrorCode, errorCodes, PitrError } from '../../lib/domain/errors.ts';
import { pitr } from './fake-host.ts';
import { firstTs, latestTs, tablesView, windowView } from './sample-views.ts';

const tables = ['tables', '--storage', 'x', '--at', 'latest'] as const;

function failing(error: unknown) {
  return {
    listTables: async () => {
      throw error;
    },
  };
}

test('each error code has the exit code that the issue promises: 2 usage, 3 window, 4 damage, 130 stop, 1 else', async () => {
  const promised: Partial<Record<ErrorCode, number>> = {
    INVALID_INPUT: 2,
    MOMENT_WITHOUT_ZONE: 2,
    INVALID_TABLE_FILTER: 2,
    TABLE_NOT_FOUND: 2,
    INVALID_QUERY: 2,
    KEY_MISSING: 2,
    KEY_WRONG: 2,
    TARGET_OCCUPIED: 2,
    EMPTY_POLICY: 2,
    MOMENT_NOT_IN_WINDOW: 3,
    BASE_MISSING: 3,
    LOG_TRUNCATED: 3,
    LOG_NEEDED: 3,
    CLUSTER_MISMATCH: 3,
    OBJECT_DAMAGED: 4,
    OBJECT_MISSING: 4,
    OBJECT_UNRECOGNIZED: 4,
    ROW_DAMAGED: 4,
    METADATA_UNREADABLE: 4,
    INTERRUPTED: 130,
  };
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const run = await pitr(tables, { operations: failing(new PitrError(code, `about ${code}`)) });
    assert.equal(run.exit, promised[code] ?? 1, code);
    assert.match(run.stderr, new RegExp(`^error: (about ${code}|stopped before the end)\n`));
    assert.equal(run.stdout, '');
  }
});

test('a moment outside the window is answered with the nearest ones, ready to paste', async () => {
  const error = new PitrError('MOMENT_NOT_IN_WINDOW', 'the moment cannot be restored: no base is older', {
    hint: `the nearest restorable moments are ${firstTs} before and ${latestTs} after it`,
    details: { nearest: { before: firstTs, after: latestTs }, gap: 'BEFORE_FIRST_BASE' },
  });
  const run = await pitr([...tables, '--json'], { operations: failing(error) });
  assert.equal(run.exit, 3);
  assert.equal(
    run.stderr,
    [
      'error: the moment cannot be restored: no base is older',
      'nearest moments that can be brought back:',
      '  before  --at 470632754705858561  # 2026-11-22T04:24:42.490Z',
      '  after   --at 470632774605733889  # 2026-11-22T04:25:58.402Z',
      '',
    ].join('\n'),
  );
  assert.deepEqual(JSON.parse(run.stdout), {
    schema: 'pitr.error/v1',
    code: 'MOMENT_NOT_IN_WINDOW',
    message: 'the moment cannot be restored: no base is older',
    hint: 'the nearest restorable moments are 470632754705858561 before and 470632774605733889 after it',
    nearest: {
      before: { tso: '470632754705858561', utc: '2026-11-22T04:24:42.490Z' },
      after: { tso: '470632774605733889', utc: '2026-11-22T04:25:58.402Z' },
    },
    details: { gap: 'BEFORE_FIRST_BASE' },
    exitCode: 3,
    retryable: false,
  });
});

test('damage names the object, what was expected and what was found, in both forms', async () => {
  const run = await pitr([...tables, '--json'], {
    operations: failing(damagedObject('v1/a.log', 'sha256 aa', 'sha256 bb')),
  });
  assert.equal(run.exit, 4);
  assert.match(run.stderr, /error: v1\/a\.log is damaged: expected sha256 aa, found sha256 bb\nhint: /);
  assert.deepEqual(JSON.parse(run.stdout).details, {
    object: 'v1/a.log',
    expected: 'sha256 aa',
    found: 'sha256 bb',
  });
});

test('details of damage that the sentence does not tell are on lines of their own', async () => {
  const error = new PitrError('ROW_DAMAGED', 'a row cannot be decoded', {
    details: { object: 'a.sst', found: 'type 9' },
  });
  const run = await pitr(tables, { operations: failing(error) });
  assert.equal(run.stderr, 'error: a row cannot be decoded\n  object    a.sst\n  found     type 9\n');
});

test('bytes of a backup in a message cannot steer the terminal', async () => {
  const error = new PitrError('ROW_DAMAGED', 'found \u001b[2Jx\u0007', {
    details: { object: '\u001b]0;t\u0007' },
  });
  const run = await pitr(tables, { operations: failing(error) });
  assert.ok(!run.stderr.includes('\u001b') && !run.stderr.includes('\u0007'));
});

test('what is not an error of ours is a fault of pitr, exit 1, and its stack is shown with PITR_DEBUG only', async () => {
  const broken = new TypeError('x is not a function');
  const quiet = await pitr(tables, { operations: failing(broken) });
  assert.equal(quiet.exit, 1);
  assert.equal(
    quiet.stderr,
    'error: x is not a function\nhint: this is a fault of pitr itself; PITR_DEBUG=1 prints where it happened\n',
  );
  const loud = await pitr(tables, { operations: failing(broken), env: { PITR_DEBUG: '1' } });
  assert.match(loud.stderr, /exit-codes\.test\.ts/);
});

test('a stop ends with 130 and a clean message, also when it broke something on the way', async () => {
  const stop = new AbortController();
  const operations = {
    listTables: async () => {
      stop.abort();
      throw new Error('This operation was aborted');
    },
  };
  const run = await pitr(tables, { operations, signal: stop.signal });
  assert.equal(run.exit, 130);
  assert.match(run.stderr, /^error: stopped before the end\nhint: .*run the same command again\n$/);
});

test('damage found before a stop stays damage', async () => {
  const stop = new AbortController();
  const operations = {
    listTables: async () => {
      stop.abort();
      throw damagedObject('a', 'b', 'c');
    },
  };
  assert.equal((await pitr(tables, { operations, signal: stop.signal })).exit, 4);
});

test('a command that does not end after a stop is left after five seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stop = new AbortController();
  let started: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const describeWindow = (): Promise<never> => {
    started();
    return new Promise(() => {});
  };
  const run = pitr(['window', '--storage', 'x'], { operations: { describeWindow }, signal: stop.signal });
  await running;
  stop.abort();
  context.mock.timers.tick(5000);
  assert.equal((await run).exit, 130);
});

test('what went well exits with 0, and notes go to stderr unless --quiet or --json', async () => {
  const operations = { listTables: async () => tablesView, describeWindow: async () => windowView };
  const plain = await pitr(tables, { operations });
  assert.equal(plain.exit, 0);
  assert.equal(plain.stderr, 'note: virtual generated columns are left out\n');
  assert.equal((await pitr([...tables, '--quiet'], { operations })).stderr, '');
  assert.equal((await pitr([...tables, '--json'], { operations })).stderr, '');
  assert.equal((await pitr(['window', '--storage', 'x'], { operations })).exit, 0);
});
