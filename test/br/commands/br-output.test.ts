import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { BrEvent } from '../../../lib/br/commands/br-events.ts';
import { BrOutputReader, brEventsOfLine, readBrOutput } from '../../../lib/br/commands/br-output.ts';
import { recordedRun, recordedRuns, recordedTruncations } from '../../support/recorded-runs.ts';

const bytes = (text: string) => Buffer.from(text);
type Of<K extends BrEvent['kind']> = Extract<BrEvent, { readonly kind: K }>;

function eventsOf(name: string): readonly BrEvent[] {
  const run = recordedRun(name);
  return readBrOutput(run.stdout, run.stderr);
}
const all = <K extends BrEvent['kind']>(events: readonly BrEvent[], kind: K): Of<K>[] =>
  events.filter((event): event is Of<K> => event.kind === kind);
const only = <K extends BrEvent['kind']>(events: readonly BrEvent[], kind: K): Of<K> => {
  const found = all(events, kind);
  assert.equal(found.length, 1, `${kind}: ${found.length}`);
  return found[0]!;
};
const oneLine = (text: string) => brEventsOfLine({ stream: 'stdout', text, isCut: false });

describe('every recorded run', () => {
  test('there are all of them', () => {
    assert.equal(recordedRuns.length, 51);
    assert.equal(recordedTruncations.length, 7);
  });

  test('is read line by line without losing one, and no JSON line is taken for plain text', () => {
    for (const run of recordedRuns) {
      const lines = Buffer.from(run.stdout)
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      const events = readBrOutput(run.stdout);
      const extra = all(events, 'checkpoint-lock').length + all(events, 'lock-blocked').length;
      assert.equal(events.length, lines.length + extra, run.name);
      const strange = all(events, 'line').filter(
        ({ level, text }) => level === undefined && text.startsWith('{'),
      );
      assert.deepEqual(strange, [], run.name);
    }
  });

  test('that failed ends with an error whose meaning is known, and one that succeeded has none', () => {
    for (const run of recordedRuns) {
      const final = all(readBrOutput(run.stdout, run.stderr), 'error').filter(({ isFinal }) => isFinal);
      assert.equal(final.length > 0, run.exit === 1, run.name);
      for (const error of final) assert.notEqual(error.meaning.known, '', `${run.name}: ${error.text}`);
    }
  });

  test('names the version of br', () => {
    for (const run of recordedRuns) {
      if (run.name.includes('truncate')) continue;
      assert.equal(only(readBrOutput(run.stdout), 'version').version, 'v9.0.0-beta.2', run.name);
    }
  });
});

test('the summary of a backup gives BackupTS and Size exactly', () => {
  const events = eventsOf('shop/br/04-backup-full');
  const { backupTs, sizeBytes, keyValues, takeMs, name, succeeded, errors } = only(events, 'summary');
  assert.deepEqual(
    { backupTs, sizeBytes, keyValues, takeMs, name, succeeded, errors },
    {
      backupTs: 470632754787647489n,
      sizeBytes: 143185n,
      keyValues: 1967n,
      takeMs: 5005.045017,
      name: 'Full Backup',
      succeeded: true,
      errors: [],
    },
  );
  const safePoint = only(events, 'safe-point');
  assert.deepEqual([safePoint.ts, safePoint.ttlMs], [470632754787647489n, 4_320_000]);
});

test('a backup that resumed after its death keeps its first BackupTS', () => {
  assert.equal(only(eventsOf('faults/backup-5-after-the-lock'), 'summary').backupTs, 470633540373184513n);
});

test('progress has its step, its fraction and its counts, also where br cannot tell them', () => {
  const [backup, checksum] = all(eventsOf('variants/br/08-snapshot-incremental'), 'progress');
  assert.deepEqual(
    [backup?.step, backup?.fraction, backup?.done, backup?.total, backup?.elapsedMs, backup?.speed],
    ['Full Backup', 1, 3n, 3n, 400, '? p/s'],
  );
  assert.deepEqual([checksum?.step, checksum?.fraction, checksum?.done], ['Checksum', undefined, 0n]);
  const [reading] = all(eventsOf('shop/br/14-log-truncate-dry'), 'progress');
  assert.deepEqual([reading?.step, reading?.done], ['Reading Metadata', undefined]);
});

