// One runtime per state folder: two would both be right, and tell everything twice. The claim of a dead one is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import { errnoOf } from '../file-errors.ts';
import { identityOf, isAlive, type ProcessIdentity, thisMachine } from '../runs/process-identity.ts';

const claimFile = 'runtime.json';

export interface DaemonClaim {
  /** Gives it back; nothing happens when another has it by now. */
  readonly release: () => void;
}

/**
 * Claims the folder for this process, making it if need be. Errors: STATE_CONFLICT when a living runtime has it, with its
 * pid; LOCAL_IO.
 */
export function claimFolder(folder: string): DaemonClaim {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, claimFile);
  const own = identityOf(process.pid);
  const text = JSON.stringify(own ?? { pid: process.pid, began: '', machine: thisMachine() });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => release(path, text) };
      const holder = runningIn(folder);
      if (holder !== undefined) throw taken(folder, holder);
      putAside(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The living runtime of the folder, if there is one. */
export function runningIn(folder: string): ProcessIdentity | undefined {
  return isLiving(join(folder, claimFile));
}

function isLiving(path: string): ProcessIdentity | undefined {
  let found: ProcessIdentity;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
  // Of another boot, or of a container that is gone: nothing of it lives. Two hosts never share a state folder (SQLite).
  return found.machine === thisMachine() && isAlive(found) ? found : undefined;
}

/** Takes a dead claim away; one that came in its place in the meantime is put back. */
function putAside(path: string): void {
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (isLiving(aside)) linked(aside, path);
  rmSync(aside, { force: true });
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw new PitrError('LOCAL_IO', `${path} cannot be made: ${String(error)}`, {
      hint: 'give a folder of this machine that can be written to, with --state',
      cause: error,
    });
  }
}

function release(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) rmSync(path, { force: true });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function taken(folder: string, holder: ProcessIdentity): PitrError {
  return new PitrError('STATE_CONFLICT', `${folder} is in use by the runtime with the pid ${holder.pid}`, {
    hint: 'one `pitr local up` per folder: stop that one, or give another folder with --state',
    details: { folder, pid: holder.pid },
  });
}
