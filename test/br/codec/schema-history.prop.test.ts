import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseMetaKey } from '../../../lib/br/codec/meta-key.ts';
import {
  buildSchemaHistory,
  type MetaChange,
  type SchemaHistory,
} from '../../../lib/br/codec/schema-history.ts';
import { physicalIds } from '../../../lib/br/codec/table-info.ts';
import { run, type Statement, verbs } from '../../support/schema-ddl.ts';
import { baselineEntries, type Moment, rowIds, SchemaLog, seenAt } from '../../support/schema-log.ts';

const statement: fc.Arbitrary<Statement> = fc.record({
  verb: fc.constantFrom(...verbs),
  a: fc.nat(7),
  b: fc.nat(7),
});
const beginning: readonly Statement[] = (['createDb', 'createDb', 'createTable', 'createParts'] as const).map(
  (verb, i) => ({
    verb,
    a: i,
    b: 0,
  }),
);

function logOf(statements: readonly Statement[]): SchemaLog {
  const log = new SchemaLog();
  for (const one of [...beginning, ...statements]) run(log, one);
  return log;
}

/** A base at some moment of the log, and the log in a random order with some changes twice. */
const scene = fc
  .tuple(fc.array(statement, { maxLength: 25 }), fc.nat(), fc.infiniteStream(fc.nat(3)))
  .map(([statements, at, luck]) => {
    const log = logOf(statements);
    const base = log.moments[at % log.moments.length]!;
    const changes: MetaChange[] = [];
    for (const one of log.changes) {
      const lot = luck.next().value;
      if (lot % 2 === 0) changes.push(one);
      else changes.unshift(one);
      if (lot === 3) changes.push(one);
    }
    return { log, base, changes };
  });

const historyOf = (base: Moment, changes: readonly MetaChange[]): SchemaHistory =>
  buildSchemaHistory({ ts: base.ts, entries: baselineEntries(base) }, changes);

const parameters = { seed: 20261122, numRuns: 120 };

test('the generator reaches recovered tables, exchanged partitions and reorganizations', () => {
  const reached = new Set<number>();
  fc.assert(
    fc.property(scene, ({ changes, base }) => {
      for (const one of changes) {
        if (parseMetaKey(one.rawKey).kind !== 'diff' || one.commitTs <= base.ts) continue;
        reached.add(JSON.parse(Buffer.from(one.value!).toString('utf8')).type);
      }
    }),
    parameters,
  );
  assert.deepEqual(
    [...reached].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 11, 14, 19, 20, 23, 25, 42, 63, 64],
  );
});

test('at every commit after any base the schema is the one the user saw', () => {
  fc.assert(
    fc.property(scene, ({ log, base, changes }) => {
      const history = historyOf(base, changes);
      for (const moment of log.moments) {
        if (moment.ts < base.ts) continue;
        const { tables } = history.at(moment.ts);
        const seen = new Map(
          tables.map((one) => [`${one.db.name}.${one.table.name}`, physicalIds(one.table)]),
        );
        assert.deepEqual(seen, seenAt(moment));
      }
    }),
    parameters,
  );
});

/** Ids alive at the end with rows older than the base that a snapshot of the base has not: by the model. */
function lostRows(log: SchemaLog, base: Moment): readonly bigint[] {
  const inBase = new Set([...seenAt(base).values()].flat());
  const alive = [...seenAt(log.now).values()].flat();
  return alive.filter((id) => !inBase.has(id) && log.firstWrite.get(id)! <= base.ts).sort();
}

test('exactly the ids whose rows are neither in the base nor in the log are said to need an older base', () => {
  let needed = 0;
  fc.assert(
    fc.property(scene, ({ log, base, changes }) => {
      const needs = historyOf(base, changes).needsOlderBase(base.ts, log.now.ts);
      const lost = lostRows(log, base);
      const sure = needs.filter((one) => !one.unsure).map((one) => one.physicalId);
      assert.deepEqual(needs.map((one) => one.physicalId).sort(), lost);
      assert.deepEqual(sure.sort(), lost);
      needed += lost.length;
    }),
    { ...parameters, numRuns: 300 },
  );
  assert.ok(needed > 20, `only ${needed} ids needed an older base in all runs`);
});

test('without the schema diffs and without what came before the base no lost rows are overlooked', () => {
  fc.assert(
    fc.property(scene, ({ log, base, changes }) => {
      const poor = changes.filter(
        (one) => one.commitTs > base.ts && parseMetaKey(one.rawKey).kind !== 'diff',
      );
      const needs = historyOf(base, poor)
        .needsOlderBase(base.ts, log.now.ts)
        .map((one) => one.physicalId);
      for (const id of lostRows(log, base)) assert.ok(needs.includes(id), String(id));
    }),
    { ...parameters, numRuns: 300 },
  );
});

test('a base at the end of the log sees what the log from its beginning sees', () => {
  fc.assert(
    fc.property(scene, ({ log, changes }) => {
      const all = buildSchemaHistory({ ts: 0n, entries: [] }, changes).at(log.now.ts);
      const own = historyOf(log.now, []).at(log.now.ts);
      const seen = (one: typeof all): unknown =>
        one.tables.map((t) => [t.db.name, t.table.name, t.table.columns.length]);
      assert.deepEqual(seen(all), seen(own));
    }),
    parameters,
  );
});

test('the model itself gives no id to two tables', () => {
  fc.assert(
    fc.property(scene, ({ log }) => {
      for (const moment of log.moments) {
        const ids = [...moment.databases.values()].flatMap((db) => [...db.tables.values()].flatMap(rowIds));
        assert.equal(new Set(ids).size, ids.length);
      }
    }),
    parameters,
  );
});
