// The other witness: what the real `br log status --json` said in the situations whose keys were recorded.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type JsonObject, parseJson } from '../../lib/br/json-u64.ts';
import { displayedCheckpoint } from '../../lib/domain/log-task/log-task-facts.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import { fixtures } from '../support/recorded-backups.ts';
import { recordedPd } from '../support/recorded-pd.ts';

/** br's word for each state. */
const words = { normal: 'NORMAL', paused: 'PAUSE', error: 'ERROR' } as const;

function statusOf(name: string): JsonObject {
  const lines = readFileSync(`${fixtures}${name}.stdout`, 'utf8').split('\n');
  const line = lines.find((text) => text.startsWith('[{'));
  const tasks = parseJson(name, new TextEncoder().encode(line)) as readonly JsonObject[];
  assert.equal(tasks.length, 1);
  return tasks[0]!;
}

for (const [keys, status] of [
  ['shop/pd/2-running-after-flush', 'shop/br/06-log-status-json'],
  ['shop/pd/3-paused', 'shop/br/10-log-status-paused'],
  ['error-state/pd/7-error', 'error-state/br/18-log-status-error'],
  ['error-state/pd/9-after-fix', 'error-state/br/21-log-status-after-fix'],
] as const) {
  test(`${keys} is what br says in ${status}`, () => {
    const { task } = logBackupFacts(recordedPd(keys).keyValues, 1n);
    const br = statusOf(status);
    assert.ok(task.kind === 'task');
    assert.equal(task.name, br['name']);
    assert.equal(words[task.state.kind], br['status']);
    assert.equal(task.startTs, br['start_ts']);
    assert.equal(task.endTs, br['end_ts']);
    assert.deepEqual(task.tableFilter, br['table_filter']);
    assert.equal(displayedCheckpoint(task), br['checkpoint']);
    // Machine paths of folders were replaced in one of the two recordings, buckets in none.
    if (task.storage.url.startsWith('s3:')) assert.equal(task.storage.url, br['storage']);
    const errors = (br['last_errors'] as readonly JsonObject[]).map(
      ({ last_error }) => last_error as JsonObject,
    );
    assert.deepEqual(
      task.storeErrors.map(({ storeId, code, message, atMs }) => [storeId, code, message, BigInt(atMs ?? 0)]),
      errors.map((one) => [one['store_id'], one['error_code'], one['error_message'], one['happen_at']]),
    );
    if (task.state.kind === 'normal') return;
    const pause = task.state.kind === 'error' ? task.state.pause : task.state;
    const said = br['extra_pause_information'] as JsonObject;
    const since = new Date(Math.floor((pause.sinceMs ?? 0) / 1000) * 1000)
      .toISOString()
      .replace('.000Z', 'Z');
    assert.deepEqual(
      [pause.severity, pause.host, BigInt(pause.pid ?? 0), since],
      ['severity', 'operation_hostname', 'operation_pid', 'operation_time'].map((name) => said[name]),
    );
  });
}
