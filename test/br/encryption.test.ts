import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { decryptAt, missingKey, parseKey, wrongKey } from '../../lib/br/encryption.ts';

const hex = '0123456789abcdef0123456789abcdef';

test('a key is hex text, a file with a newline, or raw bytes, and its length says the method', () => {
  assert.deepEqual(parseKey(hex), parseKey(`  ${hex.toUpperCase()}\r\n`));
  assert.deepEqual(parseKey(hex), parseKey(Buffer.from(`${hex}\n`)));
  assert.deepEqual(parseKey(hex), parseKey(Buffer.from(hex, 'hex')));
  assert.equal(parseKey(hex).method, 'aes128-ctr');
  assert.equal(parseKey(hex + hex.slice(16)).method, 'aes192-ctr');
  assert.equal(parseKey(hex + hex).method, 'aes256-ctr');
  assert.equal(parseKey(Buffer.alloc(24, 0xfe)).method, 'aes192-ctr');
});

test('32 bytes that are all hex digits are the hex of a 16-byte key, as br reads them', () => {
  assert.equal(parseKey(Buffer.from(hex)).method, 'aes128-ctr');
});

test('a key of another length is refused without being shown', () => {
  for (const text of ['', 'abc', hex.slice(2), 'secret words that are no key']) {
    assert.throws(
      () => parseKey(text),
      (error: Error) => {
        assert.equal(error.name, 'INVALID_INPUT');
        assert.ok(text === '' || !error.message.includes(text));
        return true;
      },
    );
  }
});

test('decrypting any part of an object gives the same bytes as decrypting the whole', () => {
  const key = parseKey(hex + hex);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.boolean(),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(300),
      fc.nat(300),
      (iv, nearOverflow, plain, a, b) => {
        if (nearOverflow) iv.fill(0xff, 0, 15);
        const cipher = createCipheriv('aes-256-ctr', key.key, iv);
        const stored = cipher.update(plain);
        const [from, to] = [Math.min(a, b, plain.length), Math.min(Math.max(a, b), plain.length)];
        const part = decryptAt(key, iv, from, stored.subarray(from, to));
        assert.deepEqual(Buffer.from(part), Buffer.from(plain.subarray(from, to)));
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});

test('the counter carries over large offsets', () => {
  const key = parseKey(hex);
  const iv = Buffer.from('00000000000000000000000000fffffe', 'hex');
  const far = decryptAt(key, iv, 16 * 0x1_0000_0003, new Uint8Array(16));
  const sameCounter = decryptAt(
    key,
    Buffer.from('00000000000000000000000101000001', 'hex'),
    0,
    new Uint8Array(16),
  );
  assert.deepEqual(far, sameCounter);
});

test('missing and wrong keys name the object and the option', () => {
  assert.match(missingKey('a/backupmeta', 'snapshot').hint ?? '', /--key-file/);
  assert.match(wrongKey('a.log', 'log', 'x').hint ?? '', /--log-key-file/);
  assert.match(wrongKey('a.log', 'log', 'x').message, /a\.log/);
});
