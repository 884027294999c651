// Lives simulated worlds, seed after seed, until so many are clean or one is not: `npm run soak -- --seeds 1000 [--from 1] [--jobs 2]
// [--days 7] [--keep-going]`. A seed that fails is printed with what was broken, what happened last, and the command that lives it
// again; with --keep-going the others are lived all the same, and the broken rules of each failed seed are told in a line at once.

import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { runSeed, type SeedResult } from '../test/support/sim/run-seed.ts';

interface Asked {
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
  readonly days: number | undefined;
  readonly keepGoing: boolean;
}

const reportEveryMs = 10_000;

function readAsked(): Asked {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      days: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  const whole = (name: string, text: string): number => {
    if (/^[0-9]{1,9}$/.test(text)) return Number(text);
    throw new Error(`--${name} is ${JSON.stringify(text)}, expected a whole number`);
  };
  return {
    seeds: whole('seeds', values.seeds),
    from: whole('from', values.from),
    jobs: Math.max(1, whole('jobs', values.jobs)),
    days: values.days === undefined ? undefined : whole('days', values.days),
    keepGoing: values['keep-going'],
  };
}

const print = (text: string) => process.stdout.write(`${text}\n`);

function tellFailure({ seed, violations, last }: SeedResult, { days, keepGoing }: Asked): void {
  if (keepGoing) {
    print(`seed ${seed} failed: ${violations.join('; ')}`);
    return;
  }
  print(`\nseed ${seed} failed:`);
  for (const violation of violations) print(`  ${violation}`);
  print('what happened last:');
  for (const line of last) print(`  ${line.slice(0, 500)}`);
  print(`again: npm run soak -- --from ${seed} --seeds 1${days === undefined ? '' : ` --days ${days}`}`);
}

/** Gives out seeds to workers, and gathers what they came to. */
async function soak(asked: Asked): Promise<boolean> {
  const startedMs = performance.now();
  const end = asked.from + asked.seeds;
  let next = asked.from;
  let done = 0;
  let virtualMs = 0;
  let reportedMs = startedMs;
  const failed: SeedResult[] = [];
  const speed = () => {
    const seconds = (performance.now() - startedMs) / 1000;
    const days = (virtualMs / 86_400_000).toFixed(0);
    return `${done} seeds in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(2)} seeds per second, ${days} days lived`;
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { days: asked.days } });
      const give = () => {
        if (next >= end || (failed.length > 0 && !asked.keepGoing)) return worker.postMessage('end');
        worker.postMessage(next);
        next += 1;
      };
      worker.on('message', (result: SeedResult) => {
        done += 1;
        virtualMs += result.counts.virtualMs;
        if (result.violations.length > 0) {
          failed.push(result);
          if (asked.keepGoing) tellFailure(result, asked);
        }
        if (performance.now() - reportedMs > reportEveryMs) {
          reportedMs = performance.now();
          print(speed());
        }
        give();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      give();
    });
  await Promise.all(Array.from({ length: Math.min(asked.jobs, asked.seeds) }, work));
  print(speed());
  if (!asked.keepGoing) for (const result of failed) tellFailure(result, asked);
  print(failed.length === 0 ? `${done} seeds clean` : `${failed.length} of ${done} seeds failed`);
  return failed.length === 0;
}

function serve(): void {
  const { days } = workerData as { readonly days: number | undefined };
  const options = days === undefined ? {} : { days };
  parentPort?.on('message', async (message: number | 'end') => {
    if (message === 'end') return parentPort?.close();
    parentPort?.postMessage(await runSeed(message, options));
  });
}

if (isMainThread) process.exitCode = (await soak(readAsked())) ? 0 : 1;
else serve();
