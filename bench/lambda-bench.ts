// How large each deployed function is, and how long a process that does nothing else takes to import it: what a cold start
// adds to Lambda's own. The SDK is not in a bundle and is imported with it, from this project's packages.
// Alone: node bench/lambda-bench.ts

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { largestGzipBytes, writeLambdas } from '../scripts/bundle-lambdas.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const importsEach = 5;
const goalMs = 150;

/** Which every function needs: what no work of ours makes faster. */
const sdkPackage = '@aws-sdk/client-dynamodb';

export interface LambdaFigures {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Median of five processes. */
  readonly importMs: number;
}

export interface LambdaBench {
  readonly functions: readonly LambdaFigures[];
  /** Of the SDK's client of DynamoDB alone. */
  readonly sdkMs: number;
}

/** scratch: a folder for the bundles. */
export async function benchLambdas(scratch: string): Promise<LambdaBench> {
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  const importer = join(scratch, 'import.mjs');
  writeFileSync(importer, importerText);
  const bundles = await writeLambdas({ out: join(scratch, 'lambdas') });
  const functions = bundles.map(({ name, folder, bytes, gzipBytes }) => {
    const importMs = medianImportMs(importer, pathToFileURL(join(folder, 'index.mjs')).href);
    return { name, bytes, gzipBytes, importMs };
  });
  return { functions, sdkMs: medianImportMs(importer, sdkPackage) };
}

const importerText = `const started = performance.now();
await import(process.argv[2]);
process.stdout.write(String(performance.now() - started));
`;

function medianImportMs(importer: string, specifier: string): number {
  const times = Array.from({ length: importsEach }, () => {
    const child = spawnSync(process.execPath, [importer, specifier], { encoding: 'utf8' });
    if (child.status !== 0) throw new Error(`${specifier} cannot be imported: ${child.stderr}`);
    return Number(child.stdout);
  });
  return times.sort((a, b) => a - b)[(importsEach - 1) / 2] ?? 0;
}

/** One line each, and the goals in the last. */
export function printLambdas(
  { functions: figures, sdkMs }: LambdaBench,
  print: (name: string, value: string) => void,
): void {
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
  for (const { name, bytes, gzipBytes, importMs } of figures) {
    print(
      `function ${name}`,
      `${kB(gzipBytes)} in gzip, ${kB(bytes)} minified, cold import ${importMs.toFixed(0)} ms`,
    );
  }
  const largest = Math.max(...figures.map(({ gzipBytes }) => gzipBytes));
  const slowest = Math.max(...figures.map(({ importMs }) => importMs));
  print(
    'functions: the largest, the slowest',
    `${kB(largest)} (goal: ≤ ${kB(largestGzipBytes)}), ${slowest.toFixed(0)} ms (goal: ≤ ${goalMs} ms)`,
  );
  print('functions: the SDK for DynamoDB alone', `cold import ${sdkMs.toFixed(0)} ms`);
}

if (import.meta.main) {
  const scratch = mkdtempSync(join(tmpdir(), 'pitr-lambda-bench-'));
  try {
    printLambdas(await benchLambdas(scratch), (name, value) => console.log(`${name.padEnd(46)} ${value}`));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
