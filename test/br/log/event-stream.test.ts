import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { EventCursor, encodeEvents, forEachEvent } from '../../../lib/br/log/event-stream.ts';
import { PitrError } from '../../../lib/domain/errors.ts';

const settings = { seed: 20261122, numRuns: 500 };
const events = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 300 })), {
  maxLength: 30,
});

function read(buf: Uint8Array): (readonly [Uint8Array, Uint8Array])[] {
  const found: (readonly [Uint8Array, Uint8Array])[] = [];
  const count = forEachEvent(
    buf,
    (ks, ke, vs, ve) => found.push([buf.slice(ks, ke), buf.slice(vs, ve)]),
    'x.log range 0+9',
  );
  assert.equal(count, found.length);
  return found;
}

test('an event is a little-endian length and its key, then the same for its value', () => {
  const buf = Uint8Array.of(2, 0, 0, 0, 7, 8, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0);
  assert.deepEqual(read(buf), [
    [Uint8Array.of(7, 8), Uint8Array.of(9)],
    [new Uint8Array(0), new Uint8Array(0)],
  ]);
});

test('the cursor and the visitor see the same events, and an empty stream has none', () => {
  const buf = encodeEvents([[Uint8Array.of(1), Uint8Array.of(2, 3)]]);
  const cursor = new EventCursor(buf, 'x');
  assert.ok(cursor.next());
  assert.deepEqual([cursor.keyStart, cursor.keyEnd, cursor.valueStart, cursor.valueEnd], [4, 5, 9, 11]);
  assert.ok(!cursor.next());
  assert.ok(!cursor.next(), 'the end stays the end');
  assert.deepEqual(read(new Uint8Array(0)), []);
});

test('what is encoded is read back', () => {
  fc.assert(
    fc.property(events, (list) => assert.deepEqual(read(encodeEvents(list)), list)),
    settings,
  );
});

test('a stream that is cut inside an event is damage that names the object and the event', () => {
  const buf = encodeEvents([
    [Uint8Array.of(1, 2), Uint8Array.of(3)],
    [Uint8Array.of(4), Uint8Array.of(5, 6, 7)],
  ]);
  for (let length = 1; length < buf.length; length++) {
    if (length === 11) continue;
    const at = length < 11 ? 0 : 11;
    assert.throws(() => read(buf.slice(0, length)), {
      code: 'OBJECT_DAMAGED',
      message: `x.log range 0+9 is damaged: expected events that end at byte ${length}, found one at ${at} that goes on`,
    });
  }
});

test('lengths of four gigabytes do not wrap around', () => {
  for (const at of [3, 9]) {
    const buf = encodeEvents([[Uint8Array.of(1, 2), Uint8Array.of(3)]]);
    buf[at] = 0xff;
    assert.throws(() => read(buf), { code: 'OBJECT_DAMAGED' });
  }
});

test('random bytes are events inside the buffer or damage', () => {
  const small = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 0xff), { maxLength: 50 });
  fc.assert(
    fc.property(small, (array) => {
      try {
        for (const [key, value] of read(Uint8Array.from(array))) {
          assert.ok(key.length + value.length + 8 <= array.length);
        }
      } catch (error) {
        assert.ok(error instanceof PitrError && error.code === 'OBJECT_DAMAGED', String(error));
      }
    }),
    { ...settings, numRuns: 3000 },
  );
});
