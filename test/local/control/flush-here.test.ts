// A forced flush on this machine: the br of the settings is really started, once, and looked at until it is over.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseSettings } from '../../../lib/config/settings.ts';
import { flushHere } from '../../../lib/local/control/this-machine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function flushed(t: TestContext, script: string) {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const br = join(folder.path, 'br');
  const said = join(folder.path, 'said');
  writeFileSync(br, `#!/bin/sh\necho "$@" >> ${said}\n${script}\n`);
  chmodSync(br, 0o755);
  const settings = parseSettings(`version: 1
clusters:
  - {name: shop, tidbVersion: v8.5.7, pd: [10.0.0.1], bucket: {folder: ${folder.path}}, runner: {kind: local, brPath: ${br}}}
`);
  const place = { settings, folder: join(folder.path, '.pitr') };
  for (;;) {
    const answer = await flushHere(place, { cluster: 'shop', id: '1' });
    if (answer['decision'] !== 'running') return { answer, said: readFileSync(said, 'utf8') };
    await setTimeout(20);
  }
}

test('a flush that br ends well is done, and br was called once', { timeout: 60_000 }, async (t) => {
  const { answer, said } = await flushed(t, 'exit 0');
  assert.deepEqual(answer, { decision: 'flushed', reasons: [] });
  assert.match(said, /^operator force-flush --pd=10\.0\.0\.1:2379.*\n$/);
});

test('a flush that br fails is told in its words', { timeout: 60_000 }, async (t) => {
  const { answer } = await flushed(t, 'echo "Error: no store answered" >&2; exit 1');
  assert.equal(answer['decision'], 'failed');
  assert.match(String(answer['reasons']), /no store answered/);
});
