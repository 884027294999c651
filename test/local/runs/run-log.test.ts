// What is kept of a stream: any output, in any pieces, read in any steps, is what was printed.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lastOutputOf, RunLogWriter, readLog, smallestLimitBytes } from '../../../lib/local/runs/run-log.ts';
import type { OutputLine } from '../../../lib/ports/runner.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function withLog(
  limitBytes: number,
  run: (writer: RunLogWriter, folder: string) => void,
): Promise<void> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'stdout');
  const writer = new RunLogWriter(path, limitBytes);
  try {
    run(writer, path);
  } finally {
    writer.close();
    await folder.remove();
  }
}

function readAll(folder: string): { readonly lines: readonly OutputLine[]; readonly dropped: number } {
  const lines: OutputLine[] = [];
  let from = 0;
  let dropped = 0;
  for (let calls = 0; calls < 1000; calls++) {
    const page = readLog(folder, 'stdout', from, true);
    lines.push(...page.lines);
    dropped += page.droppedBytes;
    if (page.isEnd) return { lines, dropped };
    assert.ok(page.next > from, `reading stands still at ${from}`);
    from = page.next;
  }
  throw new Error('reading does not end');
}

describe('the log of a stream', () => {
  test('a line longer than a mebibyte comes in pieces that are all called cut, and the next line is whole', () =>
    withLog(16 << 20, (writer, folder) => {
      writer.write(Buffer.from(`${'x'.repeat(2_500_000)}\nnext\n`));
      const { lines } = readAll(folder);
      assert.deepEqual(
        lines.map((line) => line.isCut),
        [true, true, true, false],
      );
      const pieces = lines.slice(0, 3).map((line) => line.text);
      assert.equal(pieces.join('').length, 2_500_000);
      assert.equal(lines[3]?.text, 'next');
      assert.equal(lines[3]?.offset, 2_500_001);
    }));

  test('whatever the limit cuts out, every line that is called whole is one that was printed', () => {
    const cases = [1, 37, 997, 8191, 8192, 8193, 40_000];
    return Promise.all(
      cases.map((length) =>
        withLog(smallestLimitBytes, (writer, folder) => {
          const line = (n: number) => `${n}:${'y'.repeat(length)}`;
          const printed = new Map<number, string>();
          let offset = 0;
          for (let n = 0; offset < 400_000; n++) {
            printed.set(offset, line(n));
            writer.write(Buffer.from(`${line(n)}\n`));
            offset += line(n).length + 1;
          }
          const { lines, dropped } = readAll(folder);
          for (const one of lines) if (!one.isCut) assert.equal(one.text, printed.get(one.offset));
          const kept = lines.reduce((sum, one) => sum + one.text.length + (one.isCut ? 0 : 1), 0);
          assert.equal(kept + dropped, offset);
          const last = lines.at(-1);
          assert.equal((last?.offset ?? 0) + (last?.text.length ?? 0) + 1, offset, 'the end is kept');
          assert.ok(readdirSync(folder).length <= 8);
        }),
      ),
    ).then(() => undefined);
  });

  test('reading from any byte on gives what follows it', () =>
    withLog(smallestLimitBytes, (writer, folder) => {
      const text = 'a\nbb\r\n\nccc\nd';
      writer.write(Buffer.from(text));
      for (let from = 0; from <= text.length; from++) {
        const page = readLog(folder, 'stdout', from, true);
        assert.equal(page.next, text.length);
        assert.equal(page.isEnd, true);
        assert.equal(
          page.lines.map((line) => line.text).join('|'),
          text
            .slice(from)
            .replace(/\r?\n$/, '')
            .replace(/\r?\n/g, '|'),
        );
      }
    }));

  test('a stream that carried nothing has no time of its last output', () =>
    withLog(smallestLimitBytes, (writer, folder) => {
      assert.equal(lastOutputOf(folder), undefined);
      writer.write(Buffer.from('x'));
      assert.equal(typeof lastOutputOf(folder), 'number');
      assert.equal(lastOutputOf(join(folder, 'nowhere')), undefined);
    }));
});
