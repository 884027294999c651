// The one reader of br's two outputs, while br still runs: bytes in, events out, wherever chunks are cut. Unknown lines are
// kept as lines; no line is ever an error of ours. What a whole run means is said by `br-outcome.ts`.
import type { BareEvent, BrEvent, OutputStream } from './br-events.ts';
import { LineSplitter, longestLineBytes, type TextLine } from './line-splitter.ts';
import { parseLogLine } from './log-line.ts';
import { readLogLine } from './read-log-line.ts';
import { lockInTheWay, readPlainLine } from './read-plain-line.ts';

export interface BrOutputOptions {
  /** What a line has beyond it is dropped; default 1 MiB. */
  readonly longestLineBytes?: number;
}

/** One per run of br. Memory: one unfinished line per stream. */
export class BrOutputReader {
  readonly #splitters: Readonly<Record<OutputStream, LineSplitter>>;

  constructor(options: BrOutputOptions = {}) {
    const limit = options.longestLineBytes ?? longestLineBytes;
    this.#splitters = { stdout: new LineSplitter(limit), stderr: new LineSplitter(limit) };
  }

  /** The events of the lines that these bytes complete. Never throws. */
  push(stream: OutputStream, bytes: Uint8Array): BrEvent[] {
    return this.#splitters[stream].push(bytes).flatMap((line) => brEventsOfLine({ stream, ...line }));
  }

  /** The events of last lines without a newline: call it when br has ended. */
  end(): BrEvent[] {
    const streams: readonly OutputStream[] = ['stdout', 'stderr'];
    return streams.flatMap((stream) =>
      this.#splitters[stream].end().flatMap((line) => brEventsOfLine({ stream, ...line })),
    );
  }
}

/** All events of two whole outputs, stdout first. */
export function readBrOutput(stdout: Uint8Array, stderr: Uint8Array = new Uint8Array()): BrEvent[] {
  const reader = new BrOutputReader();
  return [...reader.push('stdout', stdout), ...reader.push('stderr', stderr), ...reader.end()];
}

/**
 * The events of one line, as a runner hands it on: one, or two when an error names a lock in its way; none for an empty line.
 * Never throws.
 */
export function brEventsOfLine(line: TextLine & { readonly stream: OutputStream }): BrEvent[] {
  const { stream, text, isCut } = line;
  if (text === '') return [];
  const log = isCut ? undefined : parseLogLine(text);
  const event = log === undefined ? readPlainLine(text) : readLogLine(log);
  const origin = { stream, atMs: log?.atMs };
  const kept: BareEvent = { kind: 'line', level: log?.level, text, isCut };
  const first = { ...(event ?? kept), ...origin } as BrEvent;
  const lock = event?.kind === 'error' ? lockInTheWay(event.text) : undefined;
  return lock === undefined ? [first] : [first, { ...lock, ...origin } as BrEvent];
}
