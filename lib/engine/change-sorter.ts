// Changes of the log, in whatever order they come → sorted runs on scratch disk. Takes one arena of a fixed size:
// when it is full it is sorted, thinned to what the merge can need, and written out.

import { compareRanges, readU32 } from '../br/bytes.ts';
import type { SpillSpace } from '../ports/spill.ts';
import {
  CHANGE_HEADER_BYTES,
  type ChangeHeader,
  ChangeView,
  changeSize,
  compareChangesAt,
  writeChange,
} from './change.ts';
import { mergeKeys } from './row-merge.ts';
import { OpenRun, type Run, RunCursor, RunWriter } from './run-file.ts';
import { VersionPicker } from './version-picker.ts';

/** More runs than this in one merge cost more memory and seeks than merging them in two steps. */
export const MERGE_FAN_IN = 24;

/** Bytes of bookkeeping per record beside the arena: its offset, twice while sorting, boxed by the sort. */
const OVERHEAD_BYTES_PER_RECORD = 16;

export class ChangeSorter {
  readonly #space: SpillSpace;
  readonly #until: bigint;
  readonly #budget: number;
  #arena: Uint8Array;
  #used = 0;
  #offsets: Uint32Array;
  #count = 0;
  #runs: Run[] = [];

  /** budgetBytes: arena and bookkeeping together. until: the moment that is restored. */
  constructor(space: SpillSpace, budgetBytes: number, until: bigint) {
    this.#space = space;
    this.#until = until;
    this.#budget = Math.max(budgetBytes, 64 * 1024);
    this.#arena = new Uint8Array(Math.min(this.#budget, 1024 * 1024));
    this.#offsets = new Uint32Array(4096);
  }

  add(
    header: ChangeHeader,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const size = changeSize(keyEnd - keyStart, valueEnd - valueStart);
    if (this.#used + size + this.#count * OVERHEAD_BYTES_PER_RECORD > this.#budget && this.#count > 0)
      this.#spill();
    if (this.#used + size > this.#arena.length) this.#grow(this.#used + size);
    if (this.#count === this.#offsets.length) {
      const offsets = new Uint32Array(this.#count * 2);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#offsets[this.#count++] = this.#used;
    this.#used = writeChange(
      this.#arena,
      this.#used,
      header,
      key,
      keyStart,
      keyEnd,
      value,
      valueStart,
      valueEnd,
    );
  }

  /** Writes out the rest and gives all runs. The sorter is empty again afterwards. */
  finish(): readonly Run[] {
    if (this.#count > 0) this.#spill();
    const runs = this.#runs;
    this.#runs = [];
    this.#arena = new Uint8Array(0);
    return runs;
  }

  #grow(needed: number): void {
    const arena = new Uint8Array(Math.max(needed, Math.min(this.#budget, this.#arena.length * 2)));
    arena.set(this.#arena.subarray(0, this.#used));
    this.#arena = arena;
  }

  #spill(): void {
    const arena = this.#arena;
    const offsets = this.#offsets.subarray(0, this.#count);
    offsets.sort((a, b) => compareChangesAt(arena, a, b));
    const writer = new RunWriter(this.#space);
    const picker = new VersionPicker(this.#until);
    const view = new ChangeView();
    for (let from = 0; from < offsets.length; ) {
      const to = endOfKey(arena, offsets, from);
      picker.reset();
      for (let i = from; i < to; i++) {
        view.at(arena, offsets[i]);
        picker.addView(view);
      }
      view.at(arena, offsets[from]);
      writeSurvivors(picker, writer, arena, view.keyStart, view.keyEnd);
      from = to;
    }
    this.#runs.push(writer.finish());
    this.#count = 0;
    this.#used = 0;
  }
}

function endOfKey(arena: Uint8Array, offsets: Uint32Array, from: number): number {
  const keyStart = offsets[from] + CHANGE_HEADER_BYTES;
  const keyEnd = keyStart + readU32(arena, offsets[from]);
  let to = from + 1;
  for (; to < offsets.length; to++) {
    const start = offsets[to] + CHANGE_HEADER_BYTES;
    if (compareRanges(arena, keyStart, keyEnd, arena, start, start + readU32(arena, offsets[to])) !== 0)
      break;
  }
  return to;
}

const survivors: number[] = [];

function writeSurvivors(
  picker: VersionPicker,
  writer: RunWriter,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
): void {
  picker.survivors(survivors);
  for (const index of survivors) {
    const version = picker.version(index);
    const { buffer, start, end } = version.value;
    writer.append(version, key, keyStart, keyEnd, buffer, start, end);
  }
}

/** Merges runs until at most MERGE_FAN_IN are left; the merged ones are removed. */
export async function reduceRuns(
  space: SpillSpace,
  runs: readonly Run[],
  until: bigint,
): Promise<readonly Run[]> {
  let left = [...runs].sort((a, b) => a.dataBytes - b.dataBytes);
  while (left.length > MERGE_FAN_IN) {
    const group = left.slice(0, MERGE_FAN_IN);
    const writer = new RunWriter(space);
    const all = new Uint8Array(0);
    const open = group.map((run) => new OpenRun(space, run));
    const cursors = open.map((run) => new RunCursor(run, all));
    await mergeKeys(cursors, new VersionPicker(until), undefined, (key, keyEnd, picker) =>
      writeSurvivors(picker, writer, key, 0, keyEnd),
    );
    const merged = writer.finish();
    for (const run of open) run.close();
    for (const run of group) space.remove(run.name);
    left = [...left.slice(MERGE_FAN_IN), merged].sort((a, b) => a.dataBytes - b.dataBytes);
  }
  return left;
}
