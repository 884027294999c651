import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bin/pitr.ts', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const storage = ['--storage', join(fixtures, 'shop/bucket/backup-data')];
const truth = JSON.parse(readFileSync(join(fixtures, 'shop/truth/t5.json'), 'utf8'));
const t5 = ['--at', truth.tso];

function pitr(...argv: string[]) {
  const env = { ...process.env, PITR_STORAGE: '', PITR_KEY: '', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...argv], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

test('the real window names its edges, and its latest moment can be asked for', () => {
  const run = pitr('window', ...storage, '--json');
  const document = JSON.parse(run.stdout);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(document.intervals.length, 1);
  assert.equal(document.intervals[0].from.tso, '470632754787647489');
  assert.equal(document.latest.tso, '470632777030303745');
  assert.equal(pitr('tables', ...storage, '--at', document.latest.tso, '--quiet').status, 0);
});

test('a moment outside is refused with 3, and the moment that it offers is accepted', () => {
  const refused = pitr('tables', ...storage, '--at', '2026-11-22T03:00:00Z', '--json');
  assert.equal(refused.status, 3, refused.stderr);
  const offered: string = JSON.parse(refused.stdout).nearest.after.tso;
  assert.match(refused.stderr, new RegExp(`--at ${offered}`));
  assert.equal(pitr('tables', ...storage, '--at', offered).status, 0);
});

test('a date-time without a zone is refused with 2 and says why', () => {
  const run = pitr('tables', ...storage, '--at', '2026-11-22 04:25:00');
  assert.equal(run.status, 2);
  assert.match(run.stderr, /has no time zone/);
});

test('tables lists what there was, with the statement that TiDB itself shows', () => {
  const { databases } = JSON.parse(pitr('tables', ...storage, ...t5, '--json').stdout);
  const shown = new Map<string, string>();
  for (const { name, tables } of databases)
    for (const table of tables) shown.set(`${name}.${table.name}`, table.ddl);
  assert.deepEqual([...shown.keys()].sort(), Object.keys(truth.tables).sort());
  assert.equal(shown.get('audit.events'), truth.tables['audit.events'].ddl);
});

test('a restore tells the rows it wrote, leaves nothing behind, and runs again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pitr-cli-'));
  try {
    const into = ['--into', `jsonl:${join(folder, 'out')}`];
    for (let round = 0; round < 2; round += 1) {
      const run = pitr('restore', ...storage, ...t5, ...into, '--json');
      assert.equal(run.status, 0, run.stderr);
      for (const { database, name, rows, file } of JSON.parse(run.stdout).tables) {
        const expected = truth.tables[`${database}.${name}`].rows.length;
        assert.equal(Number(rows), expected, name);
        const lines = readFileSync(join(folder, 'out', file), 'utf8').split('\n').length - 1;
        assert.equal(lines, expected, name);
      }
      assert.deepEqual(readdirSync(folder), ['out']);
    }
    const occupied = pitr('restore', ...storage, ...t5, '--into', `jsonl:${folder}`);
    assert.equal(occupied.status, 2);
    assert.match(occupied.stderr, /was not written by pitr/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a query reads only the tables that it names, in all three formats', () => {
  const sql = 'SELECT count(*) AS n FROM shop.orders';
  const expected = truth.tables['shop.orders'].rows.length;
  const document = JSON.parse(pitr('query', ...storage, ...t5, sql, '--json').stdout);
  assert.deepEqual(document.tablesRead, ['shop.orders']);
  assert.equal(Number(document.rows[0][0]), expected);
  assert.equal(pitr('query', ...storage, ...t5, sql, '--format', 'csv').stdout, `n\r\n${expected}\r\n`);
  const [line = ''] = pitr('query', ...storage, ...t5, sql, '--format', 'jsonl').stdout.split('\n');
  assert.equal(Number(JSON.parse(line).n), expected);
});

test('a query over two databases with aliases and USING reads both tables', () => {
  const sql =
    'SELECT count(*) AS n FROM shop.orders o JOIN (SELECT id AS customer_id FROM shop.customers c) USING (customer_id)';
  const document = JSON.parse(pitr('query', ...storage, ...t5, sql, '--json').stdout);
  assert.deepEqual(document.tablesRead.sort(), ['shop.customers', 'shop.orders']);
  assert.ok(Number(document.rows[0][0]) > 0);
});

