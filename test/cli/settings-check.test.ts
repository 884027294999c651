import assert from 'node:assert/strict';
import test from 'node:test';
import { pitr } from './fake-host.ts';

const right = `version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [10.0.0.1]
    vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}
`;
const files = {
  'pitr.yaml': Buffer.from(right),
  'doubtful.yaml': Buffer.from(`${right}    policy: {log: off}\n`),
  'wrong.yaml': Buffer.from(`${right}    polcy: {log: off}\n`),
  'hostile.yaml': Buffer.from(`${right}    "\\e[2J": 1\n`),
  'bytes.yaml': Uint8Array.of(0xff, 0xfe, 0x00),
};

test('without a file name pitr.yaml is checked, and a right one is answered with what it comes to', async () => {
  const run = await pitr(['settings', 'check'], { files });
  assert.equal(run.exit, 0);
  assert.equal(run.stderr, '');
  assert.match(
    run.stdout,
    /^pitr\.yaml is right\n\nshop\n {2}cluster {5}TiDB v8\.5\.4, PD http:\/\/10\.0\.0\.1:2379\n/,
  );
});

test('warnings leave the exit code 0 and the settings in use', async () => {
  const run = await pitr(['settings', 'check', 'doubtful.yaml'], { files });
  assert.equal(run.exit, 0);
  assert.match(
    run.stdout,
    /^doubtful\.yaml is right, with 1 warning\n\ndoubtful\.yaml:7:19 {2}warning\n {2}clusters\[0\]\.policy\.log is off/,
  );
});

test('what cuts the log is told where it is not br', async () => {
  const native = Buffer.from(`${right}    policy: {retention: {engine: native}}\n`);
  const run = await pitr(['settings', 'check'], { files: { 'pitr.yaml': native } });
  assert.equal(run.exit, 0);
  assert.match(run.stdout, /kept {8}30d, and at least 2 snapshots; the log is cut by our own engine\n/);
  const usual = await pitr(['settings', 'check'], { files });
  assert.match(usual.stdout, /kept {8}30d, and at least 2 snapshots\n/);
});

test('errors end with 2, each at file:line:column with what to do, and stderr stays empty', async () => {
  const run = await pitr(['settings', 'check', 'wrong.yaml'], { files });
  assert.equal(run.exit, 2);
  assert.equal(run.stderr, '');
  assert.equal(
    run.stdout,
    'wrong.yaml cannot be used: 1 error\n\nwrong.yaml:7:5  error\n  clusters[0].polcy is not known in clusters[0]\n  → did you mean policy?\n',
  );
});

test('with --json the one document is the report, also of a file with errors', async () => {
  const run = await pitr(['settings', 'check', 'wrong.yaml', '--json'], { files });
  assert.equal(run.exit, 2);
  const document = JSON.parse(run.stdout);
  assert.equal(document.valid, false);
  assert.equal(document.settings, null);
  assert.deepEqual(document.problems[0].path, 'clusters[0].polcy');
});

test('what stands in a file cannot steer the terminal', async () => {
  const run = await pitr(['settings', 'check', 'hostile.yaml'], { files });
  assert.equal(run.exit, 2);
  assert.ok(!run.stdout.includes('\u001b'));
});

const refusals: readonly (readonly [title: string, argv: readonly string[], says: RegExp])[] = [
  [
    'a missing pitr.yaml',
    ['settings', 'check', 'no.yaml'],
    /no\.yaml is not there, expected a settings file\nhint: check the path/,
  ],
  ['a file that is no text', ['settings', 'check', 'bytes.yaml'], /bytes\.yaml is not UTF-8/],
  ['two files', ['settings', 'check', 'a', 'b'], /too many words after `pitr settings check`/],
  [
    'settings without what to do',
    ['settings'],
    /no command was given, expected one of settings check\nhint: pitr settings --help/,
  ],
  [
    'a misspelt command below settings',
    ['settings', 'chek'],
    /unknown command `chek`.*\nhint: did you mean `pitr settings check`\?/,
  ],
  [
    'an unknown option',
    ['settings', 'check', '--jsn'],
    /unknown option `--jsn`\nhint: did you mean `--json`\?/,
  ],
];
for (const [title, argv, says] of refusals) {
  test(`${title} is wrong usage, exit 2`, async () => {
    const run = await pitr(argv, { files });
    assert.equal(run.exit, 2);
    assert.match(run.stderr, says);
  });
}

test('without any file the hint names the example to copy', async () => {
  assert.match((await pitr(['settings', 'check'])).stderr, /hint: copy pitr\.example\.yaml to pitr\.yaml/);
});
