// `npm run bench`: speed and memory of what a person waits for, as figures of one run on one machine, with that machine's
// own limits beside them. `npm run bench -- --size 2GiB --memory 512MiB --workers 2 --keep FOLDER`

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseMemory } from '../lib/cli/option-values.ts';
import { readSize } from '../lib/config/size.ts';
import { monthlyCost, printCost } from './control-plane-cost.ts';
import { benchLambdas, printLambdas } from './lambda-bench.ts';
import { machineLimits } from './machine-limits.ts';
import { writeSyntheticBackup } from './synthetic-backup.ts';
import { benchTruncations, metaCounts, printTruncations } from './truncation-bench.ts';
import { benchWindow } from './window-bench.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256MiB' },
    memory: { type: 'string', default: '512MiB' },
    workers: { type: 'string', default: '2' },
    metas: { type: 'string', default: '20000,200000' },
    changed: { type: 'string', default: '0.1' },
    forms: { type: 'string', default: 'parquet' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pitr-bench-'));
const MB = 1e6;
const figure = (name: string, value: string) => console.log(`${name.padEnd(46)} ${value}`);

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const folder = join(scratch, 'backup');
  const started = performance.now();
  const backup = writeSyntheticBackup(folder, sizeOf(values.size), Number(values.changed));
  figure(
    'synthetic backup: SSTs',
    `${(backup.sstBytes / MB).toFixed(0)} MB, ${(backup.kvBytes / MB).toFixed(0)} MB of key-values, ${backup.rows} rows`,
  );
  figure(
    'synthetic backup: log',
    `${(backup.logBytes / MB).toFixed(0)} MB, ${(backup.logKvBytes / MB).toFixed(0)} MB of key-values, ${backup.changes} changes`,
  );
  figure('made in', `${((performance.now() - started) / 1000).toFixed(1)} s`);
  const limits = await machineLimits(folder, scratch);
  figure('machine: zstd decompression, one core', `${limits.zstdMBs.toFixed(0)} MB/s`);
  figure('machine: writing and flushing', `${limits.diskMBs.toFixed(0)} MB/s`);
  for (const form of values.forms.split(','))
    restoreFigures(folder, form, backup.kvBytes + backup.logKvBytes, limits.zstdMBs);
  await windowFigures(folder);
  printTruncations(await benchTruncations(scratch, metaCounts(values.metas)), figure);
  await startFigures();
  printLambdas(await benchLambdas(mkdtempSync(join(scratch, 'lambdas-'))), figure);
  printCost(await monthlyCost(), figure);
}

/** `--size`: bytes of SSTs. */
function sizeOf(text: string): number {
  const size = readSize(text);
  if (!('value' in size)) throw new Error(`--size is ${text}, expected a size such as 256MiB`);
  return size.value;
}

function restoreFigures(folder: string, form: string, kvBytes: number, zstdMBs: number): void {
  const memory = parseMemory(values.memory);
  const target = join(scratch, `restored-${form}`);
  const run = spawnSync(
    process.execPath,
    [join(root, 'bench/restore-run.ts'), folder, form, target, String(memory), values.workers],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (run.status !== 0) throw new Error(`the restore to ${form} failed with exit ${run.status}`);
  const result = JSON.parse(run.stdout) as {
    seconds: number;
    cpuSeconds: number;
    rows: number;
    rssBytes: number;
  };
  const mbs = kvBytes / MB / result.seconds;
  const perCpu = kvBytes / MB / result.cpuSeconds;
  figure(
    `restore to ${form}`,
    `${result.seconds.toFixed(1)} s, ${result.rows} rows, ${mbs.toFixed(0)} MB/s of key-values`,
  );
  figure(
    `restore to ${form}: per second of CPU`,
    `${perCpu.toFixed(0)} MB/s, ${(perCpu / zstdMBs).toFixed(2)} of zstd alone${form === 'parquet' ? ' (goal: ≥ 60 MB/s per core)' : ''}`,
  );
  const limit = memory * 1.2;
  figure(
    `restore to ${form}: resident memory`,
    `${(result.rssBytes / MB).toFixed(0)} MB, limit ${(limit / MB).toFixed(0)} MB: ${result.rssBytes <= limit ? 'kept' : 'BROKEN'}`,
  );
  rmSync(target, { recursive: true, force: true });
}

async function windowFigures(folder: string): Promise<void> {
  const { metas, windowMs, listMs, gets, metaGets } = await benchWindow(
    folder,
    metaCounts(values.metas)[0] ?? 0,
  );
  figure(
    `window over ${metas} metas`,
    `${windowMs.toFixed(0)} ms, ${(windowMs / listMs).toFixed(1)} × listing them (goal: ≤ 1000 ms)`,
  );
  figure('window: objects read', `${gets}, metas among them ${metaGets} (goal: 0)`);
}

async function startFigures(): Promise<void> {
  const sample = join(scratch, 'sample');
  cpSync(join(root, 'test/fixtures/shop/bucket/backup-data'), sample, { recursive: true });
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await firstOutputMs(['window', '--storage', sample]));
  const median = times.sort((a, b) => a - b)[2];
  const bare = (await Promise.all([bareStartMs()]))[0];
  figure(
    'pitr window on the sample: first output',
    `${median.toFixed(0)} ms, node alone ${bare.toFixed(0)} ms (goal: ≤ 500 ms)`,
  );
}

function firstOutputMs(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [join(root, 'bin/pitr.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let first: number | undefined;
    child.stdout.on('data', () => {
      first ??= performance.now() - started;
    });
    child.on('close', (code) => {
      if (code === 0 && first !== undefined) resolve(first);
      else reject(new Error(`pitr ${args[0]} ended with ${code}`));
    });
  });
}

function bareStartMs(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '']);
  return performance.now() - started;
}
