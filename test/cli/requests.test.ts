import assert from 'node:assert/strict';
import test from 'node:test';
import type { QueryRequest, RestoreRequest, SourceRequest, TablesRequest } from '../../lib/cli/operations.ts';
import { parseMemory } from '../../lib/cli/option-values.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { pitr } from './fake-host.ts';
import { queryView, restoreView, tablesView, windowView } from './sample-views.ts';

const key16 = new Uint8Array([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]);
const hex16 = '00112233445566778899aabbccddeeff';

async function sourceFor(
  argv: readonly string[],
  world: Parameters<typeof pitr>[1] = {},
): Promise<SourceRequest> {
  let asked: SourceRequest | undefined;
  const run = await pitr(['window', ...argv], {
    ...world,
    operations: {
      describeWindow: async (request) => {
        asked = request;
        return windowView;
      },
    },
  });
  assert.equal(run.exit, 0, run.stderr);
  assert.ok(asked);
  return asked;
}

test('the storage comes from PITR_STORAGE when no option names it, and an option wins', async () => {
  const env = { PITR_STORAGE: '/from/env' };
  assert.equal((await sourceFor([], { env })).storage, '/from/env');
  assert.equal((await sourceFor(['--storage', '/given'], { env })).storage, '/given');
});

test('snapshots and log named apart need no storage and take none from the environment', async () => {
  const source = await sourceFor(['--snapshots', '/s', '--log', '/l'], {
    env: { PITR_STORAGE: '/from/env' },
  });
  assert.deepEqual([source.storage, source.snapshots, source.log], [undefined, '/s', '/l']);
});

test('a key file may hold hexadecimal text with a line break, or the bytes themselves', async () => {
  const files = { hex: Buffer.from(`${hex16}\n`), raw: key16 };
  for (const file of ['hex', 'raw']) {
    const { keys } = await sourceFor(['--storage', 'x', '--key-file', file], { files });
    assert.deepEqual([...(keys.snapshot ?? [])], [...key16], file);
  }
});

test('the log has its own key, or else the one of the snapshots', async () => {
  const env = { PITR_KEY: hex16 };
  const one = await sourceFor(['--storage', 'x'], { env });
  assert.deepEqual(one.keys.log, one.keys.snapshot);
  const two = await sourceFor(['--storage', 'x'], { env: { ...env, PITR_LOG_KEY: 'ff'.repeat(32) } });
  assert.equal(two.keys.log?.length, 32);
  assert.equal(two.keys.snapshot?.length, 16);
});

test('an option for the key wins over a file in the environment, and that over text in it', async () => {
  const files = { a: Buffer.from('aa'.repeat(16)), b: Buffer.from('bb'.repeat(16)) };
  const env = { PITR_KEY_FILE: 'b', PITR_KEY: 'cc'.repeat(16) };
  const first = async (
    argv: readonly string[],
    variables: Record<string, string>,
  ): Promise<number | undefined> =>
    (await sourceFor(['--storage', 'x', ...argv], { files, env: variables })).keys.snapshot?.[0];
  assert.equal(await first(['--key-file', 'a'], env), 0xaa);
  assert.equal(await first([], env), 0xbb);
  assert.equal(await first([], { PITR_KEY: env.PITR_KEY }), 0xcc);
});

test('what is no key is refused without showing it', async () => {
  const secret = 'not-a-key-but-secret';
  const inEnv = await pitr(['window', '--storage', 'x'], { env: { PITR_KEY: secret } });
  assert.equal(inEnv.exit, 2);
  assert.match(inEnv.stderr, /PITR_KEY holds 20 characters that are no key, expected 32, 48 or 64/);
  const inFile = await pitr(['window', '--storage', 'x', '--key-file', 'k'], {
    files: { k: Buffer.from(secret) },
  });
  assert.equal(inFile.exit, 2);
  assert.match(inFile.stderr, /k holds 20 bytes that are no key, expected 16, 24 or 32 bytes/);
  assert.ok(!(inEnv.stderr + inFile.stderr).includes(secret));
});

test('a moment before latest is taken although it begins like an option', async () => {
  let asked: TablesRequest | undefined;
  const listTables = async (request: TablesRequest) => {
    asked = request;
    return tablesView;
  };
  const argv = [
    'tables',
    '--storage',
    'x',
    '--at',
    '-90m',
    '--tables',
    'a.*,!a.b',
    '--tables',
    'c.d',
    '--base',
    's1',
  ];
  const run = await pitr(argv, { operations: { listTables } });
  assert.equal(run.exit, 0, run.stderr);
  assert.deepEqual([asked?.at, asked?.tables, asked?.base], ['-90m', ['a.*,!a.b', 'c.d'], 's1']);
});

test('a restore hands on target, memory, workers and force', async () => {
  let asked: RestoreRequest | undefined;
  const restore = async (request: RestoreRequest) => {
    asked = request;
    return restoreView;
  };
  const argv = [
    'restore',
    '--storage',
    'x',
    '--at',
    'latest',
    '--into',
    'DuckDB:a:b.duckdb',
    '--workers',
    '3',
    '--force',
  ];
  const run = await pitr([...argv, '--memory', '1GiB'], { operations: { restore } });
  assert.equal(run.exit, 0, run.stderr);
  assert.deepEqual(asked?.into, { kind: 'duckdb', path: 'a:b.duckdb' });
  assert.deepEqual([asked?.memoryBytes, asked?.workers, asked?.force], [2 ** 30, 3, true]);
});

test('a query hands on the SQL and stays within 512 MiB when nothing is said', async () => {
  let asked: QueryRequest | undefined;
  const query = async (request: QueryRequest) => {
    asked = request;
    return queryView;
  };
  const run = await pitr(['query', 'SELECT 1', '--storage', 'x', '--at', 'latest'], {
    operations: { query },
  });
  assert.equal(run.exit, 0, run.stderr);
  assert.deepEqual([asked?.sql, asked?.memoryBytes, asked?.workers], ['SELECT 1', 512 * 2 ** 20, undefined]);
});

test('sizes are read in binary and decimal units, exactly from 128 MiB on', () => {
  assert.equal(parseMemory('128MiB'), 134_217_728);
  assert.equal(parseMemory('134217728'), 134_217_728);
  assert.equal(parseMemory('1.5 GiB'), 1_610_612_736);
  assert.equal(parseMemory('2g'), 2 ** 31);
  assert.equal(parseMemory('800MB'), 800_000_000);
  for (const text of ['', '-1', '512 furlongs', '1e9', '134217727', '0x10000000', 'GiB']) {
    assert.throws(() => parseMemory(text), { code: 'INVALID_INPUT' }, text);
  }
});

test('a wait for the storage is told on a terminal', async () => {
  const describeWindow = async ({ onRetry }: SourceRequest) => {
    const error = new PitrError('STORAGE_UNAVAILABLE', 'the storage answered 503');
    onRetry({ action: 'get', key: 'v1/a.meta', attempt: 1, delayMs: 400, error });
    return windowView;
  };
  const run = await pitr(['window', '--storage', 'x'], { operations: { describeWindow }, tty: true });
  assert.match(run.stderr, /· get v1\/a\.meta: the storage answered 503; trying again in 0\.4 s/);
  const silent = await pitr(['window', '--storage', 'x'], { operations: { describeWindow } });
  assert.equal(silent.stderr, '');
});
