// The code of each function: bundled beforehand in what `npm pack` ships, and by the same script at synth in the repository.
// Must not know what a function does.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from '../config/functions.ts';
import { PitrError } from '../domain/errors.ts';

/** Of the repository, or of what was packed: both have `lambdas/`, the one as TypeScript, the other bundled. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const bundler = join(root, 'scripts/bundle-lambdas.ts');

export const usualLambdaFolder = join(root, 'lambdas');

/** What Lambda is to call: `handler` of `index.mjs`. */
export const lambdaHandlerName = 'index.handler';

/** The same sources give the same bundle, so one process makes each folder once. */
const bundledFolders = new Map<string, string>();

/** Errors: INTERNAL when there is no file `NAME.ts`, and when the bundler refuses what is there. */
export function codeOf(name: FunctionName, folder: string): Code {
  if (existsSync(join(folder, name, 'index.mjs'))) return Code.fromAsset(join(folder, name));
  if (!existsSync(join(folder, `${name}.ts`))) {
    throw new PitrError(
      'INTERNAL',
      `${join(folder, `${name}.ts`)} is not there, expected one file for each function`,
    );
  }
  const bundled = bundledFolders.get(folder) ?? bundle(folder);
  bundledFolders.set(folder, bundled);
  return Code.fromAsset(join(bundled, name));
}

function bundle(folder: string): string {
  const out = mkdtempSync(join(tmpdir(), 'pitr-lambdas-'));
  process.once('exit', () => rmSync(out, { recursive: true, force: true }));
  const { status, stderr, error } = spawnSync(process.execPath, [bundler, folder, out], { encoding: 'utf8' });
  if (status === 0) return out;
  throw new PitrError(
    'INTERNAL',
    `the functions of ${folder} cannot be bundled: ${stderr || error?.message}`,
    {
      hint: `node scripts/bundle-lambdas.ts ${folder} OUT says it again`,
    },
  );
}
