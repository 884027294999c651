// What a user gets from `npm pack`: JavaScript that starts where only the declared dependencies are.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { functionNames } from '../lib/config/functions.ts';
import { type TemporaryFolder, temporaryFolder } from './support/temporary-folder.ts';

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
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
    linkPackages({ ...manifest.dependencies, ...manifest.optionalDependencies }, 'app');
  }

  function linkPackages(packages: Readonly<Record<string, string>>, app: string): void {
    for (const name of Object.keys(packages)) {
      if (!existsSync(join('node_modules', name))) continue;
      const link = join(folder.path, app, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join('node_modules', name)), link);
    }
  }

  before(async () => {
    folder = await temporaryFolder();
    // Built and packed in a copy, so that two runs at once do not meet in dist/.
    const copy = join(folder.path, 'project');
    for (const path of ['package.json', 'LICENSE', 'README.md', 'pitr.example.yaml', 'docs', 'bin', 'lib']) {
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
      'dist/lib/stack/tidb-pitr.js',
      'dist/lib/stack/tidb-pitr.d.ts',
      'dist/lib/flows/restore-to-point.asl.json',
      ...functionNames.map((name) => `dist/lambdas/${name}/index.mjs`),
      'pitr.example.yaml',
      'LICENSE',
      'package.json',
    ]) {
      assert.ok(packed.includes(path), `${path} is not packed`);
    }
    assert.deepEqual(
      packed.filter(
        (path) =>
          /(?<!\.d)\.ts$/.test(path) || /(^|\/)(test|fixtures|node_modules|bench|scripts)\//.test(path),
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

  describe('in a CDK app of somebody', () => {
    /** An app that has the package, what it asks for beside itself, and nothing of this repository. */
    function app(name: string, files: Readonly<Record<string, string>>): string {
      const place = join(folder.path, 'app', name);
      mkdirSync(place, { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text);
      return place;
    }
    before(() => linkPackages(manifest.peerDependencies, 'app'));

    const clusters = `[{
      name: 'shop', tidbVersion: 'v8.5.4', pd: ['10.0.1.11:2379'],
      vpc: { id: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], securityGroup: 'sg-0a1b2c3d' },
    }]`;
    const lines = (from: string) => [
      from,
      "const app = new App({ outdir: 'out' });",
      `const pitr = new TidbPitr(new Stack(app, 'Mine'), 'Pitr', { settings: { version: 1, clusters: ${clusters} } });`,
      "if (pitr.machines.get('shop') === undefined) throw new Error('no machine');",
      'app.synth();',
    ];
    const run = (place: string, file: string) =>
      spawnSync(process.execPath, [file], {
        cwd: place,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });

    test('TidbPitr synthesizes with the functions that came in the package', () => {
      const imports = "import { App, Stack } from 'aws-cdk-lib';\nimport { TidbPitr } from 'tidb-pitr';";
      const place = app('esm', { 'app.mjs': lines(imports).join('\n') });
      const result = run(place, 'app.mjs');
      assert.equal(result.status, 0, result.stderr);
      const assets = readdirSync(join(place, 'out')).filter((name) => name.startsWith('asset.'));
      assert.equal(assets.length, functionNames.length);
      for (const asset of assets) assert.ok(existsSync(join(place, 'out', asset, 'index.mjs')));
      const template = JSON.parse(readFileSync(join(place, 'out/Mine.template.json'), 'utf8'));
      assert.ok(Object.keys(template.Resources).length > 50);
    });

    test('so it does where modules are required', () => {
      const imports =
        "const { App, Stack } = require('aws-cdk-lib');\nconst { TidbPitr } = require('tidb-pitr');";
      const place = app('cjs', { 'app.cjs': lines(imports).join('\n') });
      const result = run(place, 'app.cjs');
      assert.equal(result.status, 0, result.stderr);
      assert.ok(existsSync(join(place, 'out/Mine.template.json')));
    });

    test('its types say what it takes: a right app compiles, a wrong property does not', () => {
      const imports = "import { App, Stack } from 'aws-cdk-lib';\nimport { TidbPitr } from 'tidb-pitr';";
      const wrong = "new TidbPitr(new Stack(new App(), 'X'), 'Pitr', { settingsFlie: 'pitr.yaml' });";
      const compilerOptions = {
        ...{ module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: false },
        typeRoots: [resolve('node_modules/@types')],
        types: ['node'],
      };
      const place = app('types', {
        'app.mts': lines(imports).join('\n'),
        'wrong.mts': `${imports}\n${wrong}`,
        'tsconfig.json': JSON.stringify({ compilerOptions, files: ['app.mts'] }),
        'wrong.json': JSON.stringify({ compilerOptions, files: ['wrong.mts'] }),
      });
      const tsc = (config: string) =>
        spawnSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', config], {
          cwd: place,
          encoding: 'utf8',
        });
      const right = tsc('tsconfig.json');
      assert.equal(right.status, 0, right.stdout);
      assert.match(tsc('wrong.json').stdout, /settingsFlie/);
    });
  });
});
