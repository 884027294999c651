// Writes docs/pitr.schema.json, the JSON schema of pitr.yaml for editors, from lib/config/settings-schema.ts.
// Usage: node scripts/generate-settings-schema.ts [--check]   (--check writes nothing; exit 1 when the file is another)

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingsSchemaText } from '../lib/config/settings-json-schema.ts';

const file = fileURLToPath(new URL('../docs/pitr.schema.json', import.meta.url));
const fresh = settingsSchemaText();
if (!process.argv.includes('--check')) {
  writeFileSync(file, fresh);
  console.log(`${file} written`);
} else if (readFileSync(file, 'utf8') === fresh) {
  console.log('docs/pitr.schema.json is what lib/config/settings-schema.ts says');
} else {
  console.error('docs/pitr.schema.json is old: run `node scripts/generate-settings-schema.ts` and commit');
  process.exitCode = 1;
}
