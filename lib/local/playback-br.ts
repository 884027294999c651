// A stand-in for br in tests and in the demo: it prints a recorded run of the real br at the pace it had, does to a folder
// what that run did to its storage, and ends as it ended. It never claims to be br: its first line says what it is.

import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PitrError } from '../domain/errors.ts';
import { openFileObjectStore } from './file-object-store.ts';
import {
  copyWhere,
  type Effect,
  openStorage,
  type PreparedEffect,
  prepareEffect,
  storageFolder,
} from './playback/effects.ts';
import {
  type BrCommand,
  chooseRecording,
  parseBrCommand,
  type Recording,
  readRecordings,
} from './playback/recordings.ts';

export interface PlaybackSettings {
  /** Folders of recordings: `NAME.json`, `NAME.stdout`, `NAME.stderr`. */
  readonly recordings: readonly string[];
  /** 1 is as slow as it was, 10 ten times as fast; 0 does not wait at all. */
  readonly speed: number;
  /** What stands for a storage: `{"s3://bucket/prefix": "/folder"}`, or an `s3://` URL. Paths and `local://` need none. */
  readonly storages?: Readonly<Record<string, string>>;
  /** The first that fits a command says more about it; without one the recording that agrees best is played. */
  readonly rules?: readonly PlaybackRule[];
  /** Where calls are counted, for rules with `call`. */
  readonly countFolder?: string;
}

export interface PlaybackRule {
  /** The words of the command, as `backup full`. */
  readonly command: string;
  /** Only for the n-th call of this command, from 1. Needs `countFolder`. */
  readonly call?: number;
  /** The name of the recording; the one that agrees best when not given. */
  readonly recording?: string;
  readonly effects?: readonly Effect[];
  readonly fault?: PlaybackFault;
}

export interface PlaybackFault {
  /** `die`: SIGKILL to itself. `half-line`: the same after half of the line. `hang`: prints no more, and ends when told. `deaf`:
   * the same, but SIGTERM does not end it. */
  readonly kind: 'die' | 'half-line' | 'hang' | 'deaf';
  /** After so many lines of stdout. */
  readonly afterLines: number;
  /** A folder whose content is left at `--storage`: locks and checkpoints of a killed run. */
  readonly leave?: string;
}

/** What the played back br needs of its process. */
export interface PlaybackProcess {
  readonly print: (stream: 'stdout' | 'stderr', text: string) => Promise<void>;
  /** How many signals asked it to end so far. */
  readonly signals: () => number;
  /** Ends by SIGKILL, never to return. */
  readonly die: () => Promise<never>;
}

/** The exit code when there is nothing to play: none that br has, so that nobody takes it for br's own refusal. */
export const nothingToPlay = 70;

/**
 * Plays what fits `argv` (without the program). Resolves with the exit code of the recording; 1 after a signal, as br (FACTS
 * §1.1). INVALID_INPUT when no recording fits, or an effect has no folder.
 */
export async function playBack(
  settings: PlaybackSettings,
  argv: readonly string[],
  self: PlaybackProcess,
): Promise<number> {
  const command = parseBrCommand(argv);
  const rule = ruleFor(settings, command);
  const recordings = settings.recordings.flatMap(readRecordings);
  const recording = chooseRecording(recordings, command, rule?.recording);
  if (recording === undefined) {
    throw new PitrError('INVALID_INPUT', `there is no recording of br ${command.words.join(' ')}`, {
      hint: `there are: ${[...new Set(recordings.map((one) => one.command.words.join(' ')))].join(', ')}`,
    });
  }
  const effects: PreparedEffect[] = [];
  for (const effect of rule?.effects ?? []) {
    effects.push(await prepareEffect(effect, storageFolder(command, settings.storages ?? {})));
  }
  await self.print('stdout', announcement(recording, command, settings.speed));
  for (const effect of effects) await effect.begin();
  const isInterrupted = await printLines(settings, recording, self, (linesPrinted, next) =>
    carryOutFault(rule?.fault, linesPrinted, next, self, () => leaveBehind(settings, command, rule?.fault)),
  );
  if (isInterrupted) return 1;
  for (const effect of effects) await effect.end();
  if (recording.stderr !== '') await self.print('stderr', recording.stderr);
  return recording.exit < 0 ? await self.die() : recording.exit;
}

/** One line that every reader of br's output keeps as an unknown one, in the form that the command asked for. */
function announcement(recording: Recording, command: BrCommand, speed: number): string {
  const message = 'this is not br: a recording of br is played back';
  const facts = { caller: 'playback-br', message, recording: recording.name, speed };
  if (command.flags.get('log-format') === 'json') return `${JSON.stringify({ level: 'INFO', ...facts })}\n`;
  return `[INFO] ["${message}"] [recording=${recording.name}] [speed=${speed}]\n`;
}

