// Writes docs/grafana/tidb-pitr.json, the dashboard for Grafana, from lib/stack/panels.ts.
// Usage: node scripts/generate-grafana.ts [--check]   (--check writes nothing; exit 1 when the file is another)

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grafanaDashboard } from '../lib/stack/grafana.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'docs/grafana/tidb-pitr.json');

/** In the formatter's own hand, so that neither undoes the other's work. */
function formatted(json: unknown): string {
  const biome = join(root, 'node_modules/.bin/biome');
  const options = { cwd: root, input: JSON.stringify(json, null, 2), encoding: 'utf8' } as const;
  const result = spawnSync(biome, ['format', `--stdin-file-path=${file}`], options);
  if (result.status !== 0) throw new Error(`biome cannot format ${file}: ${result.stderr ?? result.error}`);
  return result.stdout;
}

const fresh = formatted(grafanaDashboard());
if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, fresh);
  console.log(`${file} written`);
} else if (readFileSync(file, 'utf8') === fresh) {
  console.log('docs/grafana/tidb-pitr.json shows what lib/stack/panels.ts says');
} else {
  console.error('docs/grafana/tidb-pitr.json is old: run `node scripts/generate-grafana.ts` and commit');
  process.exitCode = 1;
}
