import assert from 'node:assert/strict';
import test from 'node:test';
import { barOf, liveProgress, type ProgressView } from '../../lib/cli/progress.ts';
import { plainStyle } from '../../lib/cli/render/style.ts';
import { textWidth } from '../../lib/cli/render/text-width.ts';
import { pitr } from './fake-host.ts';
import { restoreView } from './sample-views.ts';

const event: ProgressView = {
  phase: 'log',
  bytesDone: 0,
  bytesTotal: 2 ** 30,
  rows: 0,
  tablesDone: 0,
  tablesTotal: 0,
};

/** A display with a clock that the test moves; `shown()` gives what stands on the screen, line by line. */
function display(columns = 100) {
  let now = 0;
  let written = '';
  const sink = {
    write: async (text: string) => {
      written += text;
    },
    open: true,
    isTty: true,
    columns,
  };
  const progress = liveProgress(sink, () => now, plainStyle);
  return {
    progress,
    at(ms: number, view: Partial<ProgressView>) {
      now = ms;
      progress.report({ ...event, ...view });
    },
    shown: () => written.split('\n').map((line) => line.split('\r\u001b[K').at(-1) ?? ''),
    writes: () => written.split('\r\u001b[K').length - 1,
  };
}

test('the live line tells phase, share, bytes, speed, time left and rows', () => {
  const screen = display();
  screen.at(0, {});
  screen.at(1000, { bytesDone: 2 ** 28, rows: 1234 });
  screen.at(2000, { bytesDone: 2 ** 29, rows: 2468 });
  assert.deepEqual(screen.shown(), [
    '  reading log     ██████████░░░░░░░░░░   50%  512 MiB of 1 GiB  268 MB/s  2 s left  2,468 rows',
  ]);
});

test('a log of unknown size has no bar: its tables come later and would tell 0 %', () => {
  const { at, shown } = display();
  at(0, { bytesDone: 5 * 2 ** 20, bytesTotal: 0, tablesTotal: 3 });
  assert.equal(shown().at(-1), '  reading log     5 MiB');
});

test('a phase that ended leaves one line with its sums', () => {
  const screen = display();
  screen.at(0, {});
  screen.at(2000, { bytesDone: 2 ** 30, rows: 5 });
  screen.at(2000, { phase: 'tables', tablesTotal: 4, tablesDone: 1, bytesTotal: 0 });
  assert.deepEqual(screen.shown(), [
    '✓ reading log     1 GiB  5 rows  in 2 s  537 MB/s',
    '  reading tables  █████░░░░░░░░░░░░░░░   25%  1/4 tables',
  ]);
});

test('the line is drawn ten times a second at most, whatever the engine reports', () => {
  const screen = display();
  for (let ms = 0; ms < 1000; ms += 1) screen.at(ms, { bytesDone: ms });
  assert.equal(screen.writes(), 10);
});

test('a note stands above the live line, which stays below it', () => {
  const screen = display();
  screen.at(0, { bytesDone: 0 });
  screen.progress.note('storage answered 503\u001b[2J; trying again');
  const [message, line] = screen.shown();
  assert.equal(message, '· storage answered 503\\u001b[2J; trying again');
  assert.match(line ?? '', /^ {2}reading log/);
});

test('the live line never passes the width of the terminal', () => {
  const screen = display(40);
  screen.at(0, {});
  screen.at(1000, { bytesDone: 2 ** 28, rows: 123_456_789 });
  assert.ok(screen.shown().every((line) => textWidth(line) < 40));
});

test('the end takes the live line away', async () => {
  const screen = display();
  screen.at(0, {});
  await screen.progress.finish();
  assert.deepEqual(screen.shown(), ['']);
  await screen.progress.finish();
  assert.equal(screen.writes(), 2);
});

test('the bar is exact to an eighth of a column and always as wide', () => {
  assert.equal(barOf(0, 4), '░░░░');
  assert.equal(barOf(1, 4), '████');
  assert.equal(barOf(0.5, 4), '██░░');
  assert.equal(barOf(0.28125, 4), '█▏░░');
  for (let share = 0; share <= 1; share += 0.01) assert.equal(textWidth(barOf(share, 7)), 7);
});

test('progress is shown on a terminal, and nowhere else and not with --quiet', async () => {
  const operations = {
    restore: async (request: { progress: (view: ProgressView) => void }) => {
      request.progress(event);
      request.progress({ ...event, phase: 'done' });
      return { ...restoreView, notes: [] };
    },
  };
  const argv = ['restore', '--storage', 'x', '--at', 'latest', '--into', 'jsonl:out'];
  assert.match((await pitr(argv, { operations, tty: true })).stderr, /reading log/);
  assert.equal((await pitr(argv, { operations })).stderr, '');
  assert.equal((await pitr([...argv, '--quiet'], { operations, tty: true })).stderr, '');
});