test('a query sees the types that a DuckDB file has', () => {
  const types = JSON.parse(pitr('query', ...storage, ...t5, 'DESCRIBE shop.orders', '--json').stdout).rows;
  const typeOf = new Map<string, string>(types.map(([name, type]: [string, string]) => [name, type]));
  assert.equal(typeOf.get('doc'), 'JSON');
  assert.equal(typeOf.get('total'), 'DECIMAL(12,4)');
  assert.equal(typeOf.get('flags'), 'BLOB');
});

test('a query that writes is refused before anything is read, and writes nothing', () => {
  const path = join(tmpdir(), `pitr-copied-${process.pid}.csv`);
  const run = pitr('query', ...storage, ...t5, `COPY shop.orders TO '${path}'`);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /no single SELECT/);
  assert.equal(existsSync(path), false);
});

test('a table that is not there, and SQL that is none, end with 2', () => {
  const missing = pitr('query', ...storage, ...t5, 'SELECT * FROM shop.nope');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /there is no table shop\.nope/);
  assert.equal(pitr('query', ...storage, ...t5, 'SELEKT 1').status, 2);
});

test('every kind of object at the top of the recorded log is inspected', () => {
  const log = join(storage[1]!, 'log-backup');
  for (const name of ['backupmeta', 'backup.lock', 'v1/global_checkpoint/1.ts']) {
    const run = pitr('inspect', join(log, name), '--json');
    assert.equal(run.status, 0, `${name}: ${run.stderr}`);
    assert.equal(JSON.parse(run.stdout).schema, 'pitr.inspect/v1');
  }
});

test('an encrypted log asks for its key by name, and opens with it', () => {
  const variants = ['--storage', join(fixtures, 'variants/storage'), '--at', 'latest'];
  const without = pitr('tables', ...variants);
  assert.equal(without.status, 2);
  assert.match(without.stderr, /encrypted and no key was given\nhint: .*--log-key-file/);
  const history = JSON.parse(readFileSync(join(fixtures, 'variants/history.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'pitr-cli-'));
  try {
    writeFileSync(join(folder, 'key'), `${history.log_key}\n`);
    const opened = pitr('tables', ...variants, '--log-key-file', join(folder, 'key'));
    assert.equal(opened.status, 0, opened.stderr);
    writeFileSync(join(folder, 'key'), 'ff'.repeat(32));
    const wrong = pitr('tables', ...variants, '--log-key-file', join(folder, 'key'));
    assert.equal(wrong.status, 2, wrong.stderr);
    assert.ok(!wrong.stderr.includes('ffff'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an object that is not there is a mistake of the path, no damage', () => {
  const run = pitr('inspect', join(storage[1]!, 'nope'));
  assert.equal(run.status, 2);
  assert.match(
    run.stderr,
    /^error: there is no object file:.*\/nope, expected one to decode\nhint: check the path/,
  );
});

test('a reader that goes away ends the output quietly', () => {
  const command = `"${process.execPath}" "${entry}" window --storage "${storage[1]}" | head -n 1; echo "$\{PIPESTATUS[0]}"`;
  const run = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  assert.equal(run.stdout, 'Restorable: any moment of 1m 25s\n0\n');
  assert.equal(run.stderr, '');
});

test('a stop signal ends a command with 130 and leaves no target behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pitr-cli-'));
  try {
    const argv = ['restore', ...storage, ...t5, '--into', `jsonl:${join(folder, 'out')}`];
    // The signal is sent from inside, right when the backup is opened: no guess about how long anything takes.
    const script = `
      import { main } from ${JSON.stringify(new URL('../../lib/cli/main.ts', import.meta.url).href)};
      import { processHost } from ${JSON.stringify(new URL('../../lib/cli/process-host.ts', import.meta.url).href)};
      const host = processHost(import.meta.url, async () => ({
        restore: ({ signal }) => new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          setInterval(() => {}, 1000);
          process.kill(process.pid, 'SIGTERM');
        }),
      }));
      process.exit(await main(host));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', 'pitr', ...argv]);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(status, 130, stderr);
    assert.match(stderr, /^error: stopped before the end\n/);
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
