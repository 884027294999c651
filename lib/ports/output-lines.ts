// Bytes of a run's stream as the lines of a page: what every runner that keeps bytes does alike. Must not read anything.

import type { OutputLine } from './runner.ts';

/** Read per call and stream; also the longest line that is given in one. */
export const outputPageBytes = 1024 * 1024;

const lineEnd = 10;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Bytes that follow each other. Only what stands before a byte tells whether a line begins at it, so whoever reads from a
 * position on takes one byte more in front of it, where there is one.
 */
export interface Stretch {
  /** Of the first byte, in all that the stream has carried. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** What follows is not kept: the last line here will never be whole. */
  readonly endsAtGap: boolean;
  /** Nothing is kept beyond. */
  readonly isLast: boolean;
}

export interface StreamPage {
  readonly lines: readonly OutputLine[];
  readonly next: number;
  readonly droppedBytes: number;
  /** All that is there was read. */
  readonly isEnd: boolean;
}

/** The stretch read from the byte before `from` holds nothing of what is asked: a gap begins at `from`, read behind it. */
export function endsBefore(stretch: Stretch, from: number): boolean {
  return stretch.endsAtGap && stretch.offset + stretch.bytes.length <= from;
}

/** Whether a page from `from` on can be made of it: a whole line is there, or as much as a page holds. */
export function holdsLine(stretch: Stretch, from: number): boolean {
  const begin = Math.max(0, from - stretch.offset);
  return stretch.bytes.indexOf(lineEnd, begin) >= 0 || stretch.bytes.length - begin >= outputPageBytes;
}

/**
 * A page of lines from `from` on. `isOver`: the run will print no more, so that a last line without its end is given
 * as well. Lines that a gap has cut are dropped and counted.
 */
export function linesOf(
  stretch: Stretch,
  stream: 'stdout' | 'stderr',
  from: number,
  isOver: boolean,
): StreamPage {
  const { offset, bytes, endsAtGap, isLast } = stretch;
  const begin = Math.max(0, Math.min(from - offset, bytes.length));
  const isContinued = begin > 0 && bytes[begin - 1] !== lineEnd;
  const lines: OutputLine[] = [];
  const add = (start: number, end: number, isCut: boolean): void => {
    lines.push({ stream, offset: offset + start, text: textOf(bytes, start, end), isCut });
  };
  let at = offset > from ? afterLineEnd(bytes) : begin;
  let dropped = Math.max(0, offset - from) + at - begin;
  for (let end = bytes.indexOf(lineEnd, at); end >= 0; end = bytes.indexOf(lineEnd, at)) {
    add(at, end, isContinued && at === begin);
    at = end + 1;
  }
  if (at < bytes.length) {
    if (endsAtGap) {
      dropped += bytes.length - at;
      at = bytes.length;
    } else if ((isOver && isLast) || (at === begin && bytes.length >= outputPageBytes)) {
      add(at, bytes.length, true);
      at = bytes.length;
    }
  }
  const next = Math.max(from, offset + at);
  return { lines, next, droppedBytes: dropped, isEnd: isOver && isLast && at === bytes.length };
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const hasReturn = bytes[end] === lineEnd && end > start && bytes[end - 1] === 13;
  return decoder.decode(bytes.subarray(start, hasReturn ? end - 1 : end));
}

function afterLineEnd(bytes: Uint8Array): number {
  const end = bytes.indexOf(lineEnd);
  return end < 0 ? bytes.length : end + 1;
}
