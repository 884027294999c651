import assert from 'node:assert/strict';
import test from 'node:test';
import { actionName, parseDdlJob, parseSchemaDiff } from '../../../lib/br/codec/ddl-job.ts';
import { documentBytes } from '../../support/schema-documents.ts';

test('action numbers have the names of the format, and unknown ones say their number', () => {
  const names: Readonly<Record<number, string>> = {
    1: 'create schema',
    12: 'modify column',
    25: 'recover table',
    34: 'create sequence',
    42: 'exchange partition',
    47: 'rename tables',
    53: 'drop placement policy',
    59: 'nocache table',
    62: 'flashback cluster',
    64: 'reorganize partition',
    67: 'remove ttl',
    72: 'remove partitioning',
    79: 'alter soft delete',
    84: 'region split policy',
    46: 'action 46',
    85: 'action 85',
    0: 'action 0',
  };
  for (const [type, name] of Object.entries(names)) assert.equal(actionName(Number(type)), name);
});

test('a job that was cancelled or rolled back did not succeed', () => {
  const job = (state: number): boolean =>
    parseDdlJob(documentBytes({ id: 5, type: 3, state, binlog: null }), 'job', 9n).succeeded;
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].filter(job), [4, 6]);
});

test('a job keeps the id before and the id after the change', () => {
  const bytes = documentBytes({
    id: 139,
    type: 11,
    state: 6,
    schema_id: 118,
    table_id: 126,
    query: 'truncate table t',
    start_ts: 470632760500289537n,
    binlog: { SchemaVersion: 81, DBInfo: null, TableInfo: { id: 136 }, FinishedTS: 470632760554815489n },
  });
  const event = parseDdlJob(bytes, 'job', 470632760554815490n);
  assert.deepEqual([event.tableId, event.newTableId, event.typeName], [126n, 136n, 'truncate table']);
  assert.equal(event.finishedTs, 470632760554815489n);
  assert.equal(event.commitTs, 470632760554815490n);
});

test('a record with a member of the wrong type is damage that names the record', () => {
  const bytes = documentBytes({ version: '64', type: 5 });
  assert.throws(() => parseSchemaDiff(bytes, 'schema diff 64', 1n), {
    name: 'ROW_DAMAGED',
    message: /schema diff 64 .* at version, found "64"/,
  });
});
