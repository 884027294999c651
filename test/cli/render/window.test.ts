import assert from 'node:assert/strict';
import test from 'node:test';
import { plainStyle } from '../../../lib/cli/render/style.ts';
import { textWidth } from '../../../lib/cli/render/text-width.ts';
import { timeline } from '../../../lib/cli/render/timeline.ts';
import { windowText } from '../../../lib/cli/render/window-text.ts';
import { firstTs, latestTs, secondTs, windowView } from '../sample-views.ts';

const page = { style: plainStyle, columns: 140 };

test('the window is told with a picture, every edge and hole with its reason, snapshots and log', () => {
  assert.equal(
    windowText(windowView, page).join('\n'),
    `Restorable: any moment of 1m 03s, and one single moment
in file:///backups/shop

  snapshots   ◆             ◆                                                             ◇
  log         ╌╌╌╌╌╌╌╌╌╌╌╌╌╌━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  restorable  ▪·············██████████████████████████████████████████████████████████████▒▒▒▒▒▒▒▒
              2026-11-22 04:24:42 ─────────────────────────────────────────────────── 04:25:58 UTC

  at    2026-11-22T04:24:42.490Z  470632754705858561  BackupTS of snapshot-20261122042442

  from  2026-11-22T04:24:55.388Z  470632758086991873  BackupTS of snapshot-20261122042455
  to    2026-11-22T04:25:58.402Z  470632774605733889  checkpoint of the log log-backup
        1m 03s, from 1 base: snapshot-20261122042455

Holes
  before 2026-11-22T04:24:42.490Z
    no base is older
  after 2026-11-22T04:24:42.490Z, before 2026-11-22T04:24:55.388Z
    the log begins later
  2026-11-22T04:25:52.280Z → 2026-11-22T04:25:58.402Z  only tables 104, 105 and database 2
    a restore wrote these tables past the log

Snapshots
  name                     BackupTS                                 TSO  state                                size  serves
  snapshot-20261122042442  2026-11-22T04:24:42.490Z  470632754705858561  complete                          1.2 MiB  its own moment
  snapshot-20261122042455  2026-11-22T04:24:55.388Z  470632758086991873  complete, incremental, encrypted  1.2 MiB  until latest
  snapshot-20261122042552  2026-11-22T04:25:52.280Z  470632773000986629  unfinished, resumable                      nothing
  ! snapshot-20261122042552 is unfinished: it has no backupmeta, which br writes last

Log  log-backup
  checkpoint   2026-11-22T04:25:58.402Z  470632774605733889
  minimum      2026-11-22T04:24:55.388Z  470632758086991872  truncated
  started      2026-11-22T04:24:42.490Z  470632754705858562
  objects      1,234 metas, 3.3 MiB
  compactions  2
  lock         truncating.lock held since 04:25

Not of this backup
  lost+found`,
  );
});

test('a folder without snapshots says what to look for, and draws no empty line for them', () => {
  const nothing = { ...windowView, latest: undefined, intervals: [], holes: [], snapshots: [], unknown: [] };
  const [, empty] = windowText({ ...nothing, logs: [] }, page);
  assert.match(empty ?? '', /^nothing here is of br or TiKV: --storage names/);
  const lines = windowText(nothing, page);
  assert.match(lines[1] ?? '', /^a log alone gives no moment: --snapshots URL/);
  assert.ok(!lines.some((line) => line.startsWith('  snapshots')));
});

test('a snapshot and a log that are the storage itself are named so', () => {
  const snapshot = { ...windowView.snapshots[0]!, name: '' };
  const interval = { ...windowView.intervals[1]!, bases: [''] };
  const log = { ...windowView.logs[0]!, path: '' };
  const view = { ...windowView, snapshots: [snapshot], intervals: [interval], logs: [log] };
  const lines = windowText(view, page);
  assert.ok(lines.some((line) => line.endsWith('from 1 base: (the storage itself)')));
  assert.ok(lines.some((line) => line.startsWith('  (the storage itself)  2026-11-22T')));
  assert.ok(lines.includes('Log'));
});

test('a bucket that gives nothing says so first, and why', () => {
  const hole = { from: undefined, to: undefined, reason: { code: 'NO_BASE', text: 'no complete snapshot' } };
  const nothing = {
    ...windowView,
    latest: undefined,
    intervals: [],
    holes: [{ ...hole, tableIds: [], databaseIds: [] }],
    snapshots: [],
    logs: [],
    unknown: [],
  };
  assert.deepEqual(windowText(nothing, page), [
    'No moment can be brought back from file:///backups/shop',
    'nothing here is of br or TiKV: --storage names the folder or prefix that holds snapshot-*/ and log-backup/',
    '',
    'Holes',
    '  ever',
    '    no complete snapshot',
  ]);
});

test('holes of one cause that only single moments part are told once', () => {
  const reason = { code: 'NO_LOG', text: 'there is no log' };
  const hole = { reason, tableIds: [], databaseIds: [] };
  const holes = [
    { ...hole, from: firstTs + 1n, to: secondTs - 1n },
    { ...hole, from: secondTs + 1n, to: latestTs - 1n },
    { ...hole, from: latestTs + 1n, to: undefined },
  ];
  const lines = windowText({ ...windowView, holes }, page);
  const at = lines.indexOf('Holes');
  assert.deepEqual(lines.slice(at + 1, at + 3), [
    '  after 2026-11-22T04:24:42.490Z  but for 2 single moments',
    '    there is no log',
  ]);
});

test('reasons never pass the width of a narrow page', () => {
  const text =
    'a long reason that goes on and on and tells every detail that one could ever want to know of it';
  const interval = { ...windowView.intervals[1]!, startsBecause: { code: 'BASE', text } };
  const narrow = { style: plainStyle, columns: 80 };
  const lines = windowText({ ...windowView, intervals: [interval] }, narrow);
  const until = lines.indexOf('Snapshots');
  const wide = lines.slice(0, until).filter((line) => textWidth(line) > 80);
  assert.deepEqual(wide, []);
});

test('snapshots give up the column of TSOs where the page is too narrow for it', () => {
  const lines = windowText(windowView, { style: plainStyle, columns: 100 });
  const title = lines[lines.indexOf('Snapshots') + 1] ?? '';
  assert.match(title, /BackupTS +state/);
});

test('the picture needs two moments, and both its ends are marked', () => {
  const alone = {
    ...windowView,
    intervals: [],
    holes: [],
    logs: [],
    snapshots: windowView.snapshots.slice(0, 1),
  };
  assert.deepEqual(timeline(alone, 100, plainStyle), []);
  const [marks] = timeline({ ...windowView, logs: [], holes: [] }, 100, plainStyle);
  assert.equal((marks ?? '').indexOf('◆'), 14);
});

test('names of a bucket cannot steer the terminal', () => {
  const lines = windowText({ ...windowView, storage: ['a\u001b[31m'], unknown: ['b\nc\u0007'] }, page);
  assert.ok(lines.every((line) => !/\p{Cc}/u.test(line)));
});
