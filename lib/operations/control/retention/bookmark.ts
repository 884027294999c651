// Operation bookmark: pins a moment with a name once the log has passed it, so that a bookmark that is there can be restored. Asked again
// and again by whoever waits; touches no object.

import { newestCheckpoint } from '../../../br/log-look.ts';
import { capabilities } from '../../../domain/capabilities.ts';
import { PitrError } from '../../../domain/errors.ts';
import { parseMoment } from '../../../domain/moment.ts';
import { isHolding } from '../../../domain/state/pin-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeTs, tsFromMs } from '../../../domain/ts.ts';
import { currentLogPath } from '../keeper/log-place.ts';
import { InputReader, type Operation } from '../operation.ts';
import { pin } from './pin.ts';
import { pinFacts } from './pin-facts.ts';
import { allPins, type RetentionDeps } from './retention-reading.ts';

export interface BookmarkInput {
  readonly name: string;
  /** undefined: now. */
  readonly atTs: bigint | undefined;
  /** As `pin` takes it. */
  readonly until: string | undefined;
  readonly reason: string;
  readonly who: string;
}

/** Our clock may be so much behind the cluster's, and what was committed just now is to be in. */
const clockDoubtMs = 1000;

/** `latest` and `-10m` have been in the log before: pin keeps them. */
const noLatest = { latest: undefined, whyNone: undefined };

/**
 * Input `{cluster, name, at?, until?, reason?, who?}`; `at`: a TSO or a date-time, now without it. Answers `{decision: 'pinned', …}` as `pin` does, also when
 * the same bookmark was made before, or `{decision: 'waiting', atTs, checkpointTs, log, flushesOnDemand}` while the log's checkpoint lies
 * before the moment: ask again with `at` = `atTs`. Errors: INVALID_INPUT, also for a moment to come; those of `pin`.
 */
export const bookmark: Operation<RetentionDeps, BookmarkInput, Facts> = {
  name: 'bookmark',
  parseInput: (value) => {
    const input = new InputReader('bookmark', value);
    input.text('cluster');
    const name = input.text('name', 'a name such as "before v42"');
    const at = input.optionalText('at');
    const atTs = at === undefined ? undefined : parseMoment(at, noLatest).ts;
    const until = input.optionalText('until');
    const reason = input.optionalText('reason') ?? `the bookmark ${name}`;
    const parsed = { name, atTs, until, reason, who: input.optionalText('who') ?? 'a person' };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const nowMs = deps.nowMs();
    const nowTs = tsFromMs(nowMs + clockDoubtMs);
    const { atTs = nowTs } = input;
    if (atTs > nowTs) throw notYet(atTs);
    const made = (await allPins(deps)).find(
      (one) => one.what === 'moment' && one.name === input.name && one.fromTs === atTs,
    );
    if (made !== undefined && isHolding(made, nowMs)) {
      return { decision: 'pinned', ...pinFacts(made, nowMs), holes: [] };
    }
    const log = await currentLogPath(deps);
    const checkpoint = await newestCheckpoint(await deps.openBucket(), `${log}/`);
    if (checkpoint !== undefined && checkpoint.ts >= atTs) return await pinned(deps, input, atTs);
    const { forceFlush } = capabilities(deps.settings.version);
    return {
      decision: 'waiting',
      ...{ atTs: `${atTs}`, checkpointTs: checkpoint === undefined ? null : `${checkpoint.ts}`, log },
      flushesOnDemand: forceFlush !== 'no',
    };
  },
};

async function pinned(
  deps: RetentionDeps,
  { name, until, reason, who }: BookmarkInput,
  atTs: bigint,
): Promise<Facts> {
  const at = `${atTs}`;
  const words = { name, reason, who, ...(until === undefined ? {} : { until }) };
  const cluster = deps.settings.name;
  return await pin.run(deps, pin.parseInput({ cluster, what: 'moment', at, ...words }));
}

function notYet(atTs: bigint): PitrError {
  return new PitrError(
    'INVALID_INPUT',
    `at of bookmark is ${describeTs(atTs)}, expected a moment that has been`,
    {
      hint: 'leave it away for now',
      details: { field: 'at', found: `${atTs}` },
    },
  );
}
