// The house rules that no linter knows: who may import whom, what stays out of pure code, sizes, names, lists that must agree.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { before, describe, test } from 'node:test';
import { transform } from 'esbuild';
import { errorCodes } from '../lib/domain/errors.ts';

interface Rule {
  /** The two cells of lib/README.md, word by word. */
  readonly mayImport: string;
  readonly packages: string;
  /** The same for a machine: folders of lib/, and packages (a last `*` or `:` stands for all that begin so). */
  readonly folders: readonly string[];
  readonly modules: readonly string[];
}

const rules: Readonly<Record<string, Rule>> = {
  domain: { mayImport: 'domain', packages: 'none, not even `node:`', folders: [], modules: [] },
  ports: { mayImport: 'domain', packages: 'none', folders: ['domain'], modules: [] },
  flows: { mayImport: 'flows', packages: 'none', folders: [], modules: [] },
  config: {
    mayImport: 'domain',
    packages: '`zod`, `yaml`',
    folders: ['domain'],
    modules: ['zod', 'yaml'],
  },
  br: {
    mayImport: 'br, ports, domain',
    packages: '`node:zlib`, `node:crypto`, `@bufbuild/protobuf`, block codecs',
    folders: ['ports', 'domain'],
    modules: ['node:zlib', 'node:crypto', '@bufbuild/protobuf*'],
  },
  pd: { mayImport: 'pd, br, domain', packages: 'none', folders: ['br', 'domain'], modules: [] },
  pdhttp: {
    mayImport: 'pdhttp, pd, ports, domain',
    packages: '`node:`',
    folders: ['pd', 'ports', 'domain'],
    modules: ['node:*'],
  },
  engine: {
    mayImport: 'engine, br, ports, domain',
    packages: '`hyparquet-writer`, `hyparquet`, `node:zlib`, `node:buffer`',
    folders: ['br', 'ports', 'domain'],
    modules: ['hyparquet-writer*', 'hyparquet', 'node:zlib', 'node:buffer'],
  },
  operations: {
    mayImport: 'operations, engine, domain, br, ports, config',
    packages: 'none',
    folders: ['engine', 'domain', 'br', 'ports', 'config'],
    modules: [],
  },
  webhook: {
    mayImport: 'webhook, ports, domain',
    packages: 'none',
    folders: ['ports', 'domain'],
    modules: [],
  },
  local: {
    mayImport:
      "local, operations, engine, ports, domain, br, pd, pdhttp, webhook, config, flows, aws (only to open `s3://` and to read a webhook's secret)",
    packages: '`node:`, `@duckdb/node-api`, `croner`, `aws-local-stepfunctions`',
    folders: ['operations', 'engine', 'ports', 'domain', 'br', 'pd', 'pdhttp', 'webhook', 'config', 'flows'],
    modules: ['node:*', '@duckdb/node-api', 'croner', 'aws-local-stepfunctions'],
  },
  aws: {
    mayImport: 'aws, pdhttp, webhook, operation types, ports, domain, config',
    packages: '`@aws-sdk/*`, `node:`',
    folders: ['pdhttp', 'webhook', 'ports', 'domain', 'config'],
    modules: ['@aws-sdk/*', 'node:*'],
  },
  stack: {
    mayImport: 'stack, flows, config, domain',
    packages: '`aws-cdk-lib`, `constructs`, `cdk-nag`, `node:`',
    folders: ['flows', 'config', 'domain'],
    modules: ['aws-cdk-lib*', 'constructs', 'cdk-nag', 'node:*'],
  },
  sim: {
    mayImport: 'sim, br, pd, ports, domain',
    packages: 'none',
    folders: ['br', 'pd', 'ports', 'domain'],
    modules: [],
  },
  cli: {
    mayImport: 'cli, operations, engine types, ports, domain, config',
    packages: '`node:`, `commander`',
    folders: ['operations', 'ports', 'domain', 'config'],
    modules: ['node:*', 'commander'],
  },
};

/** Who may read the clock, draw lots, read the environment and write to the terminal. */
const touchesTheMachine = ['local', 'aws', 'cli'];
/** What of `local` loads `aws`, when it is needed. */
const opensAws = ['lib/local/open-store.ts', 'lib/local/control/local-messenger.ts'];
const longestFile = 400;
const longestFunction = 80;

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly isDynamic: boolean;
}

