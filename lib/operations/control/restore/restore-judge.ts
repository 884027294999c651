// What the end of a restore by br means for its flow, from what br said (FACTS §6.5, §9.1). Pure; what the target says
// afterwards is read by verify-restore.

import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import type { BrFacts } from '../../../br/commands/outcome-facts.ts';
import { capabilities } from '../../../domain/capabilities.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Version } from '../../../domain/versions.ts';
import { failureOfOutcome } from '../failures.ts';
import type { Judgement } from '../runs/br-work.ts';
import type { PlannedRestore } from './restore-plan-facts.ts';

/**
 * done: br said that it came to the very moment that was asked for, whatever happened to it afterwards (it drops its temporary
 * databases after that word). again: it was killed, lost or stopped by what passes, and goes on with the same words. failed:
 * anything that the same words would meet again.
 */
export function judgeRestore(planned: PlannedRestore, version: Version, outcome: BrOutcome): Judgement {
  const { facts: said } = outcome;
  const facts = factsOf(said);
  const saidTs = momentOf(planned, said);
  const hasEnded = hasSaidSuccess(planned, said);
  if (hasEnded && saidTs !== undefined && saidTs !== planned.restoreTs) {
    return { verdict: 'failed', facts, failure: otherMoment(planned, saidTs) };
  }
  if (said.gcRatio?.startsWith('-') === true && hasEnded) {
    return { verdict: 'failed', facts, failure: ratioLeft(planned, said.gcRatio) };
  }
  if (outcome.kind === 'succeeded') return { verdict: 'done', facts };
  if (hasEnded) return { verdict: 'done', facts: { ...facts, doubt: doubtOf(outcome) } };
  const failure = failureOfOutcome(outcome);
  if (outcome.kind === 'failed' && !outcome.retry) return { verdict: 'failed', facts, failure };
  // A lock or a refusal comes before br writes anything; what came later needs a br that can go on.
  const isSafe = failure.code === 'BR_LOCKED' && facts['snapshotDone'] !== true;
  if (!isSafe && capabilities(version).restoreCheckpoint === 'none') {
    const hint = `br ${version.text} cannot go on with a restore: make the target anew, and start it again`;
    return { verdict: 'failed', facts, failure: { ...failure, hint } };
  }
  const waitSeconds = outcome.kind === 'failed' ? (outcome.waitSeconds ?? 0) : 0;
  return { verdict: 'again', waitSeconds, facts, failure };
}

/** What leftBehind of lib/domain/restore/restore-leftovers.ts asks for, beside the run's identity. */
function factsOf({ registry, succeededSummaries, snapshotSkipped }: BrFacts): Facts {
  const snapshotDone = snapshotSkipped || succeededSummaries.some((name) => name.endsWith(' Restore'));
  return { ...(registry === undefined ? {} : { registry }), snapshotDone };
}

function momentOf({ logPath }: PlannedRestore, said: BrFacts): bigint | undefined {
  return logPath === undefined ? said.backupTs : said.restoredTs;
}

function hasSaidSuccess({ logPath }: PlannedRestore, { succeededSummaries }: BrFacts): boolean {
  return logPath === undefined
    ? succeededSummaries.some((name) => name.endsWith(' Restore'))
    : succeededSummaries.includes('restore log');
}

function doubtOf(outcome: Exclude<BrOutcome, { readonly kind: 'succeeded' }>): string {
  const why = outcome.kind === 'unclear' ? outcome.because : outcome.meaning;
  return `after that word ${why}: databases __TiDB_BR_Temporary_* may be left in the target, to be dropped`;
}

function otherMoment({ restoreTs }: PlannedRestore, saidTs: bigint) {
  return {
    code: 'BR_FAILED',
    message: `br said that it restored ${describeTs(saidTs)}, and ${describeTs(restoreTs)} was asked for`,
    hint: 'discard the target, and look whether another br works on it',
  };
}

function ratioLeft({ restoreTs }: PlannedRestore, ratio: string) {
  return {
    code: 'CLUSTER_NOT_READY',
    message: `br restored ${describeTs(restoreTs)}, and left gc.ratio-threshold of TiKV at ${ratio}: nothing old is collected`,
    hint: 'the data is there; put the setting back as it is told below',
  };
}
