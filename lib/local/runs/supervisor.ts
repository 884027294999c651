// The small process that stays with a run when whoever started it is gone: it starts the program, keeps what it prints,
// carries out the wish to stop it, and writes down how it ended. Run by Node on the run's folder; must not import what
// is heavy, and must never start a program whose claim is another's.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from '../file-errors.ts';
import { identityOf } from './process-identity.ts';
import {
  type Command,
  readCommand,
  readStopDeadline,
  reserveExit,
  runFiles,
  writeExit,
  writeOnce,
  writeWhole,
} from './run-folder.ts';
import { RunLogWriter } from './run-log.ts';

/** The program begins only when the supervisor has written down its pid: if that one dies before, `read` fails. */
const gate = 'read -r go && exec "$@" </dev/null';
/** How often it looks for a wish to stop. */
const lookMs = 100;
/** How often it shows that it lives, for those who cannot see its pid (another container). */
export const aliveEveryMs = 5_000;
/** What the program left behind in its group gets so long after a SIGTERM of its own. */
const leftoverGraceMs = 10_000;
/** Somebody outside the group may hold the pipes for ever; the run's end does not wait longer for them. */
const pipesMs = 2_000;

/** The whole life of one run. Resolves when the run is over, or at once when it is another supervisor's. */
async function supervise(folder: string): Promise<void> {
  const command = readCommand(folder);
  const me = identityOf(process.pid);
  if (command === undefined || me === undefined) throw new Error(`${folder} holds no command`);
  if (!writeOnce(folder, runFiles.claim, { supervisor: me, atMs: Date.now() })) return;
  // The machine's shutdown tells the program as well: it would count as the second signal if we passed ours on.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)
    process.on(signal, () => undefined);
  const child = await startProgram(folder, command);
  if (child === undefined) return;
  const logs = [
    keepOutput(child.stdout, join(folder, 'stdout'), command),
    keepOutput(child.stderr, join(folder, 'stderr'), command),
  ];
  const isOver = once(child, 'exit');
  const stop = new StopWish(folder, child);
  const showAlive = setInterval(() => touch(join(folder, runFiles.alive)), aliveEveryMs);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end('go\n');
  const [exitCode, signal]: [number | null, NodeJS.Signals | null] = await endOf(isOver);
  await stop.clearGroup();
  await Promise.race([
    Promise.all(logs.map((log) => log.whenEnded)),
    setTimeout(pipesMs, undefined, { ref: false }),
  ]);
  for (const log of logs) log.close();
  clearInterval(showAlive);
  writeExit(folder, { exitCode, signal, atMs: Date.now(), wasStopped: stop.wasAsked });
}

async function endOf(isOver: Promise<unknown[]>): Promise<[number | null, NodeJS.Signals | null]> {
  const [exitCode, signal] = await isOver;
  if (typeof exitCode === 'number') return [exitCode, null];
  return [null, isSignal(signal) ? signal : 'SIGKILL'];
}

function isSignal(value: unknown): value is NodeJS.Signals {
  return typeof value === 'string' && value.startsWith('SIG');
}

/** The program behind its gate, with its pid written down; undefined when it failed, and the claim is free again. */
async function startProgram(folder: string, command: Command): Promise<ChildProcess | undefined> {
  let child: ChildProcess | undefined;
  try {
    reserveExit(folder);
    touch(join(folder, runFiles.alive));
    child = spawn('/bin/sh', ['-c', gate, 'sh', ...command.argv], {
      cwd: command.workFolder,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    const leader = identityOf(child.pid ?? 0);
    if (leader === undefined) throw new Error('the program ended before it began');
    writeWhole(folder, runFiles.started, { leader, atMs: Date.now() });
    return child;
  } catch (error) {
    // Only the gate can have begun. It is gone before the claim is, so that there are never two.
    if (child?.pid !== undefined) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    giveClaimBack(folder, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function giveClaimBack(folder: string, why: string): void {
  try {
    writeWhole(folder, runFiles.failed, { why });
  } finally {
    rmSync(join(folder, runFiles.claim), { force: true });
  }
}

function touch(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Only another container looks at it; the pid tells everybody else.
  }
}

function keepOutput(
  stream: NodeJS.ReadableStream | null,
  folder: string,
  command: Command,
): { readonly whenEnded: Promise<void>; readonly close: () => void } {
  const writer = new RunLogWriter(folder, command.limitBytes);
  let isClosed = false;
  stream?.on('data', (bytes: Buffer) => {
    if (!isClosed) writer.write(bytes);
  });
  return {
    whenEnded: new Promise((resolve) => stream?.on('close', resolve)),
    close: () => {
      isClosed = true;
      writer.close();
    },
  };
}

/** Looks for the wish to stop as long as the program lives, and carries it out. */
class StopWish {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #group: number;
  readonly #timer: NodeJS.Timeout;
  wasAsked = false;

  constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    this.#group = child.pid ?? 0;
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  #look(): void {
    const deadlineMs = readDeadline(this.#folder);
    if (deadlineMs === undefined) return;
    // Only the program, and only once: br takes a second signal as the order to leave its locks behind.
    if (!this.wasAsked) this.#child.kill('SIGTERM');
    this.wasAsked = true;
    if (Date.now() >= deadlineMs) signalGroup(this.#group, 'SIGKILL');
  }

  /**
   * The program has ended; what it started and left in its group ends now as well, or a "stopped" br could go on below
   * a wrapper that died. Its group's number is nobody else's as long as one member lives.
   */
  async clearGroup(): Promise<void> {
    clearInterval(this.#timer);
    if (!signalGroup(this.#group, 'SIGTERM')) return;
    const killAtMs = Math.min(
      Date.now() + leftoverGraceMs,
      readDeadline(this.#folder) ?? Number.POSITIVE_INFINITY,
    );
    while (signalGroup(this.#group, 0) && Date.now() < killAtMs) await setTimeout(lookMs);
    if (signalGroup(this.#group, 'SIGKILL')) await setTimeout(lookMs);
  }
}

function readDeadline(folder: string): number | undefined {
  try {
    return readStopDeadline(folder);
  } catch {
    return undefined;
  }
}

/** Whether there was anybody to signal. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

const folder = process.argv[2];
if (folder !== undefined) await supervise(folder);
