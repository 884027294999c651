import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { consoleBlocksOf, isShown } from './console-block.ts';

const page = [
  'text',
  '<!-- run: exit 3 -->',
  '```console',
  '$ one --flag',
  'shown 1',
  '$ two \\',
  '    --more',
  '```',
  '<!-- not run: it needs a bucket -->',
  '```console',
  '$ three',
  '```',
  '```console',
  '$ four',
  '```',
  '```ts',
  '$ no command',
  '```',
  '',
].join('\n');

describe('a terminal session in a page', () => {
  test('is read with its mark, its exit code, its commands and what they print', () => {
    assert.deepEqual(consoleBlocksOf(page), [
      {
        mark: 'run',
        exit: 3,
        steps: [
          { command: 'one --flag', shown: ['shown 1'] },
          { command: 'two --more', shown: [] },
        ],
      },
      { mark: 'not run', exit: 0, steps: [{ command: 'three', shown: [] }] },
      { mark: 'none', exit: 0, steps: [{ command: 'four', shown: [] }] },
    ]);
  });

  test('fits what was printed but for durations and speeds', () => {
    assert.ok(isShown(['done in 1.2 s, 30 MB/s'], 'done in 47 ms, 9.5 MB/s\n'));
    assert.ok(!isShown(['done in 1.2 s'], 'failed in 1.2 s\n'));
    assert.ok(!isShown(['3 tables'], '4 tables\n'));
    assert.ok(!isShown(['first'], 'first\nsecond\n'));
    assert.ok(!isShown(['first', 'second'], 'first\n'));
  });

  test('may leave out lines and text', () => {
    assert.ok(isShown(['first', '…', 'last'], 'first\na\nb\nlast\n'));
    assert.ok(isShown(['first', '…'], 'first\n'));
    assert.ok(!isShown(['first', '…', 'last'], 'first\na\n'));
    assert.ok(isShown(['table … (42 rows)'], 'table shop.orders (42 rows)\n'));
    assert.ok(isShown([], 'anything\n'));
  });
});
