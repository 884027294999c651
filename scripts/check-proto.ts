// Makes the code of lib/br/proto again in a temporary folder and compares: generated files are never edited by hand.
// Exit 1 with the diff when the committed code is not what the .proto files say. Needs no network.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const committed = 'lib/br/proto/gen';
const folder = mkdtempSync(join(tmpdir(), 'check-proto-'));
try {
  const template = join(folder, 'buf.gen.yaml');
  const fresh = join(folder, 'gen');
  const settings = readFileSync(join(root, 'buf.gen.yaml'), 'utf8');
  writeFileSync(template, settings.replace(`out: ${committed}`, `out: ${fresh}`));
  const tools = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` };
  execFileSync('buf', ['generate', '--template', template], { cwd: root, env, stdio: 'inherit' });
  const diff = spawnSync('diff', ['-ru', committed, fresh], { cwd: root, encoding: 'utf8' });
  if (diff.status === 0) {
    console.log(`${committed} is what the .proto files say`);
  } else {
    console.error(diff.error?.message ?? diff.stdout + diff.stderr);
    console.error(`${committed} differs from what the .proto files say: run \`npm run generate\` and commit`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
