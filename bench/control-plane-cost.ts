// What the control plane of one cluster costs a month, from calls that are counted: every operation runs as its function does,
// in memory, on the recorded bucket and PD, and each request is counted in the units that AWS charges.
// Alone: node bench/control-plane-cost.ts

import { readFileSync } from 'node:fs';
import { emfMetrics } from '../lib/aws/emf-metrics.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { type FunctionName, factsOf } from '../lib/config/functions.ts';
import type { Facts } from '../lib/domain/state/run-identity.ts';
import { msOfTs } from '../lib/domain/ts.ts';
import { observe } from '../lib/operations/control/keeper/observe.ts';
import type { Operation } from '../lib/operations/control/operation.ts';
import { react } from '../lib/operations/control/react.ts';
import { retentionApply } from '../lib/operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../lib/operations/control/retention/retention-plan.ts';
import { brEnded } from '../lib/operations/control/runs/br-ended.ts';
import { settleRun } from '../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../lib/operations/control/runs/start-br.ts';
import { takeSnapshot } from '../lib/operations/control/take-snapshot.ts';
import { truncateLog } from '../lib/operations/control/truncate-log.ts';
import { taskStoreOn } from '../lib/ports/state/table-task-store.ts';
import { alarmsOfCluster } from '../lib/stack/alarm-list.ts';
import type { StageOptions } from '../test/support/control-stage.ts';
import { withWindow } from '../test/support/control-stage.ts';
import { type ObserveStage, observeStage, shopSettings } from '../test/support/observe-stage.ts';
import { recordedCopy, shopBucket } from '../test/support/recorded-store.ts';
import { ageState, metricHoursOfCalmDay } from './aged-state.ts';
import { add, costOf, hoursOfMonth, nothingUsed, prices, type Usage } from './aws-prices.ts';
import { countingStore, countingTable } from './counting-parts.ts';

const minutes = hoursOfMonth * 60;
const days = hoursOfMonth / 24;
/** Every second day, and br takes half an hour for it. */
const snapshots = days / 2;
const snapshotMinutes = 30;
const cuts = snapshots;
const cutMinutes = 10;
/** Requests of one look at PD, and how long they take. */
const pdWaitMs = 5 * 10;
/** START, END and REPORT, with what CloudWatch adds to every line. */
const platformLogBytes = 450;
/** What CloudWatch adds to a further line. aws.amazon.com/cloudwatch/pricing: 26 bytes an event. */
const eventLogBytes = 26;
/** Lambda gives one core at this memory, and the share of it below. docs.aws.amazon.com/lambda, "configure memory" */
const coreMiB = 1769;

type Deps = Parameters<typeof observe.run>[0] &
  Parameters<typeof startBr.run>[0] &
  Parameters<typeof react.run>[0];

/** One cluster whose operations are counted. */
class Counted {
  readonly stage: ObserveStage;
  readonly #deps: Deps;
  #usage = nothingUsed();

  /** `windowMs`: of the retention; that of the settings unless told. */
  constructor(options: StageOptions, windowMs?: number) {
    const usual = observeStage('shop/pd/5-before-end', options);
    const { settings } = usual;
    const stage: ObserveStage = {
      ...usual,
      settings: windowMs === undefined ? settings : withWindow(settings, windowMs),
    };
    this.stage = stage;
    // What is counted goes to the usage of the call that is under way.
    const now = (): Usage => this.#usage;
    const forward = new Proxy(nothingUsed(), {
      get: (_, unit: keyof Usage) => now()[unit],
      set: (_, unit: keyof Usage, value: number) => {
        now()[unit] = value;
        return true;
      },
    });
    this.#deps = {
      ...stage,
      store: taskStoreOn(countingTable(stage.table, forward)),
      openBucket: async () => countingStore(stage.bucket, forward),
      openCluster: (pd) => {
        forward.waitMs += pdWaitMs;
        return stage.openCluster(pd);
      },
      launcher: { startFlow: async () => 'started', invoke: async () => undefined },
      messenger: {
        publish: async () => {
          forward.events += 1;
        },
      },
      metrics: {
        put: (name, atMs, metrics) => {
          const line = emfMetrics((text) => {
            forward.logBytes += Buffer.byteLength(text) + eventLogBytes;
          });
          line.put(name, atMs, metrics);
          stage.metrics.put(name, atMs, metrics);
        },
      },
    };
  }

  /** What one invocation of a function uses. */
  async call<Input, Output extends Facts>(
    operation: Operation<Deps, Input, Output>,
    event: Facts,
  ): Promise<{ readonly usage: Usage; readonly answer: Facts }> {
    const usage = nothingUsed();
    this.#usage = usage;
    const write = (line: string): void => {
      usage.logBytes += Buffer.byteLength(line) + platformLogBytes;
    };
    const openDeps = async (): Promise<Deps> => this.#deps;
    const handler = lambdaHandler({ operation, openDeps }, { write, nowMs: () => performance.now() });
    const before = process.cpuUsage();
    const answer = (await handler(event)) as Facts;
    const { user, system } = process.cpuUsage(before);
    const { memoryMiB } = factsOf(operation.name as FunctionName);
    const seconds = (((user + system) / 1000) * Math.max(1, coreMiB / memoryMiB) + usage.waitMs) / 1000;
    usage.invocations = 1;
    usage.gbSeconds = (memoryMiB / 1024) * seconds;
    return { usage, answer };
  }
}

