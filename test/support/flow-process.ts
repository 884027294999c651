// A process that runs one flow on the system's clock and kills itself, as kill -9 does, at the calls that it is told: a program
// for tests. Usage: node flow-process.ts FOLDER FLOW   (each run dies at the next place; the last one ends with code 0)

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFlowRunner } from '../../lib/local/flow-runner.ts';
import type { Json } from '../../lib/local/flows/flow-records.ts';
import { systemClock, systemRandom } from '../../lib/local/system-clock.ts';
import type { FlowName } from '../../lib/ports/launcher.ts';

const [folder = '', flow = ''] = process.argv.slice(2);
const journal = join(folder, 'calls.jsonl');
const deaths = join(folder, 'deaths.txt');
const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

/** Dies at each place once: before the function did anything, and after it did everything but answer. */
function dieOnce(place: string): void {
  if (linesOf(deaths).includes(place)) return;
  appendFileSync(deaths, `${place}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const wellEnded = { state: 'complete', outcome: 'succeeded', code: '', message: '' };
const answers: Readonly<Record<string, Json>> = {
  'plan-restore': { cluster: 'shop', id: '1', dryRun: false, plan: {} },
  'cut-log': { engine: 'br' },
  'settle-run': wellEnded,
  'settle-restore': wellEnded,
};

async function call(name: string, payload: Json): Promise<Json> {
  const { token } = payload as { readonly token?: string };
  dieOnce(`before ${name}`);
  appendFileSync(journal, `${JSON.stringify({ name, token })}\n`);
  if (token !== undefined) await runner.succeed(token, { next: 'done' });
  dieOnce(`after ${name}`);
  return answers[name] ?? { next: 'done' };
}

const names = [
  'start-br',
  'cut-log',
  'settle-run',
  'observe',
  'plan-restore',
  'check-target',
  'run-restore',
  'verify-restore',
  'settle-restore',
];
const runner = await openFlowRunner({
  path: join(folder, 'flows.sqlite'),
  functions: Object.fromEntries(names.map((name) => [name, (payload: Json) => call(name, payload)])),
  clock: systemClock,
  random: systemRandom,
  onFault: (_, error) => {
    throw error;
  },
});
const key = { flow: flow as FlowName, name: 'one' };
await runner.start(key.flow, key.name, { cluster: 'shop', id: '1' });
await runner.resumeAll();
const execution = await runner.whenEnded(key);
await runner.close();
process.stdout.write(JSON.stringify(execution));
