// The app of this repository as the command line of the CDK runs it: the example's settings with the real functions.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { functionNames } from '../../lib/config/functions.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('the app', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  /** As `cdk synth` starts it: no credentials, no region, another working folder. */
  const synth = (out: string, context: object) =>
    spawnSync(process.execPath, [resolve('bin/tidb-pitr.ts')], {
      cwd: folder.path,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        CDK_OUTDIR: join(folder.path, out),
        CDK_CONTEXT_JSON: JSON.stringify(context),
      },
    });

  test('synthesizes the settings of the example, every function bundled', () => {
    const run = synth('example', { settings: resolve('pitr.example.yaml') });
    assert.equal(run.status, 0, run.stderr);
    const manifest = JSON.parse(readFileSync(join(folder.path, 'example/TidbPitr.assets.json'), 'utf8'));
    const bundles = Object.values(manifest.files as Record<string, { source: { path: string } }>)
      .map(({ source }) => join(folder.path, 'example', source.path, 'index.mjs'))
      .filter((file) => existsSync(file));
    assert.equal(bundles.length, functionNames.length);
  });

  test('takes pitr.yaml when no file is named, and another name for the stack', () => {
    copyFileSync('pitr.example.yaml', join(folder.path, 'pitr.yaml'));
    const run = synth('named', { stack: 'Other' });
    assert.equal(run.status, 0, run.stderr);
    assert.ok(existsSync(join(folder.path, 'named/Other.template.json')));
  });

  test('without settings says what to do, in two lines and without a stack trace', () => {
    const run = synth('none', { settings: 'nowhere.yaml' });
    assert.equal(run.status, 1);
    assert.equal(
      run.stderr,
      'nowhere.yaml cannot be read, expected the settings of your clusters\n  copy pitr.example.yaml to pitr.yaml and change what differs, or name another file: cdk deploy -c settings=FILE\n',
    );
  });
});
