// A program for tests to kill: writes whole changes into a state file, one after the other, for ever, and prints the number of
// each when it is answered. Arguments: file, worker's name, first number.

import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { auditOf, noon, plannedSnapshot, signalOf } from './state-builders.ts';

const [path = '', worker = '', first = '0'] = process.argv.slice(2);
const store = await openSqliteTaskStore(path);
for (let number = Number(first); ; number++) {
  const nowMs = noon + number * 1000;
  const cluster = `shop-${worker}`;
  await store.commit({
    cluster,
    nowMs,
    records: [{ record: plannedSnapshot(nowMs, cluster), expect: 'absent' }],
    audit: auditOf(`change-${number}`, nowMs, cluster),
    signals: [signalOf(`signal-${number}`, nowMs, cluster)],
  });
  process.stdout.write(`${number}\n`);
}
