// `pitr bookmark`: asks the control plane for a bookmark of now until the log has passed it, and has the stores flush meanwhile where that can
// be done from here. Without a flush it waits for the next one, and says so.

import { PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import { describeTs, msOfTs } from '../domain/ts.ts';

export type BookmarkEvent =
  | { readonly kind: 'waiting'; readonly atTs: bigint; readonly checkpointTs: bigint | undefined }
  | { readonly kind: 'flush'; readonly state: 'begun' | 'done' }
  /** The stores are not made to flush; their own flush is waited for. */
  | { readonly kind: 'no-flush'; readonly why: string };

export interface BookmarkDeps {
  /** The operation bookmark; `at`: a TSO, undefined for now. */
  readonly ask: (at: string | undefined) => Promise<Facts>;
  /** The operation force-flush; undefined where br does not run on this machine. */
  readonly flush: ((id: string) => Promise<Facts>) | undefined;
  /** For durations, ms. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly tell: (event: BookmarkEvent) => void;
}

export interface BookmarkWish {
  /** A TSO; undefined: now. */
  readonly at: string | undefined;
  readonly timeoutMs: number;
  readonly flush: boolean;
}

const askAgainMs = 5000;
/** Stores resolve a moment some ten seconds after it (`min-ts-interval`, FACTS §2.6): a flush before that would not hold it. */
const firstFlushMs = 15_000;
const flushAgainMs = 60_000;

/**
 * The answer of the operation once the moment is pinned. Errors: MOMENT_NOT_IN_WINDOW when the log did not come to it in time, and then
 * nothing is pinned; INTERRUPTED; those of the operation.
 */
export async function bookmarkMoment(deps: BookmarkDeps, wish: BookmarkWish): Promise<Facts> {
  const begunMs = deps.nowMs();
  const flushes = new Flushes(deps, wish);
  let { at } = wish;
  let told: string | undefined;
  for (;;) {
    const answer = await deps.ask(at);
    if (answer['decision'] !== 'waiting') return answer;
    const seen = waitingIn(answer);
    at = `${seen.atTs}`;
    if (told !== `${seen.checkpointTs}`)
      deps.tell({ kind: 'waiting', atTs: seen.atTs, checkpointTs: seen.checkpointTs });
    told = `${seen.checkpointTs}`;
    const waitedMs = deps.nowMs() - begunMs;
    if (waitedMs >= wish.timeoutMs) throw tooLate(seen, wish.timeoutMs);
    await flushes.step(seen, waitedMs);
    await deps.sleep(Math.min(askAgainMs, wish.timeoutMs - waitedMs), deps.signal);
    if (deps.signal.aborted) throw stopped(seen.atTs);
  }
}

interface Waiting {
  readonly atTs: bigint;
  readonly checkpointTs: bigint | undefined;
  readonly flushesOnDemand: boolean;
}

function waitingIn(answer: Facts): Waiting {
  const { atTs, checkpointTs, flushesOnDemand } = answer;
  return {
    atTs: BigInt(String(atTs)),
    checkpointTs: typeof checkpointTs === 'string' ? BigInt(checkpointTs) : undefined,
    flushesOnDemand: flushesOnDemand === true,
  };
}

/** One flush after the other, each under a name of its own, until one says that there will be none. */
class Flushes {
  readonly #deps: BookmarkDeps;
  #number = 1;
  #nextMs = firstFlushMs;
  #isBegun = false;
  #isOver: boolean;

  constructor(deps: BookmarkDeps, { flush }: BookmarkWish) {
    this.#deps = deps;
    this.#isOver = !flush;
  }

  async step({ atTs, flushesOnDemand }: Waiting, waitedMs: number): Promise<void> {
    if (this.#isOver) return;
    const { flush } = this.#deps;
    if (flush === undefined) {
      this.#end('br does not run on this machine');
      return;
    }
    if (!flushesOnDemand) {
      this.#end('this version of TiKV has no flush on demand (8.5.6 and later have)');
      return;
    }
    if (waitedMs < this.#nextMs) return;
    const answer = await flush(`${atTs}-${this.#number}`).catch((caught: unknown) => {
      if (caught instanceof PitrError) return { decision: 'failed', reasons: [caught.message] };
      throw caught;
    });
    this.#heed(answer, waitedMs);
  }

  #heed({ decision, reasons }: Facts, waitedMs: number): void {
    if (!this.#isBegun) this.#deps.tell({ kind: 'flush', state: 'begun' });
    this.#isBegun = decision === 'running';
    if (decision === 'running') return;
    if (decision !== 'flushed') {
      this.#end(Array.isArray(reasons) ? reasons.join('; ') : 'it failed');
      return;
    }
    this.#deps.tell({ kind: 'flush', state: 'done' });
    this.#number += 1;
    this.#nextMs = waitedMs + flushAgainMs;
  }

  #end(why: string): void {
    this.#isOver = true;
    this.#deps.tell({ kind: 'no-flush', why });
  }
}

function tooLate({ atTs, checkpointTs }: Waiting, timeoutMs: number): PitrError {
  const where =
    checkpointTs === undefined
      ? 'the log has no checkpoint'
      : `the checkpoint of the log is ${describeTs(checkpointTs)}, ${Math.ceil((msOfTs(atTs) - msOfTs(checkpointTs)) / 1000)} s before it`;
  return new PitrError(
    'MOMENT_NOT_IN_WINDOW',
    `the moment ${describeTs(atTs)} is not in the log after ${Math.round(timeoutMs / 1000)} s: ${where}; nothing was pinned`,
    {
      hint: `pitr status tells whether the log goes on; go on waiting with --at ${atTs}, or pin it before it is there with pitr pin moment --at ${atTs}`,
      details: { at: `${atTs}`, checkpoint: checkpointTs === undefined ? null : `${checkpointTs}` },
    },
  );
}

function stopped(atTs: bigint): PitrError {
  return new PitrError(
    'INTERRUPTED',
    `stopped before the log came to ${describeTs(atTs)}; nothing was pinned`,
    {
      hint: `go on waiting with pitr bookmark --at ${atTs}`,
    },
  );
}