interface SourceFile {
  readonly path: string;
  /** First folder below lib/, or `bin`. */
  readonly folder: string;
  readonly text: string;
  readonly isGenerated: boolean;
}

/** Import statements begin a line, because the formatter puts them there. */
function importsOf(text: string): Import[] {
  const statics = [...text.matchAll(/^(?:import|export)\s(?:(type)\s)?[^'";]*?from '([^']+)'/gm)].map(
    (match) => ({
      specifier: match[2] ?? '',
      isTypeOnly: match[1] !== undefined,
      isDynamic: false,
    }),
  );
  const bare = [...text.matchAll(/^import '([^']+)'/gm)].map((match) => ({
    specifier: match[1] ?? '',
    isTypeOnly: false,
    isDynamic: false,
  }));
  const dynamic = [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map((match) => ({
    specifier: match[1] ?? '',
    isTypeOnly: false,
    isDynamic: true,
  }));
  return [...statics, ...bare, ...dynamic];
}

function faultOfImport(file: SourceFile, found: Import): string | undefined {
  const rule = rules[file.folder];
  if (rule === undefined) return `${file.path} is in a folder that lib/README.md does not have`;
  const says = `${file.path} imports ${found.specifier}`;
  if (!found.specifier.startsWith('.')) {
    const isAllowed = rule.modules.some((name) =>
      name.endsWith('*') ? found.specifier.startsWith(name.slice(0, -1)) : found.specifier === name,
    );
    return isAllowed ? undefined : `${says}: ${file.folder} may import ${rule.packages}`;
  }
  const target = relative('lib', join(dirname(file.path), found.specifier)).split('/')[0] ?? '';
  if (target === file.folder || rule.folders.includes(target)) return undefined;
  if (file.folder === 'aws' && target === 'operations' && found.isTypeOnly) return undefined;
  if (file.folder === 'cli' && target === 'engine' && found.isTypeOnly) return undefined;
  if (opensAws.includes(file.path) && target === 'aws' && found.isDynamic) return undefined;
  return `${says}: ${file.folder} may import ${rule.mayImport}`;
}

describe('the architecture', () => {
  let files: SourceFile[];
  let libFiles: SourceFile[];

  before(async () => {
    const paths = globSync(['lib/**/*.ts', 'bin/**/*.ts']);
    files = await Promise.all(
      paths.map(async (path) => ({
        path,
        folder: path.startsWith('bin/') ? 'bin' : (path.split('/')[1] ?? ''),
        text: await readFile(path, 'utf8'),
        isGenerated: path.includes('/proto/gen/'),
      })),
    );
    libFiles = files.filter((file) => file.folder !== 'bin');
    assert.ok(libFiles.length > 20);
  });

  test('the table of this test and the map in lib/README.md say the same', () => {
    const rows = readFileSync('lib/README.md', 'utf8').matchAll(
      /^\| `([a-z]+)\/` \|.*\| ([^|]+) \| ([^|]+) \|$/gm,
    );
    const map = Object.fromEntries(
      [...rows].map(([, folder, mayImport, packages]) => [folder, { mayImport, packages }]),
    );
    const table = Object.fromEntries(
      Object.entries(rules).map(([folder, { mayImport, packages }]) => [folder, { mayImport, packages }]),
    );
    assert.deepEqual(table, map);
  });

  test('imports go only along the arrows of the map', () => {
    const faults = libFiles
      .filter((file) => !file.isGenerated)
      .flatMap((file) => importsOf(file.text).map((found) => faultOfImport(file, found)));
    assert.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
  });

  test('a wrong import would be found, whatever its form', () => {
    const file = { path: 'lib/domain/x.ts', folder: 'domain', isGenerated: false, text: '' };
    const text =
      "import a from '../br/a.ts';\nimport type {\n  B,\n} from 'node:fs';\nexport { c } from './c.ts';\nawait import('commander');\n";
    const found = importsOf(text);
    assert.deepEqual(
      found.map((one) => one.specifier),
      ['../br/a.ts', 'node:fs', './c.ts', 'commander'],
    );
    assert.equal(found.filter((one) => faultOfImport(file, one) !== undefined).length, 3);
  });

  test('clock, lots, environment and terminal are touched only in local, aws, cli and bin', async () => {
    const forbidden =
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|process\.(?:env|stdout|stderr|argv|exit)|console\.\w+)/;
    const faults: string[] = [];
    for (const file of libFiles.filter(({ folder }) => !touchesTheMachine.includes(folder))) {
      // The transform drops comments: they may speak of the clock.
      const { code } = await transform(file.text, { loader: 'ts', legalComments: 'none' });
      const found = forbidden.exec(code)?.[1];
      if (found !== undefined) faults.push(`${file.path} uses ${found}`);
    }
    assert.deepEqual(faults, []);
  });

  test(`no file is longer than ${longestFile} lines`, () => {
    const long = files
      .filter((file) => !file.isGenerated)
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter((file) => file.lines > longestFile);
    assert.deepEqual(long, []);
  });

  test(`no function is longer than ${longestFunction} lines`, () => {
    const lint = (...extra: readonly string[]) =>
      spawnSync(
        'biome',
        ['lint', '--config-path=test/support/function-size.biome.json', '--max-diagnostics=none', ...extra],
        {
          encoding: 'utf8',
          env: { ...process.env, PATH: `node_modules/.bin:${process.env['PATH']}`, NO_COLOR: '1' },
        },
      );
    const result = lint('lib', 'bin');
    const functions = `${result.stdout}${result.stderr}`
      .split('\n')
      .filter((line) => line.includes('noExcessiveLinesPerFunction'));
    assert.deepEqual(functions, []);
    assert.match(`${result.stdout}${result.stderr}`, /Checked \d+ files/);
  });

  test('every file of lib opens with one to four lines that say what it answers', () => {
    const faults = libFiles
      .filter((file) => !file.isGenerated)
      .map((file) => ({
        path: file.path,
        lines: /^(?:\/\/ .*\n)+/.exec(file.text)?.[0].split('\n').length ?? 1,
      }))
      .filter(({ lines }) => lines < 2 || lines > 5);
    assert.deepEqual(faults, []);
  });

  test('files are kebab-case and named for the one thing they hold', () => {
    const bad = files
      .filter((file) => !file.isGenerated)
      .map((file) => file.path)
      .filter((path) => {
        const name = basename(path, '.ts');
        const words = name.split('-');
        const vague = ['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'misc'];
        return (
          !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ||
          name === 'index' ||
          words.some((word) => vague.includes(word))
        );
      });
    assert.deepEqual(bad, []);
  });

  test('no file is silenced for the type checker, and none holds a note for later', () => {
    const faults = files
      .filter((file) => !file.isGenerated)
      .filter((file) => /@ts-(?:ignore|nocheck|expect-error)|\b(?:TODO|FIXME|XXX)\b/.test(file.text))
      .map((file) => file.path);
    assert.deepEqual(faults, []);
  });

  test('docs/runbook.md has one entry for every error code, and no other', () => {
    const text = readFileSync('docs/runbook.md', 'utf8');
    const entries = [...text.matchAll(/^### ([A-Z_]+)$/gm)].map((match) => match[1] ?? '');
    assert.deepEqual([...entries].sort(), Object.keys(errorCodes).sort());
    for (const section of text.split(/^### /m).slice(1)) {
      for (const part of ['Means:', 'Look at:', 'Do:']) {
        assert.ok(section.includes(`**${part}**`), `${section.split('\n')[0]} has no "${part}"`);
      }
    }
  });

  test('docs/dependencies.md gives a reason for every package of package.json, and for no other', () => {
    const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(
      readFileSync('package.json', 'utf8'),
    );
    const listed = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    const text = readFileSync('docs/dependencies.md', 'utf8');
    const rows = [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
    assert.deepEqual(rows.map((row) => row[1]).sort(), listed.sort());
    for (const row of rows)
      assert.ok((row[2] ?? '').length > 20 && (row[3] ?? '').length > 20, `${row[1]} has no reason`);
  });
});
