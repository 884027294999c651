import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { readBody } from '../../lib/aws/s3-body.ts';

const part = (length: number): Uint8Array => new Uint8Array(length).fill(length);
const bodyOf = (...parts: readonly Uint8Array[]): Readable => Readable.from(parts, { objectMode: false });
const options = (expectedBytes: number | undefined) => ({ place: 's3://b/k', expectedBytes, stallMs: 1000 });
const broken = (message: RegExp) => ({ code: 'STORAGE_UNAVAILABLE', message });

describe('the body of an answer', () => {
  test('is the parts one after the other, with and without a promised length', async () => {
    for (const expected of [5, undefined]) {
      assert.deepEqual(
        await readBody(bodyOf(part(2), part(3)), options(expected)),
        Uint8Array.of(2, 2, 3, 3, 3),
      );
    }
    assert.equal((await readBody(bodyOf(), options(0))).length, 0);
  });

  test('that is shorter or longer than promised is an error that can be retried', async () => {
    await assert.rejects(readBody(bodyOf(part(2)), options(5)), broken(/2 bytes came, expected 5/));
    await assert.rejects(
      readBody(bodyOf(part(2), part(4)), options(5)),
      broken(/more bytes came than the 5 promised/),
    );
  });

  test('that stops coming is an error after the time it may', async () => {
    const stalled = new Readable({ read() {} });
    stalled.push(part(3));
    await assert.rejects(
      readBody(stalled, { ...options(5), stallMs: 20 }),
      broken(/no byte came for 0\.02 s/),
    );
    assert.ok(stalled.destroyed);
  });

  test('whose connection breaks keeps the cause', async () => {
    const body = new Readable({ read() {} });
    const cause = new Error('aborted');
    setImmediate(() => body.destroy(cause));
    await assert.rejects(readBody(body, options(5)), { ...broken(/broke off: aborted/), cause });
  });
});
