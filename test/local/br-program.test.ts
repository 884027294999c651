import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openBrProgram } from '../../lib/local/br-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function programOf(t: TestContext, lines: readonly string[]) {
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const file = join(folder.path, 'br');
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
  return { file, program: openBrProgram({ name: 'br', path: folder.path, workFolder: '/' }) };
}

test('br on the path tells its place and version', async (t) => {
  // The first line as backupmeta keeps it, the others as br prints them after it.
  const { file, program } = await programOf(t, [
    'echo "Release Version: v9.0.0-beta.2"; echo "Git Commit Hash: 1"; [ "$1" = --version ]',
  ]);
  assert.deepEqual(await program.describe(), { path: file, version: 'v9.0.0-beta.2' });
});

test('a program that is no br, or that fails, is told with its path', async (t) => {
  const other = await programOf(t, ['echo "br, a bridge utility 1.0"']);
  await assert.rejects(other.program.describe(), { code: 'BR_FAILED', message: /told no version/ });
  const failing = await programOf(t, ['exit 3']);
  await assert.rejects(failing.program.describe(), { code: 'BR_FAILED', message: /ended with an error/ });
});

test('no br on the path is a missing dependency', async () => {
  const program = openBrProgram({ name: 'br', path: '/nowhere', workFolder: '/' });
  await assert.rejects(program.describe(), { code: 'DEPENDENCY_MISSING' });
});
