// What of a run is alive: its supervisor, its program, what that started; and the end of those that nobody watches over.
// Must not signal a process that was not proven to be of the run.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from '../file-errors.ts';
import { isAlive, markedProcesses, type ProcessIdentity, thisMachine } from './process-identity.ts';
import { type Claim, readClaim, readStarted, runFiles, type Started } from './run-folder.ts';

/** A supervisor whose pid we cannot see shows that it lives every five seconds; so long without is dead. */
const silentMs = 60_000;

/** Whether somebody still watches over the run. */
export function supervisorLives(folder: string, claim: Claim): boolean {
  if ('givenUp' in claim) return false;
  if (claim.supervisor.machine === thisMachine()) return isAlive(claim.supervisor);
  // Another container, another machine on the same disk, or ours before it was booted: only its sign of life tells.
  const sign = statSync(join(folder, runFiles.alive), { throwIfNoEntry: false });
  return Date.now() - (sign?.mtimeMs ?? claim.atMs) < silentMs;
}

/** What of the program lives although its supervisor died: the program itself, or what it started. */
export function orphansOf(folder: string, started: Started | undefined): readonly ProcessIdentity[] {
  if (started === undefined || started.leader.machine !== thisMachine()) return [];
  if (isAlive(started.leader)) return [started.leader];
  return markedProcesses(`PITR_RUN=${folder}`);
}

/** Nobody but us can stop a program that lives without its supervisor. Does nothing when there is none. */
export async function stopOrphans(folder: string, deadlineMs: number, isFirst: boolean): Promise<void> {
  const claim = readClaim(folder);
  const started = readStarted(folder);
  if (claim === undefined || supervisorLives(folder, claim)) return;
  const orphans = orphansOf(folder, started);
  if (isFirst) for (const orphan of orphans) signal(orphan, 'SIGTERM');
  while (orphansOf(folder, started).length > 0 && Date.now() < deadlineMs) await setTimeout(50);
  // First the program, then what it started, which is looked for once the program is gone.
  for (let sweep = 0; sweep < 2; sweep++) {
    for (const orphan of orphansOf(folder, started)) signal(orphan, 'SIGKILL');
    await setTimeout(50);
  }
}

function signal(orphan: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    if (isAlive(orphan)) process.kill(orphan.pid, name);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
