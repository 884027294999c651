// A real process, a real kill -9: an execution that is killed before and after each of its calls ends all the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const cases = [
  ['log-task', ['start-br', 'observe', 'settle-run']],
  ['restore-to-point', ['plan-restore', 'check-target', 'run-restore', 'verify-restore', 'settle-restore']],
] as const;

describe('a process that is killed with SIGKILL at each call of a flow', () => {
  for (const [flow, calls] of cases) {
    test(`${flow} ends well, and nothing is done twice that was answered`, async () => {
      const folder = await temporaryFolder();
      try {
        const run = () =>
          spawnSync(process.execPath, ['test/support/flow-process.ts', folder.path, flow], {
            encoding: 'utf8',
          });
        for (const place of calls.flatMap((name) => [`before ${name}`, `after ${name}`])) {
          assert.equal(run().signal, 'SIGKILL', place);
        }
        const last = run();
        assert.equal(last.status, 0, last.stderr);
        const { state, begun } = JSON.parse(last.stdout);
        assert.deepEqual([state, begun], ['succeeded', 2 * calls.length + 1]);
        const made = readFileSync(join(folder.path, 'calls.jsonl'), 'utf8').trim().split('\n');
        const names = made.map((line) => JSON.parse(line).name as string);
        // After a kill that came before the answer it is called again; a token's answer was on disk.
        const expected = calls.flatMap((name) => (/start-br|run-restore/.test(name) ? [name] : [name, name]));
        assert.deepEqual(names, expected);
      } finally {
        await folder.remove();
      }
    });
  }
});
