// Recorded runs of br on disk: `NAME.json` (argv, exit, seconds) with `NAME.stdout` and `NAME.stderr`, and which of them
// fits a command. Must not print or change anything.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import { errnoOf } from '../file-errors.ts';

export interface Recording {
  /** The file's name without its ending, such as `04-backup-full`. */
  readonly name: string;
  readonly command: BrCommand;
  /** Negative: the signal that ended it, as `-9`. */
  readonly exit: number;
  /** How long it took, when that was measured. */
  readonly seconds: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words of br's command line apart: `backup full`, and the flags by their names without dashes. */
export interface BrCommand {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

/** `argv` without the program. A flag without a value has the value `true`. */
export function parseBrCommand(argv: readonly string[]): BrCommand {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (const word of argv) {
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(word);
    if (match === null) words.push(word);
    else flags.set(match[1] ?? '', match[2] ?? 'true');
  }
  return { words, flags };
}

/** Every recording in a folder, in the order of their names; files of other kinds are passed over. */
export function readRecordings(folder: string): readonly Recording[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  return names.sort().flatMap((name) => readRecording(folder, name) ?? []);
}

function readRecording(folder: string, name: string): Recording | undefined {
  const fields: unknown = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { argv, exit, seconds, until }: Readonly<Record<string, unknown>> = { ...fields };
  if (typeof exit !== 'number') return undefined;
  // The records of truncations tell their moment in place of their words.
  const words = typeof until === 'string' ? ['br', 'log', 'truncate', `--until=${until}`] : argv;
  if (!Array.isArray(words)) return undefined;
  return {
    name,
    command: parseBrCommand(words.slice(1).map(String)),
    exit,
    seconds: typeof seconds === 'number' ? seconds : undefined,
    stdout: readText(join(folder, `${name}.stdout`)),
    stderr: readText(join(folder, `${name}.stderr`)),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Flags that make another question of the same words: with and without them the outputs have other forms. */
const formFlags = ['json', 'dry-run'];
/** Flags that say which of several runs is meant. */
const subjectFlags = [
  'task-name',
  'until',
  'restored-ts',
  'filter',
  'lastbackupts',
  'compression',
  'crypter.method',
];
/** Of a URL only the last part tells: the bucket is another one here. */
const placeFlags = ['storage', 'full-backup-storage'];

/**
 * The recording of the same words that agrees in most of what tells runs apart; of equals one that succeeded, and of these
 * the first. `wanted` names one outright. undefined when none has these words.
 */
export function chooseRecording(
  recordings: readonly Recording[],
  command: BrCommand,
  wanted?: string,
): Recording | undefined {
  if (wanted !== undefined) return named(recordings, wanted);
  const fitting = recordings.filter(
    (one) =>
      one.command.words.join(' ') === command.words.join(' ') &&
      formFlags.every((flag) => one.command.flags.get(flag) === command.flags.get(flag)),
  );
  const rank = (one: Recording): number => agreement(one.command, command) + (one.exit === 0 ? 0.5 : 0);
  return fitting.reduce<Recording | undefined>(
    (best, one) => (best === undefined || rank(one) > rank(best) ? one : best),
    undefined,
  );
}

function named(recordings: readonly Recording[], wanted: string): Recording {
  const found = recordings.find((one) => one.name === wanted);
  if (found !== undefined) return found;
  throw new PitrError('INVALID_INPUT', `there is no recording ${JSON.stringify(wanted)}`, {
    hint: `the recordings are: ${recordings.map((one) => one.name).join(', ')}`,
  });
}

function agreement(one: BrCommand, other: BrCommand): number {
  const points = (flag: string, part: (value: string) => string): number => {
    const [a, b] = [one.flags.get(flag), other.flags.get(flag)];
    if (a === undefined && b === undefined) return 0;
    return a !== undefined && b !== undefined && part(a) === part(b) ? 1 : -1;
  };
  const lastPart = (url: string): string =>
    url
      .replace(/[/?]+$/, '')
      .split('/')
      .at(-1) ?? '';
  return (
    subjectFlags.reduce((sum, flag) => sum + points(flag, (value) => value), 0) +
    placeFlags.reduce((sum, flag) => sum + points(flag, lastPart), 0)
  );
}
