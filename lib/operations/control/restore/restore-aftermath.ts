// What is known at the end of a restore, gathered from its records: what each run said, what was seen of the target, what was
// proven. Kept in the facts of its last run, where each part is written once. Decides nothing.

import type { ImportLeaseFacts } from '../../../domain/log-task/log-task-facts.ts';
import type { EndedAttempt } from '../../../domain/restore/restore-leftovers.ts';
import type { Verification } from '../../../domain/restore/restore-verification.ts';
import type { Facts, FactValue, Failure } from '../../../domain/state/run-identity.ts';
import type { StoreGcRatio, TargetLook } from '../../../domain/target/target-look.ts';
import type { EndedRun } from '../runs/br-work.ts';
import { textFact, tsFact } from '../runs/run-facts.ts';

/** What a look at the target gave: `problem` when it could not be reached. */
export type SeenTarget =
  | { readonly kind: 'seen'; readonly look: TargetLook }
  | { readonly kind: 'unseen'; readonly problem: string };

/** `br` did begin: its end was looked at, and has a length. One that was only decided has none. */
export function didRun({ facts }: EndedRun): boolean {
  return typeof facts['tookMs'] === 'number';
}

export function attemptOf({ facts, failure }: EndedRun): EndedAttempt {
  const registry = textFact(facts, 'registry');
  return {
    code: failure?.code ?? '',
    registry: registry === 'created' || registry === 'resumed' || registry === 'removed' ? registry : '',
    restoreId: tsFact(facts, 'restoreId'),
    gcRatio: textFact(facts, 'gcRatio'),
    snapshotDone: facts['snapshotDone'] === true,
  };
}

export function factsOfSeen(seen: SeenTarget, atMs: number): Facts {
  if (seen.kind === 'unseen') return { target: { atMs, problem: seen.problem } };
  const { gcRatios, imports } = seen.look;
  return {
    target: {
      atMs,
      problem: '',
      gcRatios: gcRatios.map(({ storeId, address, ratio, problem }) => ({
        store: `${storeId}`,
        address,
        ratio: ratio ?? null,
        problem,
      })),
      imports: imports.map(({ kind, name, hasLease }) => ({ kind, name, hasLease })),
    },
  };
}

/** What was seen of the target after this run; undefined when nobody looked. */
export function seenTarget({ facts }: EndedRun): SeenTarget | undefined {
  const target = facts['target'];
  if (!isFacts(target)) return undefined;
  const problem = textFact(target, 'problem');
  if (problem !== '') return { kind: 'unseen', problem };
  const gcRatios = listOf(target['gcRatios']).map(
    (one): StoreGcRatio => ({
      storeId: tsFact(one, 'store'),
      address: textFact(one, 'address'),
      ratio: typeof one['ratio'] === 'number' ? one['ratio'] : undefined,
      problem: textFact(one, 'problem'),
    }),
  );
  const imports = listOf(target['imports']).map(
    (one): ImportLeaseFacts => ({
      kind: kinds.find((kind) => kind === one['kind']) ?? 'other',
      name: textFact(one, 'name'),
      hasLease: one['hasLease'] !== false,
    }),
  );
  return { kind: 'seen', look: { gcRatios, imports } };
}

const kinds = ['restore', 'lightning', 'import-into'] as const;

export function factsOfVerified(verified: Exclude<Verification, { readonly next: 'again' }>): Facts {
  return {
    verified:
      verified.next === 'done'
        ? { next: 'done', proof: verified.proof }
        : { next: 'failed', ...verified.failure },
  };
}

/** What was proven of the run that ended well: the proof, the failure, or undefined when nothing was read back. */
export function verifiedOf({
  facts,
}: EndedRun): { readonly proof: string } | { readonly failure: Failure } | undefined {
  const verified = facts['verified'];
  if (!isFacts(verified)) return undefined;
  if (verified['next'] === 'done') return { proof: textFact(verified, 'proof') };
  const [code, message, hint] = ['code', 'message', 'hint'].map((name) => textFact(verified, name));
  return { failure: { code: code ?? '', message: message ?? '', hint: hint ?? '' } };
}

/** Sentences about locks in the log that were left there, or taken away, at the end. */
export function lockNotesOf({ facts }: EndedRun): readonly string[] {
  const notes = facts['lockNotes'];
  return Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [];
}

function isFacts(value: FactValue | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: FactValue | undefined): readonly Facts[] {
  return Array.isArray(value) ? value.filter((one): one is Facts => isFacts(one)) : [];
}