test('the status line is found among the log lines: no task, running, paused, in error', () => {
  assert.deepEqual(only(eventsOf('shop/br/01-log-status-none'), 'status').tasks, []);
  const [running] = only(eventsOf('shop/br/06-log-status-json'), 'status').tasks;
  assert.deepEqual(
    [running?.status, running?.checkpointTs, running?.startTs, running?.pause],
    ['NORMAL', 470632761288818689n, 470632753594630146n, undefined],
  );
  const [paused] = only(eventsOf('shop/br/10-log-status-paused'), 'status').tasks;
  assert.deepEqual(paused?.pause, {
    severity: 'MANUAL',
    host: 'vm',
    pid: 27554n,
    at: '2026-11-22T04:25:21Z',
    payloadType: '',
    payload: '',
  });
  const [broken] = only(eventsOf('error-state/br/18-log-status-error'), 'status').tasks;
  assert.equal(broken?.status, 'ERROR');
  assert.deepEqual(broken?.lastErrors, [
    {
      storeId: 1n,
      happenedAtMs: Date.UTC(2026, 10, 22, 4, 33, 2, 817),
      code: 'KV:LogBackup:Io',
      message: '[store = 1] I/O Error: Not a directory (os error 20)',
    },
  ]);
});

test('the status of br 8.4 and older, which says no state, leaves it undefined', () => {
  const [event] = oneLine(
    '[{"name":"pitr","start_ts":435213818858112001,"table_filter":["*.*"],"checkpoint":435214000000000001}]',
  );
  assert.equal(event?.kind, 'status');
  assert.deepEqual(
    event?.kind === 'status' && [
      event.tasks[0]?.status,
      event.tasks[0]?.checkpointTs,
      event.tasks[0]?.storage,
    ],
    [undefined, 435214000000000001n, ''],
  );
});

test('an array that is no status stays a line', () => {
  for (const text of ['[{"nam":"pitr"}]', '[{"name":1}]', '[{', '[1,2]']) {
    assert.equal(oneLine(text)[0]?.kind, 'line', text);
  }
});

test('the status for people is kept as lines', () => {
  const events = eventsOf('error-state/br/19-log-status-error-h');
  assert.deepEqual(all(events, 'status'), []);
  assert.ok(all(events, 'line').some(({ text }) => text.endsWith('status: ○ ERROR')));
});

test('metadata gives both ends of the log', () => {
  const { logMinTs, logMaxTs } = only(eventsOf('shop/br/08-log-metadata'), 'metadata');
  assert.deepEqual([logMinTs, logMaxTs], [470632753594630146n, 470632763909996545n]);
});

test('start, pause, resume and stop name the task they worked on', () => {
  for (const [name, command] of [
    ['shop/br/02-log-start', 'log start'],
    ['shop/br/09-log-pause', 'log pause'],
    ['shop/br/12-log-resume', 'log resume'],
    ['shop/br/17-log-stop', 'log stop'],
  ] as const) {
    const task = only(eventsOf(name), 'task');
    assert.deepEqual([task.command, task.taskName, task.startTs], [command, 'pitr', 470632753594630146n]);
  }
});

test('a checkpoint lock tells how long it still lives and who holds it', () => {
  const locks = all(eventsOf('faults/backup-3-again'), 'checkpoint-lock');
  assert.deepEqual([locks[0]?.expiresInSeconds, locks[0]?.lockId], [295, 470633540437409793n]);
});

test('a lock of a killed truncation tells its holder, and not the one that was refused', () => {
  const [lock] = all(eventsOf('faults/truncate-2-again'), 'lock-blocked');
  const { path, lockedAt, host, pid, ownerId, lockType } = lock!;
  assert.deepEqual(
    { path, lockedAt, host, pid, ownerId, lockType },
    {
      path: 'truncating.lock',
      lockedAt: '2026-11-22 05:17:32',
      host: 'vm',
      pid: 9701n,
      ownerId: 'dc72202d-48f3-4736-8bb8-c9f5d5693a59',
      lockType: 'log-truncate-exclusive',
    },
  );
});

test('a run says its host, pid and id, which its locks carry too', () => {
  const killed = only(eventsOf('faults/truncate-1-killed'), 'operation');
  const [lock] = all(eventsOf('faults/truncate-2-again'), 'lock-blocked');
  assert.deepEqual([killed.host, killed.pid, killed.id], [lock?.host, lock?.pid, lock?.ownerId]);
});

test('the lock text of br 8.5 without an owner is read as well', () => {
  const text =
    "Error: failed to acquire lock on 'truncating.lock': locked, path = truncating.lock, meta = Locked(at: 2025-01-02 03:04:05, host: br-0, pid: 7, hint: x)";
  const [error, lock] = oneLine(text);
  assert.equal(error?.kind === 'error' && error.meaning.code, 'BR_LOCKED');
  assert.deepEqual(lock?.kind === 'lock-blocked' && [lock.host, lock.pid, lock.ownerId], ['br-0', 7n, '']);
});

test('a restore that waits for a dead one counts the minutes down, resumes and removes its entry', () => {
  const events = eventsOf('faults/restore-3-again');
  assert.deepEqual(
    all(events, 'registry-wait').map(({ remainingMinutes }) => remainingMinutes),
    [4, 3, 2, 1],
  );
  assert.deepEqual(
    all(events, 'registry').map(({ state, restoreId }) => [state, restoreId]),
    [
      ['resumed', 1n],
      ['removed', 1n],
    ],
  );
  assert.equal(all(events, 'snapshot-skipped').length, 1);
  assert.deepEqual(
    all(events, 'gc-ratio').map(({ ratio }) => ratio),
    ['-1.0', '1.1'],
  );
});

