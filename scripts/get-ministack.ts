// Installs ministack, an emulator of AWS, into a folder with pip, once, for the deploy test. Prints the folder.
// Usage: node scripts/get-ministack.ts [FOLDER]. Exit 1 with the reason when there is no Python with venv and pip.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '1.5.33';
/** What it was tried with: a newer one of these must not change what the test says. */
const constraints = [
  'botocore==1.43.106',
  'defusedxml==0.7.1',
  'graphql-core==3.2.12',
  'h11==0.16.0',
  'h2==4.4.1',
  'hpack==4.2.0',
  'Hypercorn==0.18.0',
  'hyperframe==6.1.0',
  'jmespath==1.1.0',
  'jsonata-python==0.7.1',
  'priority==2.0.0',
  'python-dateutil==2.9.0.post0',
  'PyYAML==6.0.3',
  'six==1.17.0',
  'urllib3==2.8.0',
  'wsproto==1.3.2',
];
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, '.cache', `ministack-${version}`));

function run(program: string, ...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `${program} ${args[1]} ended with ${status ?? error?.message}\n${stdout ?? ''}${stderr ?? ''}`,
  );
}

function installInto(target: string): void {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(
      'Python 3 with venv is not on this machine (Debian: python3-venv): install it, or run without the deploy test',
    );
  }
  mkdirSync(dirname(target), { recursive: true });
  // Beside the target, and moved there when it is whole: an interrupted installation is never taken for one.
  const work = mkdtempSync(`${target}.part-`);
  try {
    const list = join(work, 'constraints.txt');
    writeFileSync(list, `${constraints.join('\n')}\n`);
    run('python3', '-m', 'venv', work);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    run(join(work, 'bin/python'), '-m', 'pip', 'install', ...quiet, '-c', list, `ministack==${version}`);
    renameSync(work, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  if (!existsSync(folder)) installInto(folder);
  console.log(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