function ruleFor(settings: PlaybackSettings, command: BrCommand): PlaybackRule | undefined {
  const words = command.words.join(' ');
  const call = settings.countFolder === undefined ? 1 : countCall(settings.countFolder, words);
  return settings.rules?.find(
    (rule) => rule.command === words && (rule.call === undefined || rule.call === call),
  );
}

/** A file per call, made exclusively, so that calls at once get different numbers. */
function countCall(folder: string, words: string): number {
  mkdirSync(folder, { recursive: true });
  const prefix = `${words.replaceAll(' ', '-')}.`;
  for (let call = readdirSync(folder).filter((name) => name.startsWith(prefix)).length + 1; ; call++) {
    try {
      writeFileSync(join(folder, `${prefix}${call}`), '', { flag: 'wx' });
      return call;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** Whether a signal ended it. */
async function printLines(
  settings: PlaybackSettings,
  recording: Recording,
  self: PlaybackProcess,
  beforeLine: (linesPrinted: number, next: string) => Promise<void>,
): Promise<boolean> {
  const lines = recording.stdout.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const times = lines.map(timeOf);
  const firstMs = times.find((time) => time !== undefined) ?? 0;
  const recordedMs = (recording.seconds ?? 0) * 1000;
  let clockMs = firstMs;
  for (const [index, line] of lines.entries()) {
    const timeMs = times[index] ?? clockMs;
    if (await isSignalledWithin(timeMs - clockMs, settings.speed, self)) return await leave(self);
    clockMs = Math.max(clockMs, timeMs);
    await beforeLine(index, line);
    await self.print('stdout', line);
  }
  await beforeLine(lines.length, '');
  const restMs = recordedMs - (clockMs - firstMs);
  return (await isSignalledWithin(restMs, settings.speed, self)) ? await leave(self) : false;
}

/** When a line was printed, Unix milliseconds; undefined for lines that carry no time. */
function timeOf(line: string): number | undefined {
  const match =
    /^(?:\{"level":"\w+","time":"|\[)(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d\.\d{3}) ([+-]\d\d:\d\d)/.exec(
      line,
    );
  if (match === null) return undefined;
  const [, year, month, day, clock, zone] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${clock}${zone}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Waits in small steps; the recorded time divided by the speed. */
async function isSignalledWithin(recordedMs: number, speed: number, self: PlaybackProcess): Promise<boolean> {
  let leftMs = speed <= 0 ? 0 : recordedMs / speed;
  for (; leftMs > 0 && self.signals() === 0; leftMs -= 20) await setTimeout(Math.min(leftMs, 20));
  return self.signals() > 0;
}

/** As br cancels its work (FACTS §1.1). */
async function leave(self: PlaybackProcess): Promise<true> {
  await self.print('stdout', '\n========[ Got signal terminated to exit. ]========\n');
  await self.print('stderr', 'gracefully shutting down, press ^C again to force exit\n');
  return true;
}

async function carryOutFault(
  fault: PlaybackFault | undefined,
  linesPrinted: number,
  next: string,
  self: PlaybackProcess,
  leaveBehindIt: () => Promise<void>,
): Promise<void> {
  if (fault === undefined || linesPrinted !== fault.afterLines) return;
  await leaveBehindIt();
  switch (fault.kind) {
    case 'half-line':
      await self.print('stdout', next.slice(0, Math.floor(next.length / 2)));
      await self.die();
      break;
    case 'die':
      await self.die();
      break;
    case 'hang':
      while (self.signals() === 0) await setTimeout(20);
      break;
    case 'deaf':
      for (;;) await setTimeout(1000);
    default: {
      const never: never = fault.kind;
      throw new PitrError('INTERNAL', `unknown fault ${String(never)}`);
    }
  }
}

async function leaveBehind(
  settings: PlaybackSettings,
  command: BrCommand,
  fault: PlaybackFault | undefined,
): Promise<void> {
  if (fault?.leave === undefined) return;
  const target = await openStorage(storageFolder(command, settings.storages ?? {}));
  await copyWhere(await openFileObjectStore(fault.leave), target, () => true);
}

/**
 * Writes an executable `br` into a folder that plays back by these settings, and returns its path: what a runner is given
 * as the program, or a folder to put on the path.
 */
export function writePlaybackBr(folder: string, settings: PlaybackSettings): string {
  mkdirSync(folder, { recursive: true });
  const settingsPath = join(folder, 'playback.json');
  writeFileSync(settingsPath, `${JSON.stringify(settings, undefined, 2)}\n`);
  const entry = fileURLToPath(new URL('./playback/entry.ts', import.meta.url));
  const quoted = [process.execPath, entry, settingsPath].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const path = join(folder, 'br');
  writeFileSync(path, `#!/bin/sh\n# Not br: plays recordings of br back.\nexec ${quoted.join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
