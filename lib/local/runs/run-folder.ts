// The files of one run: what each holds, written so that it is there whole or not at all, and read with every field
// checked. Must not start, signal or judge a process.

import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import { errnoOf } from '../file-errors.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Who a run belongs to, written once for ever: nobody else may start its program. */
export type Claim =
  | { readonly supervisor: ProcessIdentity; readonly atMs: number }
  | { readonly givenUp: string };

/** What is to run. The environment is not here: it may hold secrets, and goes from process to process only. */
export interface Command {
  readonly runId: string;
  readonly argv: readonly string[];
  readonly workFolder: string;
  readonly limitBytes: number;
}

export interface Started {
  readonly leader: ProcessIdentity;
  readonly atMs: number;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly atMs: number;
  readonly wasStopped: boolean;
}

/** The names in a run's folder. `stdout` and `stderr` are folders of pieces (run-log.ts). */
export const runFiles = {
  command: 'command.json',
  claim: 'claim.json',
  started: 'started.json',
  exit: 'exit.json',
  failed: 'failed.json',
  stop: 'stop.json',
  alive: 'alive',
  supervisorLog: 'supervisor.log',
} as const;

/** Space for the end of the run, taken while there is some: a disk that is full by then must not hide how it ended. */
const reservedExit = 'exit.reserved';
const reservedBytes = 4096;

let temporaries = 0;

function writeTemporary(folder: string, text: string): string {
  temporaries += 1;
  const path = join(folder, `.tmp-${process.pid}-${process.hrtime.bigint()}-${temporaries}`);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return path;
}

/** Writes the file unless there is one already: of several who try at once, exactly one gets true. */
export function writeOnce(folder: string, name: string, value: unknown): boolean {
  const temporary = writeTemporary(folder, `${JSON.stringify(value)}\n`);
  try {
    linkSync(temporary, join(folder, name));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Writes the file, in place of any. */
export function writeWhole(folder: string, name: string, value: unknown): void {
  writeText(folder, name, `${JSON.stringify(value)}\n`);
}

/** The same of a text. */
export function writeText(folder: string, name: string, text: string): void {
  renameSync(writeTemporary(folder, text), join(folder, name));
}

/** Takes the space that `writeExit` will need. */
export function reserveExit(folder: string): void {
  renameSync(writeTemporary(folder, ' '.repeat(reservedBytes)), join(folder, reservedExit));
}

/** Writes how the run ended into the reserved space, and gives it its name. */
export function writeExit(folder: string, exit: Exit): void {
  const path = join(folder, reservedExit);
  const file = openSync(path, 'r+');
  try {
    writeSync(file, `${JSON.stringify(exit)}\n`.padEnd(reservedBytes), 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(path, join(folder, runFiles.exit));
}

type Fields = Readonly<Record<string, unknown>>;

function readFields(folder: string, name: string): Fields | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw runnerUnavailable(`${join(folder, name)} cannot be read (${errnoOf(error)})`, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Told below, with the file's name.
  }
  throw unreadable(folder, name);
}

export function readCommand(folder: string): Command | undefined {
  const fields = readFields(folder, runFiles.command);
  if (fields === undefined) return undefined;
  const { runId, argv, workFolder, limitBytes } = fields;
  const isCommand =
    typeof runId === 'string' &&
    Array.isArray(argv) &&
    argv.every((word): word is string => typeof word === 'string') &&
    typeof workFolder === 'string' &&
    typeof limitBytes === 'number';
  if (!isCommand) throw unreadable(folder, runFiles.command);
  return { runId, argv, workFolder, limitBytes };
}

export function readClaim(folder: string): Claim | undefined {
  const fields = readFields(folder, runFiles.claim);
  if (fields === undefined) return undefined;
  if (typeof fields['givenUp'] === 'string') return { givenUp: fields['givenUp'] };
  const supervisor = identityIn(fields['supervisor']);
  if (supervisor === undefined || typeof fields['atMs'] !== 'number')
    throw unreadable(folder, runFiles.claim);
  return { supervisor, atMs: fields['atMs'] };
}

export function readStarted(folder: string): Started | undefined {
  const fields = readFields(folder, runFiles.started);
  if (fields === undefined) return undefined;
  const leader = identityIn(fields['leader']);
  if (leader === undefined || typeof fields['atMs'] !== 'number') throw unreadable(folder, runFiles.started);
  return { leader, atMs: fields['atMs'] };
}

export function readExit(folder: string): Exit | undefined {
  const fields = readFields(folder, runFiles.exit);
  if (fields === undefined) return undefined;
  const { exitCode, signal, atMs, wasStopped } = fields;
  const isExit =
    (exitCode === null || typeof exitCode === 'number') &&
    (signal === null || typeof signal === 'string') &&
    (exitCode === null) !== (signal === null) &&
    typeof atMs === 'number' &&
    typeof wasStopped === 'boolean';
  if (!isExit) throw unreadable(folder, runFiles.exit);
  return { exitCode, signal, atMs, wasStopped };
}

/** Unix milliseconds at which the run is to be killed, when somebody asked for its stop. */
export function readStopDeadline(folder: string): number | undefined {
  const deadlineMs = readFields(folder, runFiles.stop)?.['deadlineMs'];
  return typeof deadlineMs === 'number' ? deadlineMs : undefined;
}

/** Why the last try to start it failed, when one did. */
export function readFailure(folder: string): string | undefined {
  const why = readFields(folder, runFiles.failed)?.['why'];
  return typeof why === 'string' ? why : undefined;
}

function identityIn(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, began, machine }: Fields = { ...value };
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return typeof began === 'string' && typeof machine === 'string' ? { pid, began, machine } : undefined;
}

function unreadable(folder: string, name: string): PitrError {
  return runnerUnavailable(`${join(folder, name)} is not what this version writes`);
}

/** The runner's own files cannot be read or written. */
export function runnerUnavailable(message: string, cause?: unknown): PitrError {
  return new PitrError('RUNNER_UNAVAILABLE', message, {
    hint: 'look at the folder of runs: its disk, its permissions, and who else writes there',
    cause,
  });
}
