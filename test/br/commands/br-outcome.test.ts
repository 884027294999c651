import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrCommandKind } from '../../../lib/br/commands/br-decision.ts';
import { type BrOutcome, countsForOutcome, outcome } from '../../../lib/br/commands/br-outcome.ts';
import { readBrOutput } from '../../../lib/br/commands/br-output.ts';
import { errorCodes } from '../../../lib/domain/errors.ts';
import {
  type RecordedRun,
  recordedRun,
  recordedRuns,
  recordedTruncations,
} from '../../support/recorded-runs.ts';

const commands: Readonly<Record<string, BrCommandKind>> = {
  'backup full': 'backup-full',
  'log start': 'log-start',
  'log stop': 'log-stop',
  'log pause': 'log-pause',
  'log resume': 'log-resume',
  'log status': 'log-status',
  'log metadata': 'log-metadata',
  'log truncate': 'log-truncate',
  'restore point': 'restore-point',
};

function outcomeOf(run: RecordedRun): BrOutcome {
  const kind = commands[run.argv.slice(1, 3).join(' ')];
  assert.ok(kind !== undefined, run.name);
  return outcome(run.exit, readBrOutput(run.stdout, run.stderr), kind);
}
const of = (name: string) => outcomeOf(recordedRun(name));
const said = (text: string, kind: BrCommandKind, exit: number | 'killed' = 0) =>
  outcome(exit === 'killed' ? undefined : exit, readBrOutput(Buffer.from(text)), kind);

function failureOf(name: string) {
  const found = of(name);
  assert.ok(found.kind === 'failed', `${name}: ${found.kind}`);
  return found;
}

describe('every recorded run', () => {
  test('that exited with 0 succeeded and says what to read back, except where it was not asked in JSON', () => {
    for (const run of recordedRuns) {
      if (run.exit !== 0 || run.argv[1] === 'debug') continue;
      const isForPeople = run.argv[2] === 'status' && !run.argv.includes('--json');
      const found = outcomeOf(run);
      assert.equal(found.kind, isForPeople ? 'failed' : 'succeeded', run.name);
      if (found.kind === 'succeeded' && run.argv[2] !== 'status' && run.argv[2] !== 'metadata')
        assert.ok(found.readBack.length > 0, run.name);
    }
    for (const { name, stdout } of recordedTruncations)
      assert.equal(outcome(0, readBrOutput(stdout), 'log-truncate').kind, 'succeeded', name);
  });

  test('that was killed is unclear, and says where to look for what it left', () => {
    const leftovers = {
      backup: 'backup-leftovers',
      restore: 'restore-registry',
      truncate: 'storage-locks',
    } as const;
    for (const [what, where] of Object.entries(leftovers)) {
      const found = of(`faults/${what}-1-killed`);
      assert.ok(found.kind === 'unclear' && found.readBack.some((one) => one === where), what);
      assert.deepEqual([found.code, found.because], ['INTERRUPTED', 'br was killed or lost']);
    }
  });

  test('comes to the same without its lines and its progress', () => {
    for (const run of recordedRuns) {
      if (run.argv[1] === 'debug') continue;
      const kind = commands[run.argv.slice(1, 3).join(' ')]!;
      const events = readBrOutput(run.stdout, run.stderr);
      assert.deepEqual(
        outcome(run.exit, events.filter(countsForOutcome), kind),
        outcome(run.exit, events, kind),
      );
    }
  });
});

test('refusals that nobody can retry away have their own codes', () => {
  const expected: Readonly<Record<string, string>> = {
    'shop/br/16-log-status-unknown': 'TASK_MISSING',
    'shop/restore/1-beyond-log': 'MOMENT_NOT_IN_WINDOW',
    'shop/restore/2-before-snapshot': 'MOMENT_NOT_IN_WINDOW',
    'shop/restore/3-no-such-snapshot': 'BASE_MISSING',
    'shop/restore/5-not-empty': 'TARGET_NOT_EMPTY',
    'faults/backup-2-other-args': 'BACKUP_ARGUMENTS_CHANGED',
    'faults/backup-6-into-finished-path': 'BACKUP_PATH_USED',
    'faults/restore-2-other-moment': 'RESTORE_CONFLICT',
  };
  for (const [name, code] of Object.entries(expected)) {
    const found = failureOf(name);
    assert.deepEqual([found.code, found.retry], [code, false], name);
  }
});

test('beyond the log and before the snapshot are one sentence of br, and are told apart', () => {
  assert.match(failureOf('shop/restore/1-beyond-log').meaning, /beyond the end/);
  assert.match(failureOf('shop/restore/2-before-snapshot').meaning, /before the snapshot/);
});

