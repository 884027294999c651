import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDocument } from '../../../lib/br/codec/json-node.ts';
import { type JsonObject, parseJson, printJson } from '../../../lib/br/codec/lossless-json.ts';
import { PitrError } from '../../../lib/domain/errors.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): unknown => parseJson(bytes(text), 'the document');
const damage = (run: () => unknown): string => {
  try {
    run();
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    assert.equal(caught.code, 'ROW_DAMAGED');
    return caught.message;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
};

test('integers beyond 2^53 keep every digit', () => {
  assert.deepEqual(parse('[470632753018175490, -9223372036854775808, 18446744073709551615, 0, -0]'), [
    470632753018175490n,
    -9223372036854775808n,
    18446744073709551615n,
    0n,
    0n,
  ]);
});

test('a number with a point or an exponent is a number and keeps its point when printed', () => {
  assert.deepEqual(parse('[1.5, 1e2, -0.0]'), [1.5, 100, -0]);
  assert.equal(printJson([1.5, 100, -0, 100n, 1e300]), '[1.5,100.0,-0.0,100,1e+300]');
});

test('escapes and surrogate pairs become their characters', () => {
  assert.equal(parse('"a\\u003cb\\n\\"\\\\\\/ \\ud83e\\udd8a é"'), 'a<b\n"\\/ 🦊 é');
});

test('a member named __proto__ is a member like any other', () => {
  const object = parse('{"__proto__":{"id":1},"constructor":2}') as JsonObject;
  assert.deepEqual(Object.keys(object), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(object), null);
});

test('what is not strict JSON is refused with the offset of its first wrong character', () => {
  const wrong: readonly (readonly [string, number])[] = [
    ['', 0],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['[01]', 2],
    ['[+1]', 1],
    ['[1.]', 2],
    ['[NaN]', 1],
    ["['a']", 1],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ['"\\u12g4"', 1],
    ['{"a" 1}', 5],
    ['{"a":1,"a":2}', 7],
    ['[1] 2', 4],
    ['tru', 0],
    ['[1', 2],
    ['"abc', 4],
    ['1e999', 0],
  ];
  for (const [text, offset] of wrong)
    assert.match(
      damage(() => parse(text)),
      new RegExp(`at character ${offset}\\b`),
      text,
    );
});

test('a document deeper, longer or with a longer number than the limits is refused', () => {
  assert.match(
    damage(() => parse('['.repeat(100_000))),
    /at most 200 levels/,
  );
  assert.match(
    damage(() => parseJson(bytes('[1,2,3]'), 'x', { maxBytes: 6, maxDepth: 9 })),
    /at most 6 bytes/,
  );
  assert.match(
    damage(() => parse('9'.repeat(401))),
    /at most 400 characters/,
  );
});

test('bytes that are not UTF-8 are refused, and a byte order mark is not overlooked', () => {
  assert.match(
    damage(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 'the document')),
    /the document is damaged: .*UTF-8/,
  );
  assert.match(
    damage(() => parse('\uFEFF{}')),
    /at character 0/,
  );
});

test('a member of the wrong type is named by document and path', () => {
  const node = parseDocument(bytes('{"cols":[{"id":1},{"id":"two","state":null}],"big":1e3}'), 'table 122');
  assert.match(
    damage(() => node.field('cols').items()[1]?.field('id').integer()),
    /table 122 .*cols\[1\]\.id, found "two"/,
  );
  assert.match(
    damage(() => node.field('name').field('O')),
    /an object at name, found nothing/,
  );
  assert.match(
    damage(() => node.field('big').small()),
    /an integer of 64 bits at big, found 1000/,
  );
  assert.match(
    damage(() => node.field('cols').object()),
    /an object at cols, found an array/,
  );
  assert.equal(node.field('cols').items()[1]?.field('state').small(7), 7);
  assert.deepEqual(node.field('nothing').items(), []);
});
