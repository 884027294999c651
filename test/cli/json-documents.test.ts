import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { LocalUpRequest } from '../../lib/cli/control-operations.ts';
import type { QueryRequest } from '../../lib/cli/operations.ts';
import { auditReport, cleanUpReport, costView, plannedCleanup } from './bucket-views.ts';
import { doctorReport, silentReport, statusReport } from './cluster-views.ts';
import { plannedReport, truncateView, upLine, upView } from './control-views.ts';
import { pitr } from './fake-host.ts';
import { sampleAnswer } from './retention-views.ts';
import { inspectView, queryView, restoreView, snapshots, tablesView, windowView } from './sample-views.ts';

const page = readFileSync(new URL('../../docs/formats/json.md', import.meta.url), 'utf8');

/** field → type, from the table below the schema's heading. */
function documented(schema: string): ReadonlyMap<string, string> {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${schema}\n`));
  assert.ok(section, `${schema} is not in docs/formats/json.md`);
  const rows = [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)];
  return new Map(rows.map((row) => [row[1] ?? '', (row[2] ?? '').trim()]));
}

const isInstant = (value: object): boolean => Object.keys(value).join() === 'tso,utc';

/** Every field of a document with the values that it has there. Fields in `whole` are not looked into. */
function fieldsOf(
  value: unknown,
  path: string,
  whole: readonly string[],
  into: Map<string, unknown[]>,
): void {
  const isObject = typeof value === 'object' && value !== null;
  const isList = Array.isArray(value);
  const grouped = isObject && !isList && !isInstant(value) && !whole.includes(path);
  if (path !== '' && !path.endsWith('[]') && !grouped) into.set(path, [...(into.get(path) ?? []), value]);
  if (whole.includes(path)) return;
  if (isList) {
    for (const item of value) if (typeof item === 'object') fieldsOf(item, `${path}[]`, whole, into);
  } else if (grouped) {
    for (const [key, item] of Object.entries(value))
      fieldsOf(item, path === '' ? key : `${path}.${key}`, whole, into);
  }
}

/** Whether a value is of the type in the words of the page. */
function isOfType(value: unknown, type: string): boolean {
  return type.split(' or ').some((one) => {
    switch (one) {
      case 'null':
        return value === null;
      case 'instant':
        return typeof value === 'object' && value !== null && isInstant(value);
      case 'list':
      case 'list of lists':
        return Array.isArray(value);
      case 'string[]':
        return Array.isArray(value) && value.every((item) => typeof item === 'string');
      case 'object':
        return typeof value === 'object' && value !== null;
      case 'any':
        return true;
      default:
        return typeof value === one;
    }
  });
}

const source = ['--storage', 'x', '--json'];
const moment = [...source, '--at', 'latest'];
const operations = {
  describeWindow: async () => windowView,
  listSnapshots: async () => ({ storage: ['file:///backups/shop'], snapshots }),
  listTables: async () => tablesView,
  restore: async () => restoreView,
  query: async ({ reader }: QueryRequest) => {
    await reader.columns(queryView.columns);
    await reader.rows(queryView.rows);
    return queryView;
  },
  inspect: async () => inspectView,
  checkCluster: async () => doctorReport,
  describeStatus: async () => statusReport,
  restoreCluster: async () => plannedReport,
  callFunction: sampleAnswer,
  truncate: async () => truncateView,
  auditBucket: async () => auditReport,
  planCleanup: async () => plannedCleanup,
  cleanUp: async () => cleanUpReport,
  costBucket: async () => costView,
  localUp: async ({ begun, tell }: LocalUpRequest) => {
    begun(upView);
    tell(upLine);
    return { unfinished: ['restore-to-point x'] };
  },
};
const settingsLines = (name: string) => `version: 1
clusters:
  - name: ${name}
    tidbVersion: v8.5.4
    pd: [10.0.0.1]
    vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}
    policy: {log: off}