test('the summary of a log restore gives its range, on the source and on the target', () => {
  const found = all(eventsOf('shop/restore/4-restore-point-t5'), 'summary');
  assert.deepEqual(
    found.map(({ name, succeeded }) => [name, succeeded]),
    [
      ['Full Restore', true],
      ['restore log', true],
    ],
  );
  const log = found[1]!;
  assert.deepEqual(
    [log.sourceStartTs, log.sourceEndTs, log.targetEndTs],
    [470632758116614145n, 470632761065996290n, 470632877812088835n],
  );
});

test('the summary of br 6.2 to 8.1 has restore-from and restore-to twice, and keeps both', () => {
  const [event] = oneLine(
    '{"level":"INFO","time":"2023/06/07 00:00:00.000 +00:00","caller":"collector.go:72","message":"restore log success summary","total-take":"1.2s","restore-from":442000000000000001,"restore-to":442000000000000002,"restore-from":"2023-06-07 01:02:03.4 +0000","restore-to":"2023-06-07 02:02:03.4 +0000","total-kv-count":5,"average-speed":"1kB/s"}',
  );
  assert.ok(event?.kind === 'summary');
  assert.deepEqual([event.sourceStartTs, event.sourceEndTs], [442000000000000001n, 442000000000000002n]);
  assert.equal(event.fields.filter(({ name }) => name === 'restore-from').length, 2);
});

test('a line in text format says the same as one in JSON', () => {
  const [event] = oneLine(
    '[2024/01/02 03:04:05.678 +08:00] [INFO] [collector.go:77] ["Full Backup success summary"] [total-ranges=25] [total-take=5.0s] [BackupTS=447000000000000001] [Size=143185] [note="a \\"b\\" [c]"]',
  );
  assert.ok(event?.kind === 'summary');
  assert.deepEqual(
    [event.name, event.backupTs, event.sizeBytes, event.takeMs, event.atMs],
    ['Full Backup', 447000000000000001n, 143185n, 5000, Date.UTC(2024, 0, 1, 19, 4, 5, 678)],
  );
  assert.equal(event.fields.at(-1)?.value, 'a "b" [c]');
});

test('a truncation says how many objects it will delete, in the words of every version', () => {
  const counts = recordedTruncations.map(({ stdout }) => only(readBrOutput(stdout), 'truncate-plan').files);
  assert.deepEqual(counts, [0n, 2n, 2n, 2n, 2n, 5n, 8n]);
  const [older] = oneLine('We are going to remove 9 files, until 2022-07-14 20:08:03.2680.');
  assert.equal(older?.kind === 'truncate-plan' && older.files, 9n);
});

test('objects that could not be deleted are told although br exits with 0', () => {
  const text =
    'Files below are not deleted due to error, you may clear it manually, check log for detail error:\n- Total 3 items.\n';
  assert.deepEqual(
    all(readBrOutput(bytes(text)), 'undeleted').map(({ items }) => items),
    [undefined, 3n],
  );
});

test('a signal and a panic are told', () => {
  assert.deepEqual(oneLine('========[ Got signal terminated to exit. ]========')[0], {
    kind: 'signal',
    name: 'terminated',
    stream: 'stdout',
    atMs: undefined,
  });
  const reader = new BrOutputReader();
  assert.equal(reader.push('stderr', bytes('panic: runtime error: index out of range\n'))[0]?.kind, 'crash');
});

test('a line longer than the limit is cut, says so, and the next one is whole again', () => {
  const reader = new BrOutputReader({ longestLineBytes: 8 });
  const events = reader.push('stdout', bytes('0123456789abcdef\nshort\n'));
  assert.deepEqual(
    events.map((event) => event.kind === 'line' && [event.text, event.isCut]),
    [
      ['01234567', true],
      ['short', false],
    ],
  );
});

test('docs/formats/br-output.md has every kind of event and everything that is read back, and no other', () => {
  const page = readFileSync('docs/formats/br-output.md', 'utf8');
  const kindsIn = (path: string, pattern: RegExp) =>
    [...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => match[1] ?? '').sort();
  const section = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const firstCells = (text: string) =>
    [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap((row) =>
      [...(row[1] ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1] ?? ''),
    );
  assert.deepEqual(
    firstCells(section('Lines')).sort(),
    kindsIn('lib/br/commands/br-events.ts', /readonly kind: '([a-z-]+)'/g),
  );
  assert.deepEqual(
    firstCells(section('Outcomes')).sort(),
    kindsIn('lib/br/commands/read-back.ts', /^ {2}\| '([a-z-]+)'/gm),
  );
});
