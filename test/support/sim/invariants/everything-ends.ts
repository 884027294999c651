// When all troubles are over, everything that was begun has ended: work, flows, runs of br, leases, signals.

import { kindsOfWork, runIdMs } from '../../../../lib/domain/state/run-identity.ts';
import type { Invariant } from '../invariant.ts';
import type { SimWorld } from '../sim-world.ts';
import { clusterName, hour } from '../world-plan.ts';

const open = new Set(['planned', 'awaiting-approval', 'running', 'verifying', 'settling', 'starting']);

/** What began within the last hour may go on: the keeper never sleeps. */
const isNew = (id: string, nowMs: number) => nowMs - (runIdMs(id) ?? 0) < hour;

export class EveryWorkEnds implements Invariant {
  readonly rule = 'every planned work ends';

  async atEnd({ store, clock, flows, br }: SimWorld): Promise<void> {
    const query = { nowMs: clock.nowMs(), newestFirst: true, limit: 1000 };
    const left: string[] = [];
    for (const kind of ['snapshot', 'truncation', 'task-change', 'restore', 'br-run'] as const) {
      const { entries } = await store.list(kind, clusterName, query);
      left.push(
        ...entries.flatMap(({ record }) =>
          open.has(record.state) && !isNew(record.id, clock.nowMs())
            ? [`${kind} ${record.id} is ${record.state}`]
            : [],
        ),
      );
    }
    for (const { flow, name, state } of flows.executions({ limit: 10_000 })) {
      if (state === 'running' && !isNew(name.slice(0, 14), clock.nowMs())) {
        left.push(`the flow ${flow} ${name} is running`);
      }
    }
    for (const { runId, over, startedMs } of br.runs.values()) {
      if (over === undefined && clock.nowMs() - startedMs > hour) left.push(`br of ${runId} is running`);
    }
    if (left.length > 0) throw new Error(left.join('; '));
  }
}

export class NoLeaseIsHeldForEver implements Invariant {
  readonly rule = 'no lease is held for ever';

  async atEnd({ store, clock }: SimWorld): Promise<void> {
    for (const work of kindsOfWork) {
      const lease = await store.lease(clusterName, work);
      if (lease?.state !== 'held' || lease.expiresMs <= clock.nowMs()) continue;
      if (isNew(lease.holder.slice(0, 14), clock.nowMs())) continue;
      const until = new Date(lease.expiresMs).toISOString();
      throw new Error(`${lease.holder} holds the lease ${work} until ${until}`);
    }
  }
}

export class NoSignalWaitsForEver implements Invariant {
  readonly rule = 'every signal is answered';

  async atEnd({ store, clock }: SimWorld): Promise<void> {
    const { entries } = await store.waitingSignals(clusterName, { nowMs: clock.nowMs(), limit: 100 });
    const old = entries.filter(({ atMs }) => clock.nowMs() - atMs > hour);
    if (old.length > 0) throw new Error(`${old.map(({ id }) => id).join(', ')} wait`);
  }
}

export class TheLogRunsAgain implements Invariant {
  readonly rule = 'when all troubles are over, the log runs again';

  async atEnd(world: SimWorld): Promise<void> {
    if (world.isLogSound()) return;
    const names = world.cluster.keys.names().map((name) => {
      const state = world.cluster.keys.isPaused(name) ? 'is halted' : 'stands still';
      return `${name} ${state}, its checkpoint is ${world.cluster.keys.persisted(name) ?? 'none'}`;
    });
    throw new Error(names[0] ?? 'there is no task');
  }
}
