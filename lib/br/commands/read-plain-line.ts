// What a line without log format means: the sentences br prints on the terminal, `Error: …`, a panic, the status array. Every
// other line is only kept.
import type { BareEvent } from './br-events.ts';
import { secondsToWait } from './error-catalogue.ts';
import { errorEvent } from './read-log-line.ts';
import { readStatusLine } from './status-line.ts';

/** The event of a plain line, or undefined for one that is only kept. */
export function readPlainLine(text: string): BareEvent | undefined {
  if (text === '[]' || text.startsWith('[{')) return readStatusLine(text);
  if (text.startsWith('Error: ')) return errorEvent(text.slice('Error: '.length), true);
  if (/^(?:panic: |fatal error: )/.test(text)) return { kind: 'crash', text };
  const plan = /^We are going to (?:truncate|remove) (\d{1,20}) files, (?:up to TS|until) /.exec(text)?.[1];
  if (plan !== undefined) return { kind: 'truncate-plan', files: BigInt(plan) };
  if (text.startsWith('According to the log, you have truncated log backup data before ')) {
    return { kind: 'already-truncated' };
  }
  if (text.startsWith('Files below are not deleted due to error')) {
    return { kind: 'undeleted', items: undefined };
  }
  const undeleted = /^\s*-\s*Total (\d{1,20}) items\b/.exec(text)?.[1];
  if (undeleted !== undefined) return { kind: 'undeleted', items: BigInt(undeleted) };
  if (/^Full Restore is skipped due to checkpoint mode/.test(text)) return { kind: 'snapshot-skipped' };
  const signal = /Got signal (\w[\w ]{0,40}?) to exit/.exec(text)?.[1];
  if (signal !== undefined) return { kind: 'signal', name: signal };
  const version = /^Release Version:\s*(\S{1,100})\s*$/.exec(text)?.[1];
  return version === undefined ? undefined : { kind: 'version', version };
}

/** What an error text tells about a lock in the way, besides its meaning. FACTS §5.6, §9.1 */
export function lockInTheWay(text: string): BareEvent | undefined {
  const seconds = secondsToWait(text);
  if (seconds !== undefined) {
    const holder = /another BR\((\d{1,20})\) running/.exec(text)?.[1];
    return {
      kind: 'checkpoint-lock',
      expiresInSeconds: seconds,
      lockId: holder === undefined ? undefined : BigInt(holder),
    };
  }
  const path =
    /conflict file ([^\s,]{1,1000})/.exec(text)?.[1] ?? /locked, path = ([^\s,]{1,1000})/.exec(text)?.[1];
  if (path === undefined) return undefined;
  return { kind: 'lock-blocked', path, ...holderOf(text) };
}

/** `blocker_meta = Locked(at: …, host: …, pid: …, hint: …, owner_id: …, lock_type: …)`; older: `meta = Locked(…)`. */
function holderOf(text: string) {
  const start = /(?:blocker_meta|\bmeta) = Locked\(/.exec(text);
  const meta = start === null ? '' : text.slice(start.index + start[0].length);
  const pid = /(?:^|, )pid: (\d{1,20})/.exec(meta)?.[1];
  return {
    lockedAt: /^at: ([^,)]{1,100})/.exec(meta)?.[1] ?? '',
    host: /(?:^|, )host: ([^,)]{1,300})/.exec(meta)?.[1] ?? '',
    pid: pid === undefined ? undefined : BigInt(pid),
    ownerId: /, owner_id: ([^,)]{1,200})/.exec(meta)?.[1] ?? '',
    lockType: /, lock_type: ([^,)]{1,200})/.exec(meta)?.[1] ?? '',
  };
}
