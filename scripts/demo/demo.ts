// `npm start`: the whole story on this machine, by the real operations, flows, schedules and state. What is played back is said.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { planTruncation } from '../../lib/domain/truncation/truncation-plan.ts';
import { runDaemon } from '../../lib/local/control/daemon.ts';
import { type LocalRuntime, openLocalRuntime } from '../../lib/local/control/local-runtime.ts';
import { formatEvent, type RuntimeEvent } from '../../lib/local/control/runtime-log.ts';
import { readProvenCatalog } from '../../lib/operations/prove-snapshots.ts';
import { compareWithTruth } from './compare-with-truth.ts';
import { type DemoStage, factor, makeFolder, openStage } from './demo-stage.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'out/demo');
const fixtures = join(root, 'test/fixtures');
const at = (path: string) => relative(process.cwd(), path) || '.';
const say = (text: string) => process.stdout.write(`${text}\n`);
const dim =
  process.stdout.isTTY && process.env['NO_COLOR'] === undefined
    ? (text: string) => `\u001b[2m${text}\u001b[22m`
    : (text: string) => text;

function act(title: string): void {
  say(`\n── ${title}`);
}

function pitr(...args: readonly string[]): void {
  say(`$ pitr ${args.map((arg) => (/[\s*()']/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [join(root, 'bin/pitr.mjs'), ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`pitr ${args[0]} ended with ${status}`);
}

function print(event: RuntimeEvent): void {
  if (event.kind === 'flow') say(dim(`   ${formatEvent(event)}`));
  else say(`   ${formatEvent(event)}`);
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpMs = performance.now() + 60_000;
  while (performance.now() < giveUpMs) {
    const found = await look();
    if (found !== undefined) return found;
    await setTimeout(50);
  }
  throw new Error(`a minute without ${what}`);
}

/** The snapshot that the schedule takes, with br's progress. */
async function watchSnapshot(runtime: LocalRuntime, stage: DemoStage): Promise<string> {
  return await until('a complete snapshot', async () => {
    const page = await runtime.store.list('snapshot', 'shop', {
      nowMs: stage.clock.nowMs(),
      newestFirst: true,
    });
    const found = page.entries.find(({ record }) => record.trigger === 'schedule')?.record;
    if (found?.state === 'failed') throw new Error(found.failure.message);
    return found?.state === 'complete' ? found.folder : undefined;
  });
}

async function watchRestore(runtime: LocalRuntime, stage: DemoStage, name: string): Promise<string> {
  let shown = '';
  return await until('the end of the restore', async () => {
    const execution = runtime.flows.execution({ flow: 'restore-to-point', name });
    if (execution?.state === 'failed') throw new Error(JSON.stringify(execution));
    const page = await runtime.store.list('restore', 'shop', {
      nowMs: stage.clock.nowMs(),
      newestFirst: true,
    });
    const record = page.entries[0]?.record;
    if (record?.state === 'running' && record.progress !== null) {
      const line = `   br: ${record.step} ${Math.round(record.progress * 100)} %`;
      if (line !== shown) say(line);
      shown = line;
    }
    return execution?.state === 'succeeded' && record?.state === 'done' ? record.proof : undefined;
  });
}

async function play(stage: DemoStage, runtime: LocalRuntime): Promise<void> {
  act('What is there is adopted: a running log task and two snapshots. Then the schedule fires');
  const folder = await watchSnapshot(runtime, stage);
  say(`   ${folder} is complete: br said so, and its backupmeta was read back`);

  act('The window, computed from what is in the bucket');
  pitr('window', '--storage', at(stage.bucketFolder));

  act('Bring 04:25:06.752 back, into another cluster: the flow restore-to-point');
  const request = { cluster: 'shop', restoreTo: '470632761065996290', target: { pd: ['10.0.0.9:2379'] } };
  say(`   ${JSON.stringify(request)}\n`);
  await runtime.flows.start('restore-to-point', 'demo', request);
  say(`\n   ${await watchRestore(runtime, stage, 'demo')}`);

  act(
    'Proof: the same moment, read from the bucket without any cluster, against what the real cluster held then',
  );
  const target = join(out, 't5');
  pitr(
    'restore',
    '--storage',
    at(stage.bucketFolder),
    '--at',
    '470632761065996290',
    '--into',
    `jsonl:${at(target)}`,
  );
  for (const line of compareWithTruth(target, 't5')) say(`   ${line}`);
}

/** With the loops at rest, so that eight days pass in a moment and nothing is done in them. */
async function planCut(stage: DemoStage, runtime: LocalRuntime): Promise<void> {
  act('Eight days later, and the log stood still: how far may it be cut, and why there?');
  stage.clock.jumpTo(stage.clock.nowMs() + 8 * 86_400_000);
  const { decision, reasons } = await runtime.functions['truncate-log']({ cluster: 'shop', dryRun: true });
  say(`   ${String(decision)} is cut: the window of seven days ends where the log ends, not now`);
  tellWhy(Array.isArray(reasons) ? reasons.map(String) : []);

  act('And if the window were ten seconds?');
  const { bucket, settings } = stage;
  const [shop] = settings.clusters;
  if (shop === undefined) throw new Error('the settings of the demo hold no cluster');
  const plan = planTruncation({
    facts: await readProvenCatalog(bucket),
    logPath: 'log-backup',
    retention: { ...shop.policy.retention, windowMs: 10_000 },
    nowMs: stage.clock.nowMs(),
  });
  if (plan.kind !== 'cut') throw new Error(`the demo's plan is ${plan.kind}`);
  say(`   cut everything before ${plan.untilTs}, the BackupTS of ${plan.base}`);
  tellWhy(plan.reasons);
  say('   planned only: nothing was deleted');
}

function tellWhy(reasons: readonly string[]): void {
  for (const reason of reasons) say(`   because ${reason}`);
}

async function main(): Promise<void> {
  const begun = performance.now();
  say('tidb-pitr: the whole story on this machine. No AWS account, no cluster.');
  say(
    'Real: operations, flows, schedules, state, runner, and the bytes of the bucket, which br and TiKV wrote.',
  );
  say(
    `Played back: br (recorded output, and what it did to the bucket) and PD (recorded answers). The clock runs ${factor} times as fast.`,
  );
  const { settingsPath } = makeFolder(out, fixtures);
  act('The settings: one file');
  say(dim(readFileSync(settingsPath, 'utf8').replace(/^/gm, '   ').trimEnd()));
  pitr('settings', 'check', at(settingsPath));
  const stage = await openStage(out, fixtures);
  const runtime = await openLocalRuntime({
    settings: stage.settings,
    folder: stage.stateFolder,
    clock: stage.clock,
    random: Math.random,
    log: print,
    standIns: stage.standIns,
  });
  const stop = new AbortController();
  const daemon = runDaemon(runtime, stop.signal);
  try {
    await play(stage, runtime);
    stop.abort();
    await daemon;
    await planCut(stage, runtime);
  } finally {
    stop.abort();
    await runtime.close();
  }
  say(`\n${Math.round((performance.now() - begun) / 1000)} s. Try next:`);
  say(
    `  npx pitr query --storage ${at(stage.bucketFolder)} --at 2026-11-22T04:25:02.552Z 'SELECT * FROM shop.returns LIMIT 3'`,
  );
  say('  npx pitr settings check pitr.example.yaml && npx pitr local up --help');
}

await main();
