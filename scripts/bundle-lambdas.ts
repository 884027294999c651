// Makes what is deployed: each file of lambdas/ as a folder OUT/NAME with the module index.mjs and what that imports only when
// it needs it. Minified, without AWS's SDK, which Lambda's runtime brings. The same sources give the same bytes, so that a second
// deployment changes nothing.
// Usage: node scripts/bundle-lambdas.ts [SOURCES [OUT]] [--check]   (lambdas and dist/lambdas unless told; prints sizes. A
// bundle that is too large or holds what it must not is an error; --check: nothing is written)

import { globSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of each bundle, gzip of the module: what Lambda loads at a cold start grows with it. */
export const largestGzipBytes = 250_000;

/** What a function must never carry: it deploys, or belongs to one machine. */
const unwanted = [
  /^node_modules\/(?:aws-cdk-lib|constructs|cdk-nag|@aws-sdk|@smithy|aws-local-stepfunctions|croner|commander|@duckdb)\//,
  /^lib\/(?:stack|local|cli|console|sim)\//,
  /^(?:test|bin|scripts|bench)\//,
];

export interface LambdaBundle {
  /** `take-snapshot`: of the file in lambdas/, and of the function. */
  readonly name: string;
  /** Holds `index.mjs`, whose `handler` is the function. */
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly code: Uint8Array }[];
  /** Of all files together. */
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Every source file in it, from the project's root. */
  readonly inputs: readonly string[];
}

export interface BundleFolders {
  /** One file NAME.ts for each function; the project's `lambdas/` unless told. */
  readonly sources?: string;
  readonly out: string;
}

const usualSources = join(root, 'lambdas');

/** Names of all functions: the files of the folder. */
export function lambdaNames(sources = usualSources): readonly string[] {
  return globSync('*.ts', { cwd: sources })
    .map((path) => basename(path, '.ts'))
    .sort();
}

/** Bundles in memory; `out` is only where they would be. */
export async function bundleLambdas({
  sources = usualSources,
  out,
}: BundleFolders): Promise<readonly LambdaBundle[]> {
  const names = lambdaNames(sources);
  return Promise.all(names.map((name) => bundleOf(name, resolve(sources), join(resolve(out), name))));
}

async function bundleOf(name: string, sources: string, folder: string): Promise<LambdaBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: join(sources, `${name}.ts`), out: 'index' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported by import() is a file of its own: a cold start does not wait for it.
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['@aws-sdk/*'],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), code: contents }));
  const sum = (of: (code: Uint8Array) => number) => files.reduce((all, { code }) => all + of(code), 0);
  return {
    name,
    folder,
    files,
    bytes: sum((code) => code.length),
    gzipBytes: sum((code) => gzipSync(code, { level: 9 }).length),
    inputs: Object.keys(metafile.inputs).sort(),
  };
}

/** Bundles and writes them; what was in their folders before is gone. */
export async function writeLambdas(folders: BundleFolders): Promise<readonly LambdaBundle[]> {
  const bundles = await bundleLambdas(folders);
  for (const { folder, files } of bundles) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const { name, code } of files) await writeFile(join(folder, name), code);
  }
  return bundles;
}

/** What is wrong with a bundle, a sentence each. */
export function faultsOf({ name, gzipBytes, inputs }: LambdaBundle): readonly string[] {
  const strangers = inputs.filter((input) => unwanted.some((pattern) => pattern.test(input)));
  return [
    ...strangers.map((input) => `${name} holds ${input}`),
    ...(gzipBytes > largestGzipBytes
      ? [`${name} has ${gzipBytes} bytes in gzip, expected at most ${largestGzipBytes}`]
      : []),
  ];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [sources = usualSources, out = join(root, 'dist', 'lambdas')] = positionals;
  const bundles = await (values.check ? bundleLambdas : writeLambdas)({ sources, out });
  for (const { name, bytes, gzipBytes } of bundles) {
    console.log(`${name.padEnd(16)} ${kB(bytes)} minified, ${kB(gzipBytes)} in gzip`);
  }
  const faults = bundles.flatMap(faultsOf);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`;

if (import.meta.main) await main();
