// A pid is believed only together with the time its process began.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { beganByPs, identityOf, isAlive } from '../../../lib/local/runs/process-identity.ts';

test('a living process is itself, with another beginning it is not', () => {
  const me = identityOf(process.pid);
  assert.ok(me !== undefined);
  assert.equal(isAlive(me), true);
  assert.equal(isAlive({ ...me, began: `${me.began}0` }), false);
});

test('a process that ended is not alive, and has no identity', async () => {
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const identity = identityOf(child.pid!);
  assert.ok(identity !== undefined && isAlive(identity));
  const before = beganByPs(child.pid!);
  assert.match(before ?? '', /\d\d:\d\d:\d\d/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isAlive(identity), false);
  assert.equal(identityOf(child.pid!), undefined);
  assert.equal(beganByPs(child.pid!), undefined);
});
