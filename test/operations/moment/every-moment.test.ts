// Every moment of the recorded log at which something was committed can be read, and goes on from the moment before it in
// the way the workload did: it only ever added events and customers, and gave out order numbers upwards.
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';
import { readTs } from '../../../lib/br/codec/keys.ts';
import { parseWriteRecord, WriteRecord, writeTypes } from '../../../lib/br/codec/write-record.ts';
import { forEachEvent } from '../../../lib/br/log/event-stream.ts';
import { readLogRange } from '../../../lib/br/log/log-range.ts';
import { listLogMetas, readLogMetas } from '../../../lib/br/log/log-selection.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { type MemoryRestore, restoreInMemory } from '../../support/memory-restore.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { readTruth, sortedLines } from '../../support/truth.ts';
import { firstBase, sourceOf } from './recorded-moments.ts';

const first = BigInt(readTruth('shop', 't1').tso);
const last = BigInt(readTruth('shop', 't7').tso);

interface Commit {
  readonly ts: bigint;
  readonly isDdl: boolean;
}

/** The distinct commits of puts and deletes in the log from t1 to t7, oldest first. */
async function commitsOf(store: ObjectStore): Promise<readonly Commit[]> {
  const found = new Map<bigint, boolean>();
  const record = new WriteRecord();
  for await (const { groups } of readLogMetas(store, await listLogMetas(store, 'log-backup/'))) {
    for (const { path, files } of groups) {
      for (const file of files) {
        if (file.cf !== 'write' || file.type !== 'put') continue;
        const plain = await readLogRange(store, `log-backup/${path}`, file);
        const visit = (_: number, keyEnd: number, valueStart: number, valueEnd: number) => {
          const ts = readTs(plain, keyEnd - 8);
          if (ts < first || ts > last || valueStart === valueEnd) return;
          parseWriteRecord(plain, valueStart, valueEnd, record);
          const counts = record.type === writeTypes.put || record.type === writeTypes.delete;
          if (counts) found.set(ts, found.get(ts) === true || file.isMeta);
        };
        forEachEvent(plain, visit, path);
      }
    }
  }
  return [...found].map(([ts, isDdl]) => ({ ts, isDdl })).sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

const linesOf = ({ tables }: MemoryRestore, name: string) => sortedLines(tables.get(name)?.text ?? '');
const idsOf = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).id as number);

describe('every moment', () => {
  let bucket: ObjectStore;
  let commits: readonly Commit[];
  before(async () => {
    bucket = await recordedCopy(shopBucket);
    commits = await commitsOf(bucket);
  });

  test('the recorded log has hundreds of commits between t1 and t7, dozens of them of the schema', () => {
    assert.ok(commits.length > 700);
    assert.ok(commits.filter(({ isDdl }) => isDdl).length > 50);
  });

  test('every commit is a moment that can be read, and no moment loses what the workload only added', async () => {
    let events: ReadonlySet<string> = new Set();
    let largestOrder = 0;
    const states = new Set<string>();
    for (const { ts } of commits) {
      const restored = await restoreInMemory(sourceOf(bucket), { at: String(ts) });
      assert.equal(restored.report.moment, ts);
      for (const name of ['audit.events', 'audit.hourly', 'shop.customers', 'shop.orders'])
        assert.ok(restored.tables.has(name), `${name} is there at ${ts}`);

      const now = new Set(linesOf(restored, 'audit.events'));
      for (const event of events) assert.ok(now.has(event), `${event} is still there at ${ts}`);
      events = now;
      const customers = idsOf(linesOf(restored, 'shop.customers'));
      assert.equal(new Set(customers).size, 50, `the customers at ${ts}`);
      const orders = idsOf(linesOf(restored, 'shop.orders'));
      assert.equal(new Set(orders).size, orders.length, `an order is there once at ${ts}`);
      const largest = Math.max(...orders);
      assert.ok(largest >= largestOrder, `order ${largestOrder} is followed by a larger one at ${ts}`);
      largestOrder = largest;
      states.add([...restored.tables].map(([name, { ddl, text }]) => `${name}${ddl}${text}`).join());
    }
    assert.ok(states.size > 300, `${states.size} different states`);
  });

  test('just before a commit, the moment is that of the commit before', async () => {
    for (let i = 1; i < commits.length; i += 61) {
      const [earlier, later] = [commits[i - 1], commits[i]];
      assert.ok(earlier && later);
      const [a, b] = [
        await restoreInMemory(sourceOf(bucket), { at: String(earlier.ts) }),
        await restoreInMemory(sourceOf(bucket), { at: String(later.ts - 1n) }),
      ];
      assert.deepEqual(b.tables, a.tables, `from ${earlier.ts} until before ${later.ts} nothing changes`);
    }
  });

  test('at every commit of the schema, and some others, the oldest base gives the same as the newest', async () => {
    const chosen = commits.filter(({ isDdl }, i) => isDdl || i % 71 === 0);
    for (const { ts } of chosen) {
      const newest = await restoreInMemory(sourceOf(bucket), { at: String(ts) });
      if (newest.report.base === firstBase) continue;
      const oldest = await restoreInMemory(sourceOf(bucket), { at: String(ts), base: firstBase });
      assert.deepEqual(oldest.tables, newest.tables, `at ${ts}`);
    }
  });
});
