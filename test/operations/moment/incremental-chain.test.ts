import assert from 'node:assert/strict';
import test from 'node:test';
import { type DdlEvent, parseDdlJob } from '../../../lib/br/codec/ddl-job.ts';
import type { SchemaBaseline } from '../../../lib/br/codec/schema-versions.ts';
import { parseDbInfo, parseTableInfo } from '../../../lib/br/codec/table-info.ts';
import { chainNeeds } from '../../../lib/operations/moment/incremental-chain.ts';
import { dbDocument, documentBytes, tableDocument } from '../../support/schema-documents.ts';

const db = parseDbInfo(documentBytes(dbDocument(2, 'd')), 'd');

function schemas(ts: bigint, ...ids: readonly number[]): SchemaBaseline {
  const table = (id: number) => parseTableInfo(documentBytes(tableDocument({ id, called: `t${id}` })), 't');
  return { ts, entries: ids.map((id) => ({ db, dbBytes: new Uint8Array(0), table: table(id) })) };
}

function job(members: Readonly<Record<string, unknown>>): DdlEvent {
  return parseDdlJob(documentBytes({ id: 50, state: 6, schema_id: 2, ...members }), 'job', 20n);
}

const recover = 25;
const flashbackDatabase = 63;

test('a table that is new in an incremental snapshot is taken, and so is one that was in both', () => {
  assert.deepEqual(
    chainNeeds([schemas(10n, 7), schemas(20n, 7, 9)], [[], [job({ type: 3, table_id: 9 })]]),
    [],
  );
});

test('a table with an id of before that was not in the snapshot before is named', () => {
  const [need, ...others] = chainNeeds([schemas(10n, 9), schemas(20n, 7, 9)], [[], []]);
  assert.deepEqual([need.database, need.table, need.physicalId, others.length], ['d', 't7', 7n, 0]);
});

test('a table that was the newest when it was dropped is named when a job says that it was brought back', () => {
  const chain = [schemas(10n, 7), schemas(20n, 7, 9)];
  for (const back of [
    { type: recover, table_id: 9 },
    { type: flashbackDatabase, table_id: 0 },
  ]) {
    assert.deepEqual(
      chainNeeds(chain, [[], [job(back)]]).map(({ table }) => table),
      ['t9'],
    );
    assert.deepEqual(chainNeeds(chain, [[], [job({ ...back, state: 3 })]]), []);
  }
});

test('a table that was truncated after its database was brought back is taken: its new id has no older rows', () => {
  const truncated = { type: 11, table_id: 8, binlog: { FinishedTS: 1, TableInfo: { id: 9 } } };
  const jobs = [job({ type: flashbackDatabase, table_id: 0 }), job(truncated)];
  assert.deepEqual(chainNeeds([schemas(10n, 7), schemas(20n, 7, 9)], [[], jobs]), []);
});

test('a table that was made, dropped and brought back since the snapshot before is taken', () => {
  const jobs = [job({ type: 3, table_id: 9 }), job({ type: recover, table_id: 9 })];
  assert.deepEqual(chainNeeds([schemas(10n, 7), schemas(20n, 7, 9)], [[], jobs]), []);
});

test('a table that was dropped and brought back between two snapshots that both have it is taken', () => {
  assert.deepEqual(
    chainNeeds([schemas(10n, 9), schemas(20n, 9)], [[], [job({ type: recover, table_id: 9 })]]),
    [],
  );
});