`;
const files = {
  'doubtful.yaml': Buffer.from(settingsLines('shop')),
  'wrong.yaml': Buffer.from(settingsLines('Shop')),
  'local.yaml': Buffer.from(
    'version: 1\nclusters: [{name: shop, tidbVersion: v8.5.4, pd: [a], bucket: {folder: /b}, runner: {kind: local}}]\n',
  ),
};
const documents: readonly (readonly [schema: string, argv: readonly string[], whole: readonly string[]])[] = [
  ['pitr.window/v1', ['window', ...source], []],
  ['pitr.snapshots/v1', ['snapshots', ...source], []],
  ['pitr.tables/v1', ['tables', ...moment], []],
  ['pitr.restore/v1', ['restore', ...moment, '--into', 'jsonl:out'], []],
  ['pitr.query/v1', ['query', 'SELECT 1', ...moment], ['rows']],
  ['pitr.inspect/v1', ['inspect', 'x', '--json'], ['document']],
  ['pitr.settings/v1', ['settings', 'check', 'doubtful.yaml', '--json'], ['settings']],
  ['pitr.settings/v1', ['settings', 'check', 'wrong.yaml', '--json'], ['settings']],
  ['pitr.doctor/v1', ['doctor', '--pd', 'a:1', '--json'], []],
  ['pitr.status/v1', ['status', '--pd', 'a:1', '--json'], []],
  [
    'pitr.restore-cluster/v1',
    ['restore-cluster', '--cluster', 'shop', '--at', '-1m', '--target', 'a', '--json'],
    [],
  ],
  ['pitr.operation/v1', ['truncate-log', '--cluster', 'shop', '--dry-run', '--json'], ['answer']],
  ['pitr.truncate/v1', ['truncate', ...source, '--engine', 'native', '--until', '-1d', '--dry-run'], []],
  ['pitr.retention-plan/v1', ['retention', 'plan', '--cluster', 'shop', '--json'], []],
  ['pitr.pins/v1', ['pins', '--cluster', 'shop', '--json'], []],
  ['pitr.audit/v1', ['audit', ...source], []],
  ['pitr.audit-plan/v1', ['audit', ...source, '--plan'], []],
  ['pitr.audit-apply/v1', ['audit', ...source, '--apply', '20261122120000-audit'], []],
  ['pitr.cost/v1', ['cost', ...source], []],
  ['pitr.error/v1', ['window', '--json', '--bogus'], ['details']],
];

for (const [schema, argv, whole] of documents) {
  test(`${schema} has exactly the fields that docs/formats/json.md tells, in its order and of its types`, async () => {
    const document = JSON.parse((await pitr(argv, { operations, files })).stdout);
    assert.equal(document.schema, schema);
    const fields = new Map<string, unknown[]>();
    fieldsOf(document, '', whole, fields);
    const types = documented(schema);
    assert.deepEqual([...fields.keys()], [...types.keys()]);
    for (const [field, values] of fields) {
      for (const value of values) {
        assert.ok(
          isOfType(value, types.get(field) ?? ''),
          `${field} is ${JSON.stringify(value)}, not ${types.get(field)}`,
        );
      }
    }
  });
}

test('the lines of pitr local up --json are objects of pitr.event/v1 with the fields that the page tells, each of its kind', async () => {
  const { stdout } = await pitr(['local', 'up', '--settings', 'local.yaml', '--json'], { operations, files });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['begun', 'trouble', 'ended'],
  );
  const fields = new Map<string, unknown[]>();
  for (const line of lines) fieldsOf(line, '', ['event'], fields);
  const types = documented('pitr.event/v1');
  assert.deepEqual([...fields.keys()].sort(), [...types.keys()].sort());
  for (const [field, values] of fields) {
    for (const value of values) assert.ok(isOfType(value, types.get(field) ?? ''), `${field}: ${value}`);
  }
});

test('a TSO in a document is its digits, never a rounded number', async () => {
  const run = await pitr(['window', ...source], { operations });
  assert.match(run.stdout, /"latest": \{ "tso": "470632774605733889", "utc": "2026-11-22T04:25:58\.402Z" \}/);
});

test('rows of a query stand on one line each, so that a diff reads as rows', async () => {
  const run = await pitr(['query', 'SELECT 1', ...moment], { operations });
  assert.match(run.stdout, /\n {4}\[22222, "🦊 fox", null\],\n/);
});

test('bytes in an inspected object are lower-case hexadecimal and u64 are digits', async () => {
  const { document } = JSON.parse((await pitr(['inspect', 'x', '--json'], { operations })).stdout);
  assert.equal(document.endVersion, '470632754705858561');
  assert.equal(document.files[0].sha256, '0102ff');
});

test('the status of a silent PD has the problem, and neither a cluster nor a task', async () => {
  const silent = { ...operations, describeStatus: async () => silentReport };
  const run = await pitr(['status', '--pd', 'a:1', '--json'], { operations: silent });
  const document = JSON.parse(run.stdout);
  assert.equal(run.exit, 1);
  assert.deepEqual(document.problem, { code: 'PD_UNREACHABLE', message: 'no PD answered', hint: 'look' });
  assert.equal(document.cluster, null);
  assert.equal(document.task, null);
  assert.equal(document.bucket.state, 'not-asked');
});
