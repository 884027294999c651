// Operation react: answers the signals that wait: begins what they ask for, tells people what happened, and only then counts them
// as told. As the sweep of every minute it also finds what the stream lost, and work whose flow is gone.

import { PitrError, toPitrError } from '../../domain/errors.ts';
import { messageOf } from '../../domain/messages/messages.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';
import type { LauncherDeps, MessengerDeps, StateDeps } from './control-deps.ts';
import { InputReader, type Operation } from './operation.ts';
import { reactions } from './reactions.ts';
import { restartForgottenWork } from './runs/restart-work.ts';
import { type Topic, topics } from './signals.ts';

export type ReactInput =
  /** Signals that the stream told of; those that wait no more are passed over. */
  | { readonly kind: 'told'; readonly ids: readonly string[] }
  /** `all`: also those that are new, where no stream tells of them. */
  | { readonly kind: 'sweep'; readonly all: boolean };

type Deps = StateDeps & LauncherDeps & MessengerDeps;

/** The stream brings a signal within seconds. Older ones it has lost, or could not deliver. */
const streamLateMs = 2 * 60_000;
/** What nobody took for so long is no news any more. */
const messageStaleMs = 24 * 3_600_000;

/**
 * Input `{cluster, ids}` from the stream, `{cluster}` every minute, or `{cluster, all: true}` where there is no stream. Answers
 * `{told, begun, restarted, undelivered, waiting}`. What a signal asks for is begun, then people are told, then it is consumed: so
 * nothing is lost when react dies in between, what begins twice is one by its name, and a message comes once unless react
 * died between telling and consuming, or two reacts told at the same instant (its id is the same). One signal that fails keeps no
 * other from being answered. Errors, once all were tried: that of the first that failed, with all of them in the details; those
 * signals go on waiting.
 */
export const react: Operation<Deps, ReactInput, Facts> = {
  name: 'react',
  parseInput: (value) => {
    const input = new InputReader('react', value);
    input.text('cluster');
    const ids = input.has('ids') ? input.texts('ids', 'a list of ids of signals') : undefined;
    input.value('ids');
    const all = input.bool('all');
    input.done();
    return ids === undefined ? { kind: 'sweep', all } : { kind: 'told', ids };
  },
  run: async (deps, input) => {
    const report: Report = { told: [], begun: [], undelivered: [], failures: [] };
    for (const signal of await signalsFor(deps, input)) await answerSafely(deps, signal, report);
    const restarted = input.kind === 'sweep' ? await restartSafely(deps, report) : [];
    if (report.failures.length > 0) throw failureOfAll(report);
    const { told, begun, undelivered } = report;
    return { told, begun, undelivered, restarted };
  },
};

interface Report {
  /** Ids of signals that were consumed. */
  readonly told: string[];
  /** Names of executions and operations. */
  readonly begun: string[];
  /** What channels did not take, a sentence each. */
  readonly undelivered: string[];
  readonly failures: { readonly of: string; readonly error: PitrError }[];
}

async function signalsFor(deps: Deps, input: ReactInput): Promise<readonly WaitingSignal[]> {
  const waiting = await waitingSignals(deps);
  if (input.kind === 'told') {
    const ids = new Set(input.ids);
    return waiting.filter(({ id }) => ids.has(id));
  }
  const beforeMs = deps.nowMs() - streamLateMs;
  return input.all ? waiting : waiting.filter(({ atMs }) => atMs <= beforeMs);
}

/** All that wait, the oldest first. */
async function waitingSignals({ store, settings, nowMs }: Deps): Promise<readonly WaitingSignal[]> {
  const found: WaitingSignal[] = [];
  let after: string | undefined;
  do {
    const query = { nowMs: nowMs(), limit: 1000, ...(after === undefined ? {} : { after }) };
    const page = await store.waitingSignals(settings.name, query);
    found.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return found.sort((a, b) => a.atMs - b.atMs);
}

async function answerSafely(deps: Deps, signal: WaitingSignal, report: Report): Promise<void> {
  try {
    await answer(deps, signal, report);
  } catch (caught) {
    report.failures.push({ of: signal.id, error: toPitrError(caught) });
  }
}

async function answer(deps: Deps, signal: WaitingSignal, report: Report): Promise<void> {
  const { begin, tell } = reactions[topicOf(signal)];
  const begun = begin === undefined ? '' : await begin(deps, signal);
  if (begun !== '') report.begun.push(begun);
  if (tell !== undefined) {
    const { id, cluster, topic, atMs, facts } = signal;
    const message = { id: `${cluster}/${id}`, cluster, topic, atMs, facts, ...messageOf(tell, facts) };
    try {
      await deps.messenger.publish(message);
    } catch (caught) {
      report.undelivered.push(enoughTold(caught, signal, deps.nowMs()));
    }
  }
  const outcome = await deps.store.consumeSignal(signal, 'react', deps.nowMs());
  if (outcome === 'first') report.told.push(signal.id);
}

/** Errors: STATE_SHAPE_UNKNOWN for a topic of a newer version, which its react will answer. */
function topicOf({ id, topic }: WaitingSignal): Topic {
  const known = topics.find((one) => one === topic);
  if (known !== undefined) return known;
  throw new PitrError(
    'STATE_SHAPE_UNKNOWN',
    `the signal ${id} is of the topic ${JSON.stringify(topic)}, which nobody answers`,
    {
      hint: 'a newer version of this program wrote it: update this one',
      details: { signal: id, topic },
    },
  );
}

/**
 * A message that one channel took is told: telling it again would tell it again to those who have it. One that none took is told
 * later, for a day. Gives what is to be noted, or throws what was caught.
 */
function enoughTold(caught: unknown, { id, atMs }: WaitingSignal, nowMs: number): string {
  const error = toPitrError(caught);
  if (error.code !== 'MESSAGE_UNDELIVERED') throw error;
  const { channels, failures } = error.details;
  const failed = Array.isArray(failures) ? failures.length : undefined;
  const isPartly = typeof channels === 'number' && failed !== undefined && failed < channels;
  if (!isPartly && nowMs - atMs < messageStaleMs) throw error;
  return `${id}: ${error.message}`;
}

async function restartSafely(deps: Deps, report: Report): Promise<readonly string[]> {
  try {
    return await restartForgottenWork(deps);
  } catch (caught) {
    report.failures.push({ of: 'forgotten work', error: toPitrError(caught) });
    return [];
  }
}

/** The first that a later try may help, so that whoever called tries again; else the first. */
function failureOfAll({ failures, told }: Report): PitrError {
  const worst = failures.find(({ error }) => error.retryable) ?? failures[0];
  const all = failures.map(({ of, error }) => ({ of, code: error.code, message: error.message }));
  const { code, message, hint } = worst?.error ?? toPitrError('no failure is known');
  const count = `${failures.length} signals wait on, ${told.length} were answered`;
  return new PitrError(code, `${message} (${count})`, {
    ...(hint === undefined ? {} : { hint }),
    details: { failures: all },
    cause: worst?.error,
  });
}
