// `npm start`: the main job on the sample, by the real commands. The sample is a recorded bucket of a real cluster.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = 'test/fixtures/shop/bucket/backup-data';
const target = 'out/shop.duckdb';
const moment = '2026-11-22T04:25:02.552Z';
const pitr = join('bin', 'pitr.mjs');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(title: string, args: readonly string[]): void {
  say(
    `\n── ${title}\n$ pitr ${args.map((arg) => (/[\s*()']/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}\n`,
  );
  const { status } = spawnSync(process.execPath, [pitr, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

say(
  'A bucket that br and TiKV wrote in 90 seconds of a small shop. No cluster, no AWS account: only this machine.',
);
run('Which moments can be brought back?', ['window', '--storage', sample]);
run('From which snapshots?', ['snapshots', '--storage', sample]);
run('Bring back the moment before shop.returns was dropped', [
  ...['restore', '--storage', sample, '--at', moment, '--into', `duckdb:${target}`],
]);
run('A few rows of that moment, straight from the backup', [
  ...['query', '--storage', sample, '--at', moment],
  'SELECT id, total, placed_at, state, tags, left(note, 24) AS note FROM shop.orders ORDER BY id DESC LIMIT 5',
]);
run('And of the table that is gone today', [
  ...['query', '--storage', sample, '--at', moment, 'SELECT * FROM shop.returns LIMIT 3'],
]);
const file = relative(process.cwd(), join(root, target));
say(
  `\nThe whole database of ${moment} is in ${file}${existsSync(join(root, target)) ? '' : ' (missing!)'}. Try next:`,
);
say(`  npx pitr tables --storage ${sample} --at latest`);
say(`  npx pitr restore --storage ${sample} --at -30s --into parquet:out/shop-parquet`);
say(`  npx pitr inspect ${sample}/log-backup/v1/global_checkpoint/1.ts`);
say("  npx pitr window --storage 's3://your-bucket/backup-data?region=eu-central-1'");
