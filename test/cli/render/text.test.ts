import assert from 'node:assert/strict';
import test from 'node:test';
import { renderJson, toJsonValue } from '../../../lib/cli/render/json.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatSpeed,
  plural,
} from '../../../lib/cli/render/quantity.ts';
import { chooseStyle } from '../../../lib/cli/render/style.ts';
import { cutTo, oneLine, padEndTo, textWidth, wrapWords } from '../../../lib/cli/render/text-width.ts';

test('wide characters take two columns, combining marks none', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('東京'), 4);
  assert.equal(textWidth('🦊'), 2);
  assert.equal(textWidth('👩‍👩‍👧'), 2);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('naïve'), 5);
  assert.equal(textWidth('한글'), 4);
  assert.equal(textWidth('█░◆━'), 4);
});

test('a text is cut between characters, never inside one', () => {
  assert.equal(cutTo('東京都庁', 5), '東京…');
  assert.equal(cutTo('abcdef', 6), 'abcdef');
  assert.equal(cutTo('abcdefg', 6), 'abcde…');
  assert.equal(padEndTo('東', 4), '東  ');
});

test('control and direction characters become visible', () => {
  assert.equal(oneLine('a\tb\n\u001b[1m\u202e\u0085'), 'a\\tb\\n\\u001b[1m\\u202e\\u0085');
  assert.equal(oneLine('ok ✓'), 'ok ✓');
});

test('words wrap at the width, and a longer word stands alone', () => {
  assert.deepEqual(wrapWords('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapWords('a incomprehensible b', 5), ['a', 'incomprehensible', 'b']);
  assert.deepEqual(wrapWords('', 5), ['']);
});

test('sizes have a binary unit and at most three digits', () => {
  const sizes = [0, 1, 1023, 1024, 1536, 102_400, 1_048_064, 1_048_576, 2 ** 40];
  assert.deepEqual(sizes.map(formatBytes), [
    '0 B',
    '1 B',
    '1023 B',
    '1 KiB',
    '1.5 KiB',
    '100 KiB',
    '1 MiB',
    '1 MiB',
    '1 TiB',
  ]);
  assert.equal(formatBytes(2n ** 64n), '16384 PiB');
});

test('counts and plurals', () => {
  assert.equal(formatCount(1_234_567n), '1,234,567');
  assert.equal(plural(1n, 'row'), '1 row');
  assert.equal(plural(0, 'row'), '0 rows');
});

test('lengths of time have two units, and never sixty of the smaller one', () => {
  assert.equal(formatDuration(0), '0 s');
  assert.equal(formatDuration(420), '0.42 s');
  assert.equal(formatDuration(59_940), '59.9 s');
  assert.equal(formatDuration(60_000), '1m 00s');
  assert.equal(formatDuration(119_600), '2m 00s');
  assert.equal(formatDuration(3_599_700), '1h 00m');
  assert.equal(formatDuration(90 * 60_000), '1h 30m');
  assert.equal(formatDuration(50 * 3_600_000), '2d 02h');
});

test('speeds are in MB/s, and none is told where no time has passed', () => {
  assert.equal(formatSpeed(60_000_000, 1000), '60.0 MB/s');
  assert.equal(formatSpeed(250_000_000, 1000), '250 MB/s');
  assert.equal(formatSpeed(1, 0), '– MB/s');
});

test('colours are for a terminal without NO_COLOR only', () => {
  assert.equal(chooseStyle(true, {}).bad('x'), '\u001b[31mx\u001b[39m');
  assert.equal(chooseStyle(true, { NO_COLOR: '' }).bad('x'), '\u001b[31mx\u001b[39m');
  assert.equal(chooseStyle(true, { NO_COLOR: '1' }).bad('x'), 'x');
  assert.equal(chooseStyle(true, { TERM: 'dumb' }).bad('x'), 'x');
  assert.equal(chooseStyle(false, {}).bad('x'), 'x');
});

test('a document is valid JSON, with schema first, bigints as digits and null for what is unknown', () => {
  const text = renderJson('pitr.tables/v1', {
    b: 2n ** 63n,
    a: undefined,
    list: [],
    empty: {},
    deep: [{ x: [1] }],
  });
  assert.deepEqual(Object.keys(JSON.parse(text)), ['schema', 'b', 'a', 'list', 'empty', 'deep']);
  assert.deepEqual(JSON.parse(text), {
    schema: 'pitr.tables/v1',
    b: '9223372036854775808',
    a: null,
    list: [],
    empty: {},
    deep: [{ x: [1] }],
  });
});

test('any value becomes a document: maps, dates, errors, not-a-number, and cycles come to an end', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  assert.doesNotThrow(() => JSON.parse(renderJson('pitr.error/v1', { details: toJsonValue(cycle) })));
  assert.deepEqual(toJsonValue(new Map([[1n, new Set([Number.NaN])]])), { '1': ['NaN'] });
  assert.deepEqual(toJsonValue([new Date(0), new Error('e'), undefined, () => 1]), [
    '1970-01-01T00:00:00.000Z',
    'e',
    null,
    null,
  ]);
});
