// What a run printed, kept in pieces so that it stays within a limit: the first piece and the newest ones, never
// losing the end. Must not look into the text.

import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  endsBefore,
  linesOf,
  outputPageBytes,
  type StreamPage,
  type Stretch,
} from '../../ports/output-lines.ts';
import { errnoOf } from '../file-errors.ts';

/** A stream is kept in so many pieces: one more or less is how exactly the limit is kept. */
const piecesKept = 8;
/** A piece's name is the offset of its first byte, so that a list of names tells what is there. */
const nameDigits = 16;

export const smallestLimitBytes = 64 * 1024;
export const usualLimitBytes = 64 * 1024 * 1024;

/** Takes what one stream prints. Its writes never fail: what no disk takes is dropped and seen as a gap. */
export class RunLogWriter {
  readonly #folder: string;
  readonly #pieceBytes: number;
  /** Offsets of the pieces on disk, ascending. */
  readonly #pieces: number[] = [];
  #offset = 0;
  #file: number | undefined;
  #left = 0;

  constructor(folder: string, limitBytes: number) {
    this.#folder = folder;
    this.#pieceBytes = Math.ceil(Math.max(limitBytes, smallestLimitBytes) / piecesKept);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at += this.#writeSome(bytes, at);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** How many bytes are done with: written, or dropped when the disk does not take them. */
  #writeSome(bytes: Uint8Array, at: number): number {
    try {
      if (this.#file === undefined || this.#left === 0) this.#nextPiece();
      const length = Math.min(bytes.length - at, this.#left);
      const count = this.#file === undefined ? 0 : writeSync(this.#file, bytes, at, length);
      this.#offset += count;
      this.#left -= count;
      return count;
    } catch {
      // A piece tells its bytes' offsets by its name, so after a gap there must be a new one.
      this.#forgetEmptyPiece();
      const rest = bytes.length - at;
      this.#offset += rest;
      this.#left = 0;
      return rest;
    }
  }

  /** A full disk must not push what was kept out by pieces that hold nothing. */
  #forgetEmptyPiece(): void {
    if (this.#file === undefined || this.#pieces.at(-1) !== this.#offset) return;
    this.close();
    this.#pieces.pop();
    rmSync(pathOf(this.#folder, this.#offset), { force: true });
  }

  #nextPiece(): void {
    this.close();
    while (this.#pieces.length >= piecesKept) {
      const [oldest] = this.#pieces.splice(1, 1);
      if (oldest !== undefined) rmSync(pathOf(this.#folder, oldest), { force: true });
    }
    this.#file = openSync(pathOf(this.#folder, this.#offset), 'wx', 0o600);
    this.#pieces.push(this.#offset);
    this.#left = this.#pieceBytes;
  }
}

function pathOf(folder: string, offset: number): string {
  return join(folder, String(offset).padStart(nameDigits, '0'));
}

interface Piece {
  readonly offset: number;
  readonly size: number;
  readonly modifiedMs: number;
}

function piecesOf(folder: string): readonly Piece[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  const pieces: Piece[] = [];
  for (const name of names.filter((one) => /^\d+$/.test(one)).sort()) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat !== undefined) pieces.push({ offset: Number(name), size: stat.size, modifiedMs: stat.mtimeMs });
  }
  return pieces;
}

/** When the stream last got a byte, Unix milliseconds. */
export function lastOutputOf(folder: string): number | undefined {
  const last = piecesOf(folder).findLast((piece) => piece.size > 0);
  return last === undefined ? undefined : Math.floor(last.modifiedMs);
}

function readStretch(folder: string, from: number): Stretch {
  const pieces = piecesOf(folder);
  const first = pieces.findIndex((piece) => piece.offset + piece.size > from);
  const start = Math.max(from, pieces[first]?.offset ?? from);
  const parts: Uint8Array[] = [];
  let end = start;
  let index = first < 0 ? pieces.length : first;
  for (; index < pieces.length && end - start < outputPageBytes; index++) {
    const piece = pieces[index];
    if (piece === undefined || piece.offset > end) break;
    const part = readPart(folder, piece, end - piece.offset, outputPageBytes - (end - start));
    if (part === undefined) break;
    parts.push(part);
    end += part.length;
    if (end < piece.offset + piece.size) break;
  }
  const next = pieces[index];
  const endsAtGap = next !== undefined && next.offset > end;
  return { offset: start, bytes: Buffer.concat(parts), endsAtGap, isLast: next === undefined };
}

/** undefined when the piece was taken away meanwhile. */
function readPart(folder: string, piece: Piece, at: number, most: number): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(pathOf(folder, piece.offset), 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(Math.min(most, piece.size - at));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, at));
  } finally {
    closeSync(file);
  }
}

/** A page of lines from `from` on; `isOver`: the run will print no more. */
export function readLog(
  folder: string,
  stream: 'stdout' | 'stderr',
  from: number,
  isOver: boolean,
): StreamPage {
  const withByteBefore = readStretch(folder, Math.max(0, from - 1));
  const stretch = endsBefore(withByteBefore, from) ? readStretch(folder, from) : withByteBefore;
  return linesOf(stretch, stream, from, isOver);
}
