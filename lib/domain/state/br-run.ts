// One run of br, from the decision on its arguments to what its end meant: an attempt of a snapshot, a truncation, a restore or a
// change of the log task. A field exists only in the states that have it. Must not decide what comes next.

import type { Facts, Failure, Work } from './run-identity.ts';

interface Run {
  readonly shape: 'br-run/v1';
  readonly cluster: string;
  /** `WORKID-WORK-ATTEMPT`; the runner knows it as `CLUSTER.ID`. */
  readonly id: string;
  readonly work: Work;
  /** Id of the record that it works for. */
  readonly workId: string;
  /** From 1. */
  readonly attempt: number;
  /** Kind of the command, as lib/br/commands names it. */
  readonly command: string;
  /** Kept, so that what a killed run began is gone on with by the very same words (FACTS §3.3). Holds no secret. */
  readonly argv: readonly string[];
  /** Texts by name. Holds no secret. */
  readonly env: Facts;
  readonly decidedMs: number;
  /** Of the flow's waiting state; empty when nobody waits. */
  readonly token: string;
}

/** What the run's end means for its flow. */
export type BrVerdict = 'done' | 'again' | 'failed';

export type BrRun =
  /** Its arguments are decided; whether it runs is not known. Starting it again is the same run. */
  | (Run & { readonly state: 'starting' })
  | (Run & {
      readonly state: 'running';
      readonly startedMs: number;
      /** Text of the runner's handle. */
      readonly handle: string;
      /** When it was looked at last. */
      readonly lookedMs: number;
      /** Of what br calls its step; empty before it says anything. */
      readonly step: string;
      /** 0 to 1 of the step; null when br does not say. */
      readonly progress: number | null;
      /** Bytes of its two outputs that were looked at. */
      readonly stdoutRead: number;
      readonly stderrRead: number;
    })
  | (Run & {
      readonly state: 'ended';
      readonly startedMs: number;
      readonly endedMs: number;
      /** `exit 0`, `signal SIGKILL`, `lost: …`, `not needed: …`. */
      readonly end: string;
      readonly verdict: BrVerdict;
      /** Before the next attempt; 0 unless the verdict is `again`. */
      readonly waitSeconds: number;
      /** null when it is done. */
      readonly failure: Failure | null;
      /** What the run said and what was read back: BackupTS, sizes, who it was (host, pid, id), notes. */
      readonly facts: Facts;
      /** The flow was told. */
      readonly isAnswered: boolean;
    });

/** The id of an attempt. */
export function brRunId(workId: string, work: Work, attempt: number): string {
  return `${workId}-${work}-${attempt}`;
}
