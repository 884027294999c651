import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Node {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
}

/** This Node with its TypeScript taken away stands for an old one; a really old one joins when the machine has it. */
function nodesThatCannot(): Node[] {
  const simulated = {
    name: 'a Node without TypeScript',
    program: process.execPath,
    flags: ['--no-experimental-strip-types'],
  };
  const system = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .find((path) => existsSync(path));
  if (system === undefined) return [simulated];
  const version = spawnSync(system, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return [simulated, { name: `the machine's own Node ${version}`, program: system, flags: [] }];
}

const stub = `
const [what, ...rest]: string[] = process.argv.slice(2);
if (what === 'wait') { process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(130); }); setInterval(() => {}, 1000); console.log('ready'); }
else if (what === 'die') process.kill(process.pid, 'SIGKILL');
else { console.log(JSON.stringify({ major: Number(process.versions.node.split('.')[0]), rest })); process.exitCode = 3; }
`;

async function withLauncher(
  options: { readonly node: boolean; readonly entry: boolean },
  run: (launcher: string) => Promise<void> | void,
): Promise<void> {
  const folder = await temporaryFolder();
  try {
    mkdirSync(join(folder.path, 'bin'));
    mkdirSync(join(folder.path, 'node_modules'));
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
    cpSync('bin/pitr.mjs', join(folder.path, 'bin/pitr.mjs'));
    if (options.entry) writeFileSync(join(folder.path, 'bin/pitr.ts'), stub);
    if (options.node)
      symlinkSync(realpathSync(resolve('node_modules/node')), join(folder.path, 'node_modules/node'));
    await run(join(folder.path, 'bin/pitr.mjs'));
  } finally {
    await folder.remove();
  }
}

for (const node of nodesThatCannot()) {
  describe(`the launcher on ${node.name}`, () => {
    test('arguments and exit code pass through to a Node that can', () =>
      withLauncher({ node: true, entry: true }, (launcher) => {
        const result = spawnSync(node.program, [...node.flags, launcher, 'window', '--at', 'a b', ''], {
          encoding: 'utf8',
        });
        assert.equal(result.status, 3, result.stderr);
        const seen = JSON.parse(result.stdout);
        assert.deepEqual(seen.rest, ['--at', 'a b', '']);
        assert.ok(seen.major >= 24);
      }));

    test('a signal reaches the program, which ends in its own way', () =>
      withLauncher({ node: true, entry: true }, async (launcher) => {
        const child = spawn(node.program, [...node.flags, launcher, 'wait'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.on('data', (chunk) => {
          output += chunk;
          if (String(output) === 'ready\n') child.kill('SIGTERM');
        });
        const [code] = await once(child, 'close');
        assert.equal(output, 'ready\nasked to stop\n');
        assert.equal(code, 130);
      }));

    test('a program that a signal ends is seen as ended by that signal', () =>
      withLauncher({ node: true, entry: true }, (launcher) => {
        assert.equal(spawnSync(node.program, [...node.flags, launcher, 'die']).signal, 'SIGKILL');
      }));
  });
}

describe('the launcher', () => {
  test('on a Node that can, it starts no other', () =>
    withLauncher({ node: false, entry: true }, (launcher) => {
      const result = spawnSync(process.execPath, [launcher, 'x', 'y'], { encoding: 'utf8' });
      assert.equal(result.status, 3, result.stderr);
      assert.deepEqual(JSON.parse(result.stdout).rest, ['y']);
    }));

  test('without a Node that can, it says in one sentence what to install', () =>
    withLauncher({ node: false, entry: true }, (launcher) => {
      const result = spawnSync(process.execPath, ['--no-experimental-strip-types', launcher], {
        encoding: 'utf8',
      });
      assert.equal(result.status, 1);
      assert.match(
        result.stderr,
        /^pitr: Node v\d+.* cannot run this: it does not run TypeScript; install Node 24 or newer.*\n$/,
      );
    }));

  test('a package that was not built says so', () =>
    withLauncher({ node: true, entry: false }, (launcher) => {
      const result = spawnSync(process.execPath, [launcher], { encoding: 'utf8' });
      assert.equal(result.status, 1);
      assert.match(result.stderr, /^pitr: .*dist\/bin\/pitr\.js is missing: .* npm run build/);
    }));
});
