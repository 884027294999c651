// The plaintext of a log file: key and value, again and again, nothing around them (FACTS §4.2).
// Iteration allocates nothing; whether an event is a put or a delete stands in the metadata, not here.

import { damagedObject } from '../../domain/errors.ts';

/** Bounds of one event in the buffer. */
export type EventVisitor = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void;

/**
 * A cursor over an event stream. After `next` returned true, `buf[keyStart, keyEnd)` is the key with its timestamp and
 * `buf[valueStart, valueEnd)` the value. Errors: OBJECT_DAMAGED naming `object` when an event does not fit.
 */
export class EventCursor {
  readonly buf: Uint8Array;
  readonly object: string;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  constructor(buf: Uint8Array, object: string) {
    this.buf = buf;
    this.object = object;
  }

  next(): boolean {
    const b = this.buf as unknown as number[];
    const end = b.length;
    const at = this.valueEnd;
    if (at === end) return false;
    const keyStart = at + 4;
    if (keyStart > end) this.fail(at);
    const keyEnd = keyStart + ((b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24)) >>> 0);
    const valueStart = keyEnd + 4;
    if (valueStart > end) this.fail(at);
    const size = (b[keyEnd] | (b[keyEnd + 1] << 8) | (b[keyEnd + 2] << 16) | (b[keyEnd + 3] << 24)) >>> 0;
    if (size > end - valueStart) this.fail(at);
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = valueStart + size;
    return true;
  }

  private fail(at: number): never {
    throw damagedObject(
      this.object,
      `events that end at byte ${this.buf.length}`,
      `one at ${at} that goes on`,
    );
  }
}

/** Visits every event in order and returns how many there were. Errors: as EventCursor. */
export function forEachEvent(buf: Uint8Array, visit: EventVisitor, object: string): number {
  const cursor = new EventCursor(buf, object);
  let count = 0;
  for (; cursor.next(); count++) visit(cursor.keyStart, cursor.keyEnd, cursor.valueStart, cursor.valueEnd);
  return count;
}

/** The stream of the given events; for tests, the benchmark and the simulator. */
export function encodeEvents(events: Iterable<readonly [key: Uint8Array, value: Uint8Array]>): Uint8Array {
  const parts = [...events];
  let length = 0;
  for (const [key, value] of parts) length += 8 + key.length + value.length;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    for (const bytes of part) {
      view.setUint32(at, bytes.length, true);
      out.set(bytes, at + 4);
      at += 4 + bytes.length;
    }
  }
  return out;
}
