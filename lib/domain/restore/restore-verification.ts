// What the target says after br ended well, held against what was asked for: proven, too early to tell, or not what it should
// be. And the sentence that says what was compared and what was not. Reads nothing; no row is compared here.

import type { ErrorCode } from '../errors.ts';
import type { Failure } from '../state/run-identity.ts';
import {
  describeImport,
  describeRatios,
  gcRatioSetting,
  gcRatioSql,
  listed,
  type TargetLook,
  untold,
  withoutCollection,
} from '../target/target-look.ts';
import { describeTs } from '../ts.ts';

export interface VerificationQuestion {
  readonly askedTs: bigint;
  /** The moment that br said it came to; 0n when it said none. */
  readonly saidTs: bigint;
  /** Where the restored data begins to be visible, on the target's clock; 0n when br did not say. */
  readonly targetTs: bigint;
  readonly target: TargetLook;
  /** Since br ended, milliseconds. */
  readonly sinceEndMs: number;
  /** Whether the log was restored: only that turns the collection of old versions off. */
  readonly usedLog: boolean;
  /** `v1/LOCK.READ.…` of our own runs that are still in the log's folder. */
  readonly ownLocks: readonly string[];
  /** How the rows of the same moment can be counted without a cluster. */
  readonly countCommand: string;
  /** What the run itself reported as not quite well after its success; empty when nothing. */
  readonly doubt: string;
}

export type Verification =
  | { readonly next: 'done'; readonly proof: string }
  | { readonly next: 'again'; readonly waitSeconds: number; readonly why: string }
  | { readonly next: 'failed'; readonly failure: Failure };

/** br's own lease ends within three minutes (FACTS §2.2); stores are given as long again, and more. */
const patienceMs = 10 * 60_000;
const lookAgainSeconds = 20;

export function verifyTarget(question: VerificationQuestion): Verification {
  const { askedTs, saidTs, target, sinceEndMs } = question;
  if (saidTs !== 0n && saidTs !== askedTs) {
    const message = `br came to ${describeTs(saidTs)}, and ${describeTs(askedTs)} was asked for`;
    return failed('BR_FAILED', message, 'the target is not what was asked for: discard it, and start anew');
  }
  const isPatient = sinceEndMs < patienceMs;
  const restores = target.imports.filter(({ kind }) => kind === 'restore');
  if (restores.length > 0) {
    const names = listed(restores.map(describeImport));
    if (isPatient) return again(`PD still has ${names}, whose lease ends within three minutes`);
    const message = `br came to ${describeTs(askedTs)}, and PD of the target still has ${names}: another restore works on it`;
    return failed(
      'CLUSTER_NOT_READY',
      message,
      'look what else restores into this cluster: neither is proven',
    );
  }
  const off = withoutCollection(target.gcRatios);
  if (off.length > 0) {
    if (isPatient) return again(`${gcRatioSetting} is ${describeRatios(off)}`);
    const message = `br came to ${describeTs(askedTs)}, and left ${gcRatioSetting} at ${describeRatios(off)}: nothing old is collected there`;
    return failed('CLUSTER_NOT_READY', message, `the data is there; put it back in TiDB: ${gcRatioSql}`);
  }
  if (untold(target.gcRatios).length > 0 && question.usedLog && isPatient) {
    return again(`not every TiKV tells its ${gcRatioSetting}`);
  }
  return { next: 'done', proof: proofOf(question) };
}

function again(why: string): Verification {
  return { next: 'again', waitSeconds: lookAgainSeconds, why };
}

function failed(code: ErrorCode, message: string, hint: string): Verification {
  return { next: 'failed', failure: { code, message, hint } };
}

function proofOf(question: VerificationQuestion): string {
  const { askedTs, saidTs, targetTs, target, ownLocks, doubt } = question;
  const told =
    saidTs === 0n
      ? `br ended well; it was told ${describeTs(askedTs)} and did not repeat the moment`
      : `br came to ${describeTs(askedTs)}, as asked`;
  const visible = targetTs === 0n ? '' : `; visible in the target from its own ${describeTs(targetTs)} on`;
  const others = target.imports.map(describeImport);
  const lease = others.length === 0 ? 'no import or restore is registered' : `registered: ${listed(others)}`;
  const locks = ownLocks.length === 0 ? '' : `; locks of this restore in the log: ${listed(ownLocks)}`;
  const rest = doubt === '' ? '' : `; but ${doubt}`;
  return (
    `${told}${visible}; in the target ${ratioWords(question)}, ${lease}${locks}${rest}. ` +
    `rows were not compared, for no SQL is asked here: ${question.countCommand} counts them at the same moment without a cluster`
  );
}

function ratioWords({ target: { gcRatios } }: VerificationQuestion): string {
  const silent = untold(gcRatios);
  const read = gcRatios.filter(({ ratio }) => ratio !== undefined);
  const words = read.length === 0 ? '' : `${gcRatioSetting} is ${describeRatios(read)}`;
  if (silent.length === 0) return words === '' ? `there is no TiKV to ask for ${gcRatioSetting}` : words;
  const asked = `${gcRatioSetting} could not be read from ${listed(silent.map(({ address, problem }) => `${address} (${problem})`))}`;
  return words === '' ? asked : `${words}, and ${asked}`;
}
