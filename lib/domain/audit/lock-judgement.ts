// Whether the owner of a lock object is dead. br's locks have no end and no heartbeat (FACTS §5.6): only the end of the very run that
// took it proves it. Not its age, and not that nothing else is seen.

import { type AuditFinding, findingId, type Proof } from './audit-finding.ts';

/** A lock of `truncating.lock`, `v1/LOCK.*` or `v1/APPEND_LOCK.WRIT`. Texts are empty when it does not say. */
export interface FoundLock {
  /** Relative to the storage root. */
  readonly key: string;
  readonly bytes: bigint;
  readonly writtenMs: number;
  /** An intent or a lock that cannot be read names nobody. */
  readonly holder:
    | { readonly ownerId: string; readonly host: string; readonly pid: string; readonly description: string }
    | undefined;
  readonly blocks: LockScope;
}

/** What cannot begin as long as it is there. */
export type LockScope = 'truncations' | 'migration-readers' | 'migration-writers' | 'migration-appends';

/** A run of br that the state knows, by what it said of itself. */
export interface KnownRun {
  readonly id: string;
  readonly ownerId: string;
  readonly host: string;
  readonly pid: string;
  /** `exit 0`, `signal SIGKILL` …; undefined: it runs. */
  readonly end: string | undefined;
}

/** runs: undefined where no state was read. */
export function lockFinding(lock: FoundLock, runs: readonly KnownRun[] | undefined): AuditFinding {
  const { key, bytes, holder } = lock;
  const owner = holder === undefined ? undefined : ownerOf(holder, runs ?? []);
  const isAlive = owner !== undefined && owner.end === undefined;
  return {
    id: findingId('lock', key),
    kind: 'lock',
    level: isAlive ? 'info' : 'warn',
    place: key,
    what: whatOf(lock),
    proof: proofOf(holder !== undefined, owner, runs !== undefined),
    advice: adviceOf(lock, owner),
    count: 1,
    bytes,
    keys: [key],
    namedBy: [],
  };
}

/** By the operation's id, or, where br gives none, by host and pid together. */
function ownerOf(holder: NonNullable<FoundLock['holder']>, runs: readonly KnownRun[]): KnownRun | undefined {
  return runs.find((run) => {
    if (holder.ownerId !== '') return run.ownerId === holder.ownerId;
    return run.host !== '' && run.pid !== '' && run.host === holder.host && run.pid === holder.pid;
  });
}

function whatOf({ holder, blocks }: FoundLock): string {
  const who = holder === undefined ? 'somebody was taking it' : holder.description;
  return `a lock (${who}): ${blockedWords[blocks]}`;
}

const blockedWords: Readonly<Record<LockScope, string>> = {
  truncations: 'no truncation begins while it is there',
  'migration-readers': 'no restore, compaction or migration begins while it is there',
  'migration-writers':
    'no truncation with --clean-up-compactions, and no native one, begins while it is there',
  'migration-appends': 'no compaction and no restore into a backed-up cluster ends while it is there',
};

function proofOf(isReadable: boolean, owner: KnownRun | undefined, hasState: boolean): Proof {
  if (owner?.end !== undefined) {
    return {
      proven: true,
      text: `it was taken by the run ${owner.id} of ours, which is over (${owner.end})`,
    };
  }
  if (owner !== undefined)
    return { proven: false, text: `it was taken by the run ${owner.id} of ours, which goes on` };
  if (!isReadable) return { proven: false, text: 'an intent, or a lock that cannot be read, names nobody' };
  const why = hasState
    ? 'no run of ours that is over said that it is its owner'
    : 'no state of runs was read, and a lock has no end of its own';
  return { proven: false, text: `${why}` };
}

function adviceOf({ holder, blocks }: FoundLock, owner: KnownRun | undefined): string {
  if (owner?.end !== undefined)
    return 'it can be deleted; the next run of the same work of ours does so by itself';
  if (owner !== undefined) return '';
  const where = holder === undefined || holder.host === '' ? '' : ` on ${holder.host}`;
  const process =
    holder === undefined || holder.pid === '' ? 'its process' : `the process ${holder.pid}${where}`;
  const others =
    blocks === 'migration-writers'
      ? '; a restore that was killed and resumed leaves the lock of its first run for ever'
      : '';
  return `look whether ${process} still runs; when it is certainly dead, delete the object by hand${others}`;
}
