// Writes the Retry and Catch lists of lib/flows/*.asl.json, as lib/config/flow-lists.ts has them from the error codes.
// Usage: node scripts/generate-flows.ts [--check]   (--check writes nothing; exit 1 when a file is another)

import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLists } from '../lib/config/flow-lists.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In the formatter's own hand, so that neither undoes the other's work. */
function formatted(path: string, json: unknown): string {
  const biome = join(root, 'node_modules/.bin/biome');
  const result = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: JSON.stringify(json, null, 2),
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`biome cannot format ${path}: ${result.stderr ?? result.error}`);
  return result.stdout;
}

for (const path of globSync('lib/flows/*.asl.json', { cwd: root }).sort()) {
  const stored = readFileSync(join(root, path), 'utf8');
  const fresh = formatted(path, withLists(JSON.parse(stored)));
  if (!process.argv.includes('--check')) {
    if (fresh !== stored) writeFileSync(join(root, path), fresh);
    console.log(`${path} ${fresh === stored ? 'is as it was' : 'written'}`);
  } else if (fresh === stored) {
    console.log(`${path} has the lists that lib/config/flow-lists.ts says`);
  } else {
    console.error(`${path} is old: run \`node scripts/generate-flows.ts\` and commit`);
    process.exitCode = 1;
  }
}