const cluster = 'shop';
const sweep = { cluster };

/** A minute after the recorded checkpoint, so that all is well. */
const calmMs = Date.UTC(2026, 10, 22, 4, 27);

/** An idle minute of a cluster that was kept for a month: observe, and the two sweeps. Not the first, which finds what is new. */
async function minuteOf(counted: Counted): Promise<Usage> {
  for (let turn = 0; ; turn++) {
    const usage = nothingUsed();
    add(usage, (await counted.call(observe, sweep)).usage, 1);
    add(usage, (await counted.call(brEnded, sweep)).usage, 1);
    add(usage, (await counted.call(react, sweep)).usage, 1);
    usage.schedules = 3;
    await counted.stage.clock.sleep(60_000);
    if (turn === 2) await ageState(counted.stage, cluster);
    if (turn === 5) return usage;
  }
}

interface Life {
  readonly work: 'snapshot' | 'truncation';
  readonly flow: 'snapshot' | 'truncate';
  readonly minutes: number;
  /** Plans the work and gives its id. */
  readonly plan: () => Promise<{ readonly usage: Usage; readonly answer: Facts }>;
  /** What br did, and how it ended. */
  readonly finish: (id: string) => Promise<void>;
}

/** From the plan to the last message. */
async function lifeOf(counted: Counted, { work, flow, minutes: took, plan, finish }: Life): Promise<Usage> {
  const usage = nothingUsed();
  const run = async <Input>(
    operation: Operation<Deps, Input, Facts>,
    event: Facts,
    times = 1,
  ): Promise<Facts> => {
    const call = await counted.call(operation, event);
    add(usage, call.usage, times);
    return call.answer;
  };
  const planned = await plan();
  add(usage, planned.usage, 1);
  const id = String(planned.answer['id']);
  const execution = `${id}-${flow}`;
  await run(react, { cluster, all: true });
  await run(startBr, { cluster, work, id, execution, token: 'token' });
  await counted.stage.clock.sleep(60_000);
  await run(brEnded, sweep, took);
  await finish(id);
  await run(brEnded, sweep);
  const settled = await run(settleRun, { cluster, work, id, execution, error: null });
  if (settled['outcome'] !== 'succeeded')
    throw new Error(`${work} did not end well: ${JSON.stringify(settled)}`);
  await run(react, { cluster, all: true });
  usage.schedules += 1;
  // Each state once, and one more for the start: no way through the flow is longer without a retry.
  const definition = JSON.parse(readFileSync(`lib/flows/${flow}.asl.json`, 'utf8')) as { States: object };
  usage.transitions += Object.keys(definition.States).length + 1;
  return usage;
}

async function snapshotLife(): Promise<Usage> {
  const counted = new Counted({ settings: shopSettings, bucket: await recordedCopy(shopBucket) });
  const { stage } = counted;
  return lifeOf(counted, {
    work: 'snapshot',
    flow: 'snapshot',
    minutes: snapshotMinutes,
    plan: () => counted.call(takeSnapshot, { cluster, trigger: 'person' }),
    finish: async (id) => {
      const source = await recordedCopy(shopBucket, 'snapshot-20261122042442/');
      for await (const { key } of source.list('')) {
        await stage.bucket.put(`snapshot-${id}/${key}`, (await source.get(key)) ?? new Uint8Array());
      }
      stage.runner.play(`shop.${id}-snapshot-1`, 'test/fixtures/shop/br/04-backup-full');
    },
  });
}

