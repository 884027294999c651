import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  checkDecimal,
  decimalText,
  encodeDecimal,
  roundedDecimal,
  smallUnscaledDecimal,
  unscaledDecimal,
} from '../../../lib/br/codec/decimal.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { hex } from './schemas.ts';

const examples = [
  ['1234567890.1234', 14, 4, '0e 04 81 0d fb 38 d2 04 d2'],
  ['-1234567890.1234', 14, 4, '0e 04 7e f2 04 c7 2d fb 2d'],
  ['-7718.7630', 12, 4, '0c 04 7f ff e1 d9 e2 31'],
  ['12.50', 10, 2, '0a 02 80 00 00 0c 32'],
  ['0.0', 3, 1, '03 01 80 00'],
] as const;

for (const [text, precision, frac, bytes] of examples) {
  test(`the decimal ${text} has its documented bytes, both ways`, () => {
    assert.deepEqual(encodeDecimal(text, precision, frac), hex(bytes));
    assert.equal(decimalText(hex(bytes), 0, hex(bytes).length), text);
  });
}

test('a decimal with more digits than its column is rounded half away from zero', () => {
  const text = (value: string, scale: number): string => {
    const bytes = encodeDecimal(value);
    return decimalText(bytes, 0, bytes.length, scale);
  };
  assert.equal(text('0.125', 2), '0.13');
  assert.equal(text('-0.125', 2), '-0.13');
  assert.equal(text('0.124999', 2), '0.12');
  assert.equal(text('99.995', 2), '100.00');
  assert.equal(text('-0.004', 2), '0.00');
  assert.equal(text('7', 3), '7.000');
  const carried = roundedDecimal(encodeDecimal('99.995'), 0, 7, 2);
  assert.equal(decimalText(carried, 0, carried.length), '100.00');
});

test('zero has no sign, also when its bytes say minus', () => {
  assert.equal(decimalText(hex('03 01 7f ff'), 0, 4), '0.0');
});

test('the unscaled integer of a decimal of 65 digits is exact', () => {
  const digits = '9'.repeat(65);
  const bytes = encodeDecimal(`-${digits}`);
  assert.equal(unscaledDecimal(bytes, 0, 0), -BigInt(digits));
  assert.equal(unscaledDecimal(bytes, 0, 2), -BigInt(`${digits}00`));
});

test('a word with more digits than it may have is refused', () => {
  assert.throws(() => checkDecimal(hex('09 00 ff ff ff ff'), 0, 6), { code: 'ROW_DAMAGED' });
  assert.throws(() => checkDecimal(hex('01 00 8a'), 0, 3), { code: 'ROW_DAMAGED' });
});

test('a header that no decimal has is refused', () => {
  for (const bytes of ['00 00', '52 00', '05 06 80 00 00', '20 1f 80', '0a 02 80 00 00 0c', '03']) {
    assert.throws(() => checkDecimal(hex(bytes), 0, hex(bytes).length), { code: 'ROW_DAMAGED' }, bytes);
  }
});

test('text that is not a decimal, or does not fit, is refused', () => {
  for (const text of ['', '.', 'x', '1e999', '1.2.3']) {
    assert.throws(() => encodeDecimal(text), { code: 'ROW_DAMAGED' }, text);
  }
  assert.throws(() => encodeDecimal('123.4', 3, 1), { code: 'ROW_DAMAGED' });
  assert.throws(() => encodeDecimal('1'.repeat(90)), { code: 'ROW_DAMAGED' });
});

test('random bytes are a decimal or a named error', () => {
  fc.assert(
    fc.property(fc.nat(90), fc.nat(35), fc.uint8Array({ maxLength: 45 }), (precision, frac, tail) => {
      const bytes = Uint8Array.from([precision, frac, ...tail]);
      try {
        assert.match(decimalText(bytes, 0, bytes.length), /^-?\d+(\.\d+)?$/);
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.code === 'ROW_DAMAGED', String(caught));
      }
    }),
    { seed: 451, numRuns: 2000 },
  );
});

test('a decimal of at most 15 digits is the same number with and without BigInt', () => {
  for (const text of ['0', '-1', '132.8571', '-7718.7630', '999999999999999', '12345678.9012345']) {
    const frac = text.split('.')[1]?.length ?? 0;
    for (const precision of [15, Math.max(1, text.replace(/[-.]/g, '').length)]) {
      const bytes = encodeDecimal(text, Math.max(precision, frac), frac);
      assert.equal(smallUnscaledDecimal(bytes, 0, frac), Number(unscaledDecimal(bytes, 0, frac)), text);
      assert.equal(
        smallUnscaledDecimal(bytes, 0, frac + 1),
        undefined,
        'another scale is rescaled elsewhere',
      );
    }
  }
  assert.equal(
    smallUnscaledDecimal(encodeDecimal('1', 16, 0), 0, 0),
    undefined,
    'more digits than a double holds',
  );
});
