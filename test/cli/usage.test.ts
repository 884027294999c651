import assert from 'node:assert/strict';
import test from 'node:test';
import { pitr } from './fake-host.ts';

/** Each mistake: the words, and what the sentence and the hint must say. */
const mistakes: readonly (readonly [title: string, argv: readonly string[], ...says: readonly RegExp[]])[] = [
  ['no command at all', [], /no command was given, expected one of window, snapshots, tables/],
  [
    'a misspelt command names the nearest',
    ['widow'],
    /unknown command `widow`/,
    /did you mean `pitr window`\?/,
  ],
  [
    'a misspelt option names the nearest',
    ['window', '--stroage', 'x'],
    /unknown option `--stroage`/,
    /did you mean `--storage`\?/,
  ],
  ['options before the command', ['--storage', 'x', 'window'], /the command comes first/],
  [
    'a word where an option is needed',
    ['window', './backup'],
    /too many words after `pitr window`: \.\/backup/,
    /--storage URL/,
  ],
  [
    'SQL without quotes',
    ['query', '--storage', 'x', 'SELECT', '1'],
    /too many words after `pitr query`/,
    /in quotes/,
  ],
  ['no storage', ['window'], /--storage is missing/, /PITR_STORAGE/],
  [
    'no moment',
    ['tables', '--storage', 'x'],
    /--at is missing, expected a moment: a TSO, RFC 3339/,
    /pitr window/,
  ],
  ['an empty moment', ['tables', '--storage', 'x', '--at', ' '], /--at is missing/],
  [
    'nothing after --at',
    ['tables', '--storage', 'x', '--at'],
    /--at has nothing after it, expected --at <moment>/,
  ],
  [
    'an option instead of the moment',
    ['tables', '--at', '--storage', '--quiet'],
    /--at is followed by `--storage`, expected a moment/,
  ],
  [
    'no target',
    ['restore', '--storage', 'x', '--at', 'latest'],
    /--into is missing, expected duckdb:FILE, parquet:DIR, csv:DIR or jsonl:DIR/,
  ],
  [
    'a target of an unknown form lists the four',
    ['restore', '--storage', 'x', '--at', 'latest', '--into', 'sqlite:a'],
    /--into is `sqlite:a`, expected duckdb:FILE, parquet:DIR, csv:DIR or jsonl:DIR/,
  ],
  [
    'a bare DuckDB file is shown in its form',
    ['restore', '--storage', 'x', '--at', 'latest', '--into', 'shop.duckdb'],
    /--into duckdb:shop\.duckdb/,
  ],
  [
    'a target without a path',
    ['restore', '--storage', 'x', '--at', 'latest', '--into', 'csv:'],
    /`csv:` without a path/,
  ],
  [
    'a home folder that no shell expands',
    ['restore', '--storage', 'x', '--at', 'latest', '--into', 'duckdb:~/shop.duckdb'],
    /no shell expands ~ after a colon\nhint: write --into duckdb:\$HOME\/shop\.duckdb/,
  ],
  [
    'a memory that is no size',
    ['query', 'SELECT 1', '--memory', 'much'],
    /--memory is `much`, expected a size such as 512MiB/,
  ],
  [
    'too little memory',
    ['query', 'SELECT 1', '--memory', '127MiB'],
    /--memory is `127MiB`, expected at least 128MiB/,
  ],
  [
    'a number of workers that is none',
    ['query', 'SELECT 1', '--workers', '0'],
    /--workers is `0`, expected a whole number from 1 to 256/,
  ],
  [
    'an unknown format',
    ['query', 'SELECT 1', '--format', 'xml'],
    /--format is `xml`, expected one of table, csv, jsonl/,
  ],
  ['empty SQL', ['query', ' ', '--storage', 'x', '--at', 'latest'], /the SQL is empty/],
  ['no SQL', ['query', '--storage', 'x', '--at', 'latest'], /the sql is missing, expected pitr query/],
  ['nothing to inspect', ['inspect'], /the object is missing, expected pitr inspect/],
  [
    'a limit that is no number',
    ['inspect', 'x', '--limit', '-1'],
    /--limit is `-1`, expected a whole number from 0/,
  ],
  [
    'a key file that is not there',
    ['window', '--storage', 'x', '--key-file', '/nope'],
    /--key-file names \/nope, which is not there/,
  ],
];

for (const [title, argv, ...says] of mistakes) {
  test(`wrong usage exits with 2 and says what was expected: ${title}`, async () => {
    const run = await pitr(argv);
    assert.equal(run.exit, 2, run.stderr);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, /^error: [^\n]+\n/);
    for (const sentence of says) assert.match(run.stderr, sentence);
  });
}

test('a mistake in the grammar is told in JSON, too, when JSON was asked for', async () => {
  const run = await pitr(['window', '--json', '--bogus']);
  const document = JSON.parse(run.stdout);
  assert.equal(run.exit, 2);
  assert.equal(document.schema, 'pitr.error/v1');
  assert.equal(document.code, 'INVALID_INPUT');
  assert.equal(document.exitCode, 2);
  assert.match(run.stderr, /unknown option `--bogus`/);
});

test('help of every command has an example that parses', async () => {
  for (const command of ['window', 'snapshots', 'tables', 'restore', 'query', 'inspect']) {
    const run = await pitr([command, '--help']);
    assert.equal(run.exit, 0);
    const example = /Example:\n {2}pitr (.*)/.exec(run.stdout)?.[1];
    assert.ok(example, `${command} has no example`);
    const words = [...example.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      (match) => match[1] ?? match[2] ?? match[3] ?? '',
    );
    const asked: string[] = [];
    const spy = async () => {
      asked.push(command);
      throw new Error('seen');
    };
    await pitr(words, {
      operations: {
        describeWindow: spy,
        listSnapshots: spy,
        listTables: spy,
        restore: spy,
        query: spy,
        inspect: spy,
      },
    });
    assert.deepEqual(asked, [command], example);
  }
});

test('--version prints the version alone', async () => {
  assert.deepEqual(await pitr(['--version']), { exit: 0, stdout: '1.2.3\n', stderr: '' });
});

test('general help tells the forms of a moment, the environment and the exit codes', async () => {
  const run = await pitr(['--help']);
  assert.equal(run.exit, 0);
  for (const words of [
    /latest/,
    /PITR_STORAGE/,
    /PITR_KEY_FILE/,
    /3 the moment is not in the window/,
    /130/,
  ]) {
    assert.match(run.stdout, words);
  }
});
