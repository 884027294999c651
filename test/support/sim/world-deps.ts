// What an invocation in a simulated world is given: the world's own state, bucket, br, flows and PD, each as a function of AWS reaches it,
// and a messenger whose every word is heard by the rules.

import type { FunctionName } from '../../../lib/config/functions.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { LocalDeps } from '../../../lib/local/control/local-deps.ts';
import type { CutDeps } from '../../../lib/operations/control/cut/cut-refusal.ts';
import type { Change, TaskStore } from '../../../lib/ports/task-store.ts';
import { SimClusterView } from '../../../lib/sim/cluster/sim-cluster-view.ts';
import type { TroubleKind } from '../../../lib/sim/faults.ts';
import type { SimWorld } from './sim-world.ts';
import type { Invocation } from './world-functions.ts';
import { ownPd } from './world-plan.ts';

export class WorldDeps {
  readonly #world: SimWorld;
  readonly #views = new Map<string, SimClusterView>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  of(invocation: Invocation): LocalDeps & Pick<CutDeps, 'partMetas'> {
    const { clock, record, settings, store, bucket, br, invariants } = this.#world;
    return {
      settings,
      store: this.#throttled(store, 'state-throttles', stateDown),
      nowMs: () => clock.nowMs(),
      openBucket: async () => bucket.as('control'),
      bucketName: undefined,
      // Few, so that cuts of a short log have parts that run at once, too.
      partMetas: 2,
      openRunner: async () => this.#throttled(br, 'runner-throttles', runnerDown),
      brPlace: { runnerKind: 'local', program: ['/br'], tls: undefined, region: undefined },
      callbacks: {
        succeed: (token, output) => this.#world.flows.succeed(token, output),
        fail: (token, failure) => this.#world.flows.fail(token, failure),
        heartbeat: (token) => this.#world.flows.heartbeat(token),
      },
      launcher: {
        startFlow: (flow, name, input) => this.#world.flows.start(flow, name, input),
        invoke: async (operation, input) => void this.#invokeSoon(operation, input),
      },
      messenger: {
        publish: async (message) => {
          if (this.#world.troubles.isInForce('channels-down')) {
            this.#world.refused.set(message.id, clock.nowMs());
            throw undelivered(message.id);
          }
          record.note(`message ${message.id}: ${message.title}`);
          for (const invariant of invariants) invariant.onMessage?.(this.#world, message, invocation);
        },
      },
      metrics: { put: () => undefined },
      openCluster: async (pd = [ownPd]) => ({ cluster: this.#viewOf(pd[0] ?? ''), close: () => undefined }),
    };
  }

  /** The port while a trouble is in force: some calls fail, and half of these have done what was asked. */
  #throttled<T extends object>(port: T, kind: TroubleKind, refusal: (call: string) => PitrError): T {
    const { troubles, random } = this.#world;
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]): Promise<unknown> => {
          const isStruck = troubles.isInForce(kind) && random.chance(10);
          const isDone = isStruck && random.chance(50);
          if (isStruck && !isDone) throw refusal(String(name));
          const answer: unknown = await Reflect.apply(value, target, given);
          if (isDone) throw refusal(String(name));
          return answer;
        };
      },
    });
  }

  /** Once, or twice. */
  async #invokeSoon(operation: FunctionName, input: unknown): Promise<void> {
    const { random, clock, rhythm } = this.#world;
    const times = random.chance(this.#world.odds().twice) ? 2 : 1;
    await clock.sleep(1000);
    for (let time = 0; time < times; time++) void rhythm.again(operation, input);
  }

  #viewOf(pd: string): SimClusterView {
    const known = this.#views.get(pd);
    if (known !== undefined) return known;
    const { people, cluster, troubles, clock } = this.#world;
    const target = people.targets.get(pd);
    if (target === undefined && pd !== ownPd) {
      throw new PitrError('PD_UNREACHABLE', `there is no PD at ${pd}`);
    }
    const view = new SimClusterView(pd, target?.pd ?? cluster.pd, {
      isHidden: () => troubles.isInForce('pd-hidden', 'pd-down') && target === undefined,
      localMs: () => clock.nowMs(),
    });
    this.#views.set(pd, view);
    return view;
  }
}

const stateDown = (call: string) =>
  new PitrError('STATE_UNAVAILABLE', `${call}: the table does not answer`, { hint: 'it passes by itself' });
const runnerDown = (call: string) =>
  new PitrError('RUNNER_UNAVAILABLE', `${call}: the runner does not answer`, { hint: 'it passes by itself' });
const undelivered = (id: string) =>
  new PitrError('MESSAGE_UNDELIVERED', `no channel took ${id}`, {
    details: { channels: 1, failures: [{ channel: 'sns', code: 'AWS_UNAVAILABLE', message: 'it is down' }] },
  });

/** The store whose writes the stream of its table tells of. */
export function streamedStore(store: TaskStore, told: (change: Change) => void): TaskStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'commit') return value.bind(target);
      return async (change: Change) => {
        const outcome = await target.commit(change);
        if (outcome.kind === 'written') told(change);
        return outcome;
      };
    },
  });
}
