// What is deployed: the files of lambdas/ and the bundles that are made of them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import {
  bundleLambdas,
  faultsOf,
  type LambdaBundle,
  lambdaNames,
  largestGzipBytes,
  writeLambdas,
} from '../scripts/bundle-lambdas.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const longestLambda = 40;
const sources = lambdaNames().map((name) => ({ name, text: readFileSync(`lambdas/${name}.ts`, 'utf8') }));
/** Whether `@bufbuild/protobuf` may use bigint: no setting of ours. */
const readByPackages = ['BUF_BIGINT_DISABLE'];
const sdkPackages = readdirSync('node_modules/@aws-sdk')
  .filter((name) => name.startsWith('client-'))
  .map((name) => `@aws-sdk/${name}`);

describe('the files of lambdas/', () => {
  test('each is its specification, of at most forty lines, and exports one handler', () => {
    for (const { name, text } of sources) {
      assert.ok(
        text.split('\n').length - 1 <= longestLambda,
        `${name} is longer than ${longestLambda} lines`,
      );
      assert.ok(text.startsWith(`// ${name}: `), `${name} does not begin with what it answers`);
      for (const part of ['Invoked by: ', 'Promise: ', 'Steps: ']) {
        assert.ok(text.includes(`// ${part}`), `the specification of ${name} has no "${part}"`);
      }
      assert.match(
        text,
        /^\/\/ (?:Late|Twice)/m,
        `${name} does not say what happens when it runs late or twice`,
      );
      assert.deepEqual(text.match(/^export .*/gm), ['export const handler = lambdaHandler({'], name);
    }
  });

  test('each wires an operation to what it needs, and knows nothing else', () => {
    for (const { name, text } of sources) {
      const imported = [...text.matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? '');
      const strangers = imported.filter((path) => !/^\.\.\/lib\/(?:aws|operations)\//.test(path));
      assert.deepEqual(strangers, [], name);
      assert.match(text, new RegExp(`depsOnce\\('${name}',`), `${name} reads the environment of another`);
    }
  });
});

describe('the bundles', () => {
  let bundles: readonly LambdaBundle[];
  before(async () => {
    bundles = await bundleLambdas({ out: 'dist/lambdas' });
  });

  test('there is one for each file, and it holds that file', () => {
    assert.deepEqual(
      bundles.map(({ name }) => name),
      lambdaNames(),
    );
    for (const { name, inputs } of bundles) assert.ok(inputs.includes(`lambdas/${name}.ts`));
  });

  test(`none holds what deploys or belongs to one machine, and none is larger than ${largestGzipBytes / 1000} kB in gzip`, () => {
    assert.deepEqual(bundles.flatMap(faultsOf), []);
  });

  test('what must not be in a bundle would be found', () => {
    const bundle = {
      name: 'x',
      folder: 'x',
      files: [],
      bytes: 0,
      gzipBytes: largestGzipBytes + 1,
      inputs: [
        'lambdas/x.ts',
        'lib/aws/deps.ts',
        'lib/local/runs/a.ts',
        'lib/stack/a.ts',
        'node_modules/aws-cdk-lib/index.js',
        'node_modules/constructs/lib/index.js',
        'node_modules/zod/v4/core/core.js',
      ],
    };
    assert.equal(faultsOf(bundle).length, 5);
  });

  test('the same sources give the same bytes, so that a second deployment changes nothing', async () => {
    const again = await bundleLambdas({ out: 'elsewhere/lambdas' });
    for (const [index, { name, files }] of bundles.entries())
      assert.deepEqual(again[index]!.files, files, name);
  });

  test('a cold start reads no environment and makes no client', async (t) => {
    const folder = await temporaryFolder();
    t.after(folder.remove);
    for (const { name, folder: place } of await writeLambdas({ out: folder.path })) {
      const file = join(place, 'index.mjs');
      const child = spawnSync(process.execPath, ['test/support/import-lambda.ts', file, ...sdkPackages], {
        encoding: 'utf8',
      });
      assert.equal(child.status, 0, child.stderr);
      const { read, ...rest } = JSON.parse(child.stdout) as { readonly read: readonly string[] };
      assert.deepEqual(rest, { exports: ['handler'], made: [] }, name);
      assert.deepEqual(
        read.filter((variable) => !readByPackages.includes(variable)),
        [],
        name,
      );
    }
  });

  test('a client that is made, and a variable that is read, at a cold start would be found', async (t) => {
    const folder = await temporaryFolder();
    t.after(folder.remove);
    const file = join(folder.path, 'index.mjs');
    const code =
      "import { SFNClient } from '@aws-sdk/client-sfn'; new SFNClient({ region: process.env.AWS_REGION });";
    writeFileSync(file, `${code} export const handler = 1;`);
    const child = spawnSync(process.execPath, ['test/support/import-lambda.ts', file, ...sdkPackages], {
      encoding: 'utf8',
    });
    assert.deepEqual(JSON.parse(child.stdout), {
      exports: ['handler'],
      read: ['AWS_REGION'],
      made: ['SFNClient'],
    });
  });
});
