// Installs cfn-lint, which checks templates against the schemas of CloudFormation, into a folder with pip, once, for the test that
// asks it. Prints the folder.
// Usage: node scripts/get-cfn-lint.ts [FOLDER]. Exit 1 with the reason when there is no Python with venv and pip.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '1.58.0';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, '.cache', `cfn-lint-${version}`));

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args[1]}: ${error?.message ?? stderr}`);
}

function install(): void {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status !== 0) {
    throw new Error('Python 3 with venv is not on this machine (Debian: python3-venv)');
  }
  mkdirSync(dirname(folder), { recursive: true });
  // Beside its place, and moved there when it is whole: an interrupted installation is never taken for one.
  const work = mkdtempSync(`${folder}.part-`);
  try {
    run('python3', '-m', 'venv', work);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    run(join(work, 'bin/python'), '-m', 'pip', 'install', ...quiet, `cfn-lint==${version}`);
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  if (!existsSync(folder)) install();
  console.log(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