test('a checkpoint lock is waited for as long as it lives', () => {
  const found = failureOf('faults/backup-3-again');
  assert.deepEqual(
    [found.code, found.reaction, found.retry, found.waitSeconds],
    ['BR_LOCKED', 'retry-after-lock', true, 295],
  );
});

test('a lock of a dead truncation is told with its holder, so that it can be proven orphaned', () => {
  const found = failureOf('faults/truncate-2-again');
  assert.deepEqual([found.code, found.waitSeconds], ['BR_LOCKED', undefined]);
  assert.ok(found.facts.lock?.kind === 'lock-blocked');
  assert.deepEqual([found.facts.lock.host, found.facts.lock.pid], ['vm', 9701n]);
});

test('a task that exists or is active already is no failure before its state was read', () => {
  for (const name of ['shop/br/03-log-start-again', 'shop/br/15-log-resume-running']) {
    const found = of(name);
    assert.ok(found.kind === 'unclear' && found.readBack.includes('task-runs'), name);
    assert.equal(found.code, 'TASK_EXISTS', name);
  }
});

test('a resume that exits with 0 on a broken storage asks for a moving checkpoint', () => {
  const found = of('error-state/br/20-log-resume-broken');
  assert.ok(found.kind === 'succeeded' && found.readBack.includes('checkpoint-moves'));
});

test('the facts of a backup and a restore are there for the records', () => {
  const backup = of('shop/br/13-backup-full').facts;
  assert.deepEqual([backup.backupTs, backup.sizeBytes], [470632772993548292n, 210242n]);
  const restore = of('faults/restore-3-again').facts;
  assert.deepEqual(
    [restore.restoredTs, restore.targetTs, restore.snapshotSkipped, restore.gcRatio, restore.restoreId],
    [470632761065996290n, 470633591667687425n, true, '1.1', 1n],
  );
});

test('exit 0 without the words of success is not believed', () => {
  for (const kind of [
    'backup-full',
    'log-start',
    'log-pause',
    'log-truncate',
    'restore-point',
    'restore-full',
  ] as const) {
    assert.equal(said('', kind).kind, 'unclear', kind);
  }
  const noTs = '{"level":"INFO","message":"Full Backup success summary","total-take":"1s"}\n';
  assert.equal(said(noTs, 'backup-full').kind, 'unclear');
});

test('exit 0 with objects left, nothing aborted, or the GC ratio left is not believed', () => {
  const left = said('We are going to truncate 9 files, up to TS x.\n- Total 3 items.\n', 'log-truncate');
  assert.ok(left.kind === 'unclear' && /could not delete 3 objects/.test(left.because));
  const aborted = said(
    '{"level":"INFO","message":"task is actively running, cannot abort"}\n',
    'abort-restore',
  );
  assert.ok(aborted.kind === 'unclear' && /running/.test(aborted.because));
  const ratio = said(
    '{"level":"INFO","message":"restore log success summary"}\n{"level":"WARN","message":"set config tikv gc.ratio-threshold","ratio":"-1.0"}\n',
    'restore-point',
  );
  assert.ok(ratio.kind === 'unclear' && /gc\.ratio-threshold at -1\.0/.test(ratio.because));
});

test('success that was said before a failure or a death is neither', () => {
  const summary = '{"level":"INFO","message":"Full Backup success summary","BackupTS":470632772993548292}\n';
  assert.equal(said(summary, 'backup-full', 'killed').kind, 'unclear');
  assert.equal(said(`${summary}Error: cannot clean up\n`, 'backup-full', 1).kind, 'unclear');
});

test('a stop by a signal is INTERRUPTED, a crash is unclear, a missing br is told', () => {
  const stopped = said(
    '========[ Got signal terminated to exit. ]========\nError: context canceled\n',
    'backup-full',
    1,
  );
  assert.ok(stopped.kind === 'failed' && stopped.code === 'INTERRUPTED' && stopped.retry);
  assert.equal(said('panic: boom\n', 'restore-point', 2).kind, 'unclear');
  assert.equal(said('', 'log-truncate', 137).kind, 'unclear');
  const missing = said('', 'log-truncate', 127);
  assert.ok(missing.kind === 'failed' && missing.code === 'DEPENDENCY_MISSING' && !missing.retry);
});

test('a command that only reads is never unclear: it is run again', () => {
  for (const exit of [0, 1, 2, 137, 'killed'] as const) {
    const found = said('', 'log-status', exit);
    assert.ok(found.kind === 'failed' && found.retry, String(exit));
  }
});

test('an error that nobody knows is BR_FAILED and may be tried again', () => {
  const found = said('Error: the moon is in the wrong house\n', 'backup-full', 1);
  assert.ok(found.kind === 'failed');
  assert.deepEqual(
    [found.code, found.retry, found.text],
    ['BR_FAILED', true, 'the moon is in the wrong house'],
  );
  assert.ok(errorCodes[found.code].retry);
});