async function cutLife(): Promise<Usage> {
  const base = 470632758116614145n;
  const nowMs = Math.floor(msOfTs(base) / 1000) * 1000 + 3_620_000;
  const settings = shopSettings.replace('every 2 days at 00:00', 'rate(30 minutes)');
  // The window ends with the log, and begins between the last two of the three snapshots.
  const windowMs = 52_000;
  const counted = new Counted({ settings, bucket: await recordedCopy(shopBucket), nowMs }, windowMs);
  const { stage } = counted;
  return lifeOf(counted, {
    work: 'truncation',
    flow: 'truncate',
    minutes: cutMinutes,
    plan: () => counted.call(truncateLog, { cluster, who: 'bench' }),
    finish: async (id) => {
      const record = await stage.store.get({ cluster, kind: 'truncation', id }, stage.nowMs());
      const untilTs = record !== undefined && 'untilTs' in record.record ? record.record.untilTs : 0n;
      const safepoint = 'log-backup/v1_stream_trancate_safepoint.txt';
      await stage.bucket.put(safepoint, new TextEncoder().encode(`${untilTs}`));
      const run = `shop.${id}-truncation-1`;
      stage.runner.print(run, `We are going to truncate 12 files, up to TS ${untilTs}.\n`);
      stage.runner.end(run, { exitCode: 0 });
    },
  });
}

export interface MonthlyCost {
  readonly byService: Readonly<Record<string, number>>;
  readonly total: number;
  readonly minute: Usage;
}

/** Of one cluster with a snapshot every two days and a cut after each. */
export async function monthlyCost(): Promise<MonthlyCost> {
  const bucket = await recordedCopy(shopBucket);
  const counted = new Counted({ settings: shopSettings, bucket, nowMs: calmMs });
  const minute = await minuteOf(counted);
  const month = nothingUsed();
  add(month, minute, minutes);
  add(month, await snapshotLife(), snapshots);
  add(month, await cutLife(), cuts);
  // Firings that find nothing to do: the day between two snapshots, and the hours without a plan that has cooled off.
  const skipped = await counted.call(takeSnapshot, {
    cluster,
    trigger: 'schedule',
    dueAt: '2026-11-23T00:00:00Z',
  });
  add(month, skipped.usage, snapshots);
  const idle = await counted.call(retentionApply, { cluster });
  if (idle.answer['decision'] !== 'nothing') throw new Error('the hour was not idle');
  add(month, idle.usage, hoursOfMonth);
  // The daily plan of the retention; a plan that is carried out reads once more what it was made from, and deleting is free.
  const plan = await counted.call(retentionPlan, { cluster, dueAt: '2026-11-23T01:00:00Z' });
  add(month, plan.usage, days + cuts);
  month.schedules += snapshots + days + hoursOfMonth;
  month.metricHours += metricHoursOfCalmDay() * days;
  month.alarms += alarmsOfCluster(counted.stage.settings).length;
  const byService = costOf(month);
  const total = Object.values(byService).reduce((sum, dollars) => sum + dollars, 0);
  return { byService, total, minute };
}

export function printCost(cost: MonthlyCost, print: (name: string, value: string) => void): void {
  const { minute, byService, total } = cost;
  print(
    'an idle minute of the control plane',
    `${minute.readUnits} reads and ${minute.writeUnits} writes of DynamoDB, ${minute.lists} lists and ${minute.gets} gets of S3, ${minute.gbSeconds.toFixed(2)} GB-s`,
  );
  for (const [service, dollars] of Object.entries(byService)) {
    print(`control plane a month: ${service}`, `${dollars.toFixed(2)} USD`);
  }
  print('control plane a month: all', `${total.toFixed(2)} USD a cluster (goal: ≤ 3 USD without NAT)`);
  const { freeMetrics, freeAlarms, alarmMonth, dashboardMonth } = prices;
  const free = Math.min(byService['CloudWatch metrics'] ?? 0, freeMetrics * prices.metricMonth);
  const freeOfAlarms = Math.min(byService['CloudWatch alarms'] ?? 0, freeAlarms * alarmMonth);
  print(
    'control plane a month: first of an account',
    `${(total - free - freeOfAlarms).toFixed(2)} USD, since ${freeMetrics} metrics and ${freeAlarms} alarms are free`,
  );
  print(
    'control plane a month: more',
    `${alarmMonth.toFixed(2)} USD for the alarm of objectives.rto, ${dashboardMonth.toFixed(2)} USD for the dashboard of the stack where the account has three`,
  );
  const zone = (hoursOfMonth * prices.endpointHour).toFixed(2);
  print(
    'control plane a month: TLS adds',
    `${prices.secretMonth.toFixed(2)} USD for the secret, ${zone} USD for its endpoint, once per VPC and zone`,
  );
}

if (import.meta.main)
  printCost(await monthlyCost(), (name, value) => console.log(`${name.padEnd(46)} ${value}`));
