// `npm start`, as a new user runs it: the whole story comes to its end, every act of it, in time.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('npm start tells the whole story in less than 90 seconds, and proves its restore', {
  timeout: 120_000,
}, () => {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/demo/demo.ts'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  for (const line of [
    /^Played back: br .* and PD/m,
    /pitr\.yaml is right$/m,
    /shop the log task pitr runs, and its checkpoint moves$/m,
    /planned, 20261122042600, reason the schedule fired$/m,
    /^ {3}snapshot-20261122042600 is complete: br said so, and its backupmeta was read back$/m,
    /from 3 bases: snapshot-20261122042442, snapshot-20261122042455, snapshot-20261122042600$/m,
    /restore-to-point demo: Succeeded$/m,
    /^ {3}br came to 470632761065996290 /m,
    /^ {3}shop\.orders {7}443 rows, all equal$/m,
    /^ {3}nothing is cut: the window of seven days ends where the log ends/m,
    /^ {3}cut everything before 470632772993548292, the BackupTS of snapshot-20261122042600$/m,
  ]) {
    assert.match(stdout, line);
  }
  assert.ok(performance.now() - begun < 90_000);
});
