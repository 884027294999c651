// What a user gets from `npm pack`: JavaScript that starts where only the declared dependencies are.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from './support/temporary-folder.ts';

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const storage = resolve('test/fixtures/shop/bucket/backup-data');

describe('the packed project', () => {
  let folder: TemporaryFolder;
  let installed: string;
  let packed: readonly string[];
  const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

  /** As `npm install` would lay it out, from the packages that are here: nothing is downloaded. */
  function install(tarball: string): void {
    installed = join(folder.path, 'app/node_modules/tidb-pitr');
    mkdirSync(installed, { recursive: true });
    const untar = spawnSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], {
      encoding: 'utf8',
    });
    assert.equal(untar.status, 0, untar.stderr);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (!existsSync(join('node_modules', name))) continue;
      const link = join(folder.path, 'app/node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join('node_modules', name)), link);
    }
  }

  before(async () => {
    folder = await temporaryFolder();
    // Built and packed in a copy, so that two runs at once do not meet in dist/.
    const copy = join(folder.path, 'project');
    for (const path of ['package.json', 'LICENSE', 'README.md', 'docs', 'bin', 'lib']) {
      if (existsSync(path)) cpSync(path, join(copy, path), { recursive: true });
    }
    const build = spawnSync(process.execPath, ['scripts/build.ts', join(copy, 'dist')], { encoding: 'utf8' });
    assert.equal(build.status, 0, build.stderr);
    const pack = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path], {
      cwd: copy,
      encoding: 'utf8',
    });
    assert.equal(pack.status, 0, pack.stderr);
    const [result] = Object.values(
      JSON.parse(pack.stdout) as Record<string, { filename: string; files: { path: string }[] }>,
    );
    packed = result!.files.map((file) => file.path);
    install(join(folder.path, result!.filename));
  });
  after(() => folder.remove());

  const pitr = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(installed, 'bin/pitr.mjs'), ...args], {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });

  test('it holds JavaScript, the launcher and the pages, and neither sources nor tests nor recorded data', () => {
    for (const path of [
      'bin/pitr.mjs',
      'dist/bin/pitr.js',
      'dist/lib/domain/errors.js',
      'LICENSE',
      'package.json',
    ]) {
      assert.ok(packed.includes(path), `${path} is not packed`);
    }
    assert.deepEqual(
      packed.filter(
        (path) => path.endsWith('.ts') || /(^|\/)(test|fixtures|node_modules|bench)\//.test(path),
      ),
      [],
    );
  });

  test('pitr --help speaks from the package', () => {
    const result = pitr('--help');
    assert.equal(result.status, 0, result.stderr);
    for (const command of ['window', 'snapshots', 'tables', 'restore', 'query', 'inspect']) {
      assert.match(result.stdout, new RegExp(`\\b${command}\\b`));
    }
  });

  test('pitr window reads the recorded bucket from the package', () => {
    const result = pitr('window', '--storage', storage, '--json');
    assert.equal(result.status, 0, result.stderr);
    assert.equal(typeof JSON.parse(result.stdout), 'object');
  });

  test('pitr restore writes every table from the package, with its worker threads', () => {
    const target = join(folder.path, 'out');
    const result = pitr('restore', '--storage', storage, '--at', 'latest', '--into', `jsonl:${target}`);
    assert.equal(result.status, 0, result.stderr);
    assert.ok(existsSync(target));
  });
});
