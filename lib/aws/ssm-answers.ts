// What the shell program of a run prints, as states and bytes. Anything else is no answer, and never a state.

import { gunzipSync } from 'node:zlib';
import { PitrError } from '../domain/errors.ts';
import type { Stretch } from '../ports/output-lines.ts';
import type { RunState } from '../ports/runner.ts';
import { endOfCode } from './exit-code.ts';

export type StartAnswer =
  | { readonly kind: 'began' | 'missing' | 'other' | 'slow' }
  | { readonly kind: 'failed'; readonly why: string };

export interface ReadAnswer {
  readonly state: RunState;
  readonly stdout: Stretch;
  readonly stderr: Stretch;
}

/** Errors of these: RUNNER_UNAVAILABLE for what the program does not print. */
export function readStart(text: string): StartAnswer {
  const [kind, rest] = wordsOf(text);
  if (kind === 'began' || kind === 'missing' || kind === 'other' || kind === 'slow') return { kind };
  if (kind === 'failed') return { kind, why: rest };
  throw notUnderstood(text);
}

export function readState(text: string): RunState {
  const [kind, rest] = wordsOf(text);
  const fields = rest.split(/\s+/);
  const [first, second, third] = fields;
  if (kind === 'lost') return { state: 'lost', why: rest };
  if (kind === 'running') {
    const lastOutputMs = second === '-' ? undefined : numberIn(second, text);
    return { state: 'running', sinceMs: numberIn(first, text), lastOutputMs };
  }
  if (kind !== 'ended' || (third !== 'yes' && third !== 'no')) throw notUnderstood(text);
  return {
    state: 'ended',
    end: endOfCode(numberIn(first, text)),
    endedMs: numberIn(second, text),
    wasStopped: third === 'yes',
  };
}

/** A run whose files are not there has a state and no streams. */
export function readRead(text: string): ReadAnswer {
  const state = readState(text);
  return { state, stdout: stretchOf('stdout', text, state), stderr: stretchOf('stderr', text, state) };
}

function stretchOf(stream: string, text: string, state: RunState): Stretch {
  const line = text.split('\n').find((one) => one.startsWith(`${stream} `));
  if (line === undefined && state.state === 'lost') {
    return { offset: 0, bytes: new Uint8Array(0), endsAtGap: false, isLast: true };
  }
  const [, first, length, end, size, base64 = ''] = (line ?? '').split(' ');
  const offset = numberIn(first, text);
  const bytes =
    base64 === '-' ? new Uint8Array(0) : unzipped(base64, text).subarray(0, numberIn(length, text));
  const reached = offset + bytes.length;
  if (bytes.length !== numberIn(length, text)) throw notUnderstood(text);
  return {
    offset,
    bytes,
    endsAtGap: reached === numberIn(end, text) && reached < numberIn(size, text),
    isLast: reached >= numberIn(size, text),
  };
}

function unzipped(base64: string, text: string): Uint8Array {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'));
  } catch {
    throw notUnderstood(text);
  }
}

/** The first word behind `pitr`, and all that follows on its line. */
function wordsOf(text: string): readonly [string, string] {
  const match = /^pitr (\S+) ?(.*?)\s*$/m.exec(text);
  if (match === null) throw notUnderstood(text);
  return [match[1] ?? '', match[2] ?? ''];
}

function numberIn(word: string | undefined, text: string): number {
  const number = /^\d{1,15}$/.test(word ?? '') ? Number(word) : Number.NaN;
  if (Number.isNaN(number)) throw notUnderstood(text);
  return number;
}

function notUnderstood(text: string): PitrError {
  return new PitrError(
    'RUNNER_UNAVAILABLE',
    `the machine answers ${JSON.stringify(text.slice(0, 200))}: expected a line that begins with pitr`,
    {
      hint: 'look whether the machine is a Linux with sh, coreutils, grep, gzip and setsid, and whether its disk is full',
    },
  );
}
