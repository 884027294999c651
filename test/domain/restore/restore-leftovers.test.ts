// What a failed restore left, told by what its runs said and what was seen: nothing after a refusal, how to go on first, and
// never a word about dropping what br did not make.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Aftermath,
  canGoOn,
  type EndedAttempt,
  leftBehind,
} from '../../../lib/domain/restore/restore-leftovers.ts';
import { parseVersion } from '../../../lib/domain/versions.ts';

const refused: EndedAttempt = {
  code: 'TARGET_NOT_EMPTY',
  registry: 'removed',
  restoreId: 1n,
  gcRatio: '',
  snapshotDone: false,
};
const killed: EndedAttempt = {
  code: 'INTERRUPTED',
  registry: 'created',
  restoreId: 7n,
  gcRatio: '-1.0',
  snapshotDone: true,
};

const after = (attempts: readonly EndedAttempt[], rest: Partial<Aftermath> = {}): Aftermath => ({
  version: parseVersion('8.5.5'),
  usedLog: true,
  restoreTs: 470632761065996290n,
  hasFilter: false,
  attempts,
  look: undefined,
  lookProblem: '',
  abort: 'br abort restore point …',
  abortOther: undefined,
  locks: [],
  ...rest,
});
const ratio = (value: number | undefined) => ({ storeId: 1n, address: 'a:1', ratio: value, problem: '' });
const whole = (aftermath: Aftermath) => leftBehind(aftermath).join('\n');

describe('nothing is left', () => {
  test('where br never ran', () => {
    assert.deepEqual(leftBehind(after([])), []);
  });

  test('where br looked, refused and took its row away', () => {
    for (const code of ['TARGET_NOT_EMPTY', 'MOMENT_NOT_IN_WINDOW', 'CLUSTER_NOT_READY', 'BR_LOCKED']) {
      assert.deepEqual(leftBehind(after([{ ...refused, code }])), [], code);
      assert.deepEqual(leftBehind(after([{ ...refused, code, registry: '' }])), [], code);
    }
  });

  test('where br failed and took its row away before anything was restored', () => {
    assert.deepEqual(leftBehind(after([{ ...refused, code: 'STORAGE_DENIED' }])), []);
  });
});

describe('a restore that br can go on with', () => {
  test('says so before anything else', () => {
    const [first, ...rest] = leftBehind(after([killed]));
    assert.match(first ?? '', /^start the same restore again \("restoreTo":"470632761065996290"/);
    assert.equal(rest.length, 5);
    assert.ok(canGoOn(after([killed])));
  });

  test('is one that stopped for a reason that can pass, also after the snapshot was done', () => {
    for (const code of ['BR_LOCKED', 'STORAGE_DENIED', 'CLUSTER_NOT_READY', 'BR_FAILED']) {
      assert.ok(canGoOn(after([{ ...killed, code }])), code);
    }
  });

  test('is not one whose target belongs to another, whose log is cut, or that came to its end', () => {
    for (const code of ['RESTORE_CONFLICT', 'TARGET_NOT_EMPTY', 'LOG_TRUNCATED', '']) {
      assert.ok(!canGoOn(after([killed, { ...killed, code }])), code);
    }
    assert.match(
      whole(after([killed, refused])),
      /^br does not go on with what is there: make the target anew/,
    );
  });

  test('is none before 7.1, where br keeps nothing of how far it came', () => {
    const words = whole(after([killed], { version: parseVersion('6.5.3') }));
    assert.match(
      words,
      /^br v6\.5\.3 cannot go on with a restore that it did not finish: make the target anew/,
    );
    assert.doesNotMatch(words, /registry|Checkpoint|checkpoints\//);
  });
});

describe('where br keeps how far it came', () => {
  const words = (version: string, rest: Partial<Aftermath> = {}) =>
    whole(after([killed], { version: parseVersion(version), abort: undefined, ...rest }));

  test('in objects beside the backup, up to 8.3', () => {
    assert.match(
      words('8.1.2'),
      /objects below checkpoints\/restore-\* in the folder of the snapshot and of the log/,
    );
    assert.doesNotMatch(words('8.1.2', { usedLog: false }), /of the log/);
  });

  test('in databases of one name, up to 8.5.4', () => {
    assert.match(words('8.5.4'), /__TiDB_BR_Temporary_Log_Restore_Checkpoint and /);
    assert.doesNotMatch(words('8.5.4'), /registry/);
  });

  test('in databases with the id of the restore from 8.5.5 on, or any id when br did not say it', () => {
    assert.match(words('8.5.5'), /__TiDB_BR_Temporary_Log_Restore_Checkpoint_7 and /);
    const unknown = whole(after([{ ...killed, restoreId: 0n }]));
    assert.match(unknown, /__TiDB_BR_Temporary_Log_Restore_Checkpoint_\* and /);
    assert.match(unknown, /registry of the target may hold a row/);
  });
});

describe('the registry', () => {
  test('is told with the command that takes the row away', () => {
    assert.match(whole(after([killed])), /row of this restore, id 7, .*: br abort restore point …/);
    assert.match(whole(after([killed], { abort: undefined })), /when br was killed\)$/m);
  });

  test('is not spoken of when br took its row away', () => {
    assert.doesNotMatch(whole(after([{ ...killed, code: 'BR_FAILED', registry: 'removed' }])), /registry/);
  });

  test('of another restore is told with the command that takes that one away', () => {
    const conflict = [{ ...refused, code: 'RESTORE_CONFLICT', registry: '' as const }];
    assert.match(
      whole(after(conflict, { abortOther: 'br abort other' })),
      /^an unfinished restore that is not this one .* give it up, it is: br abort other$/,
    );
    assert.match(whole(after(conflict)), /give it up, br abort restore with the arguments of that one$/);
  });
});

describe('gc.ratio-threshold', () => {
  const spoken = /gc\.ratio-threshold/;
  const seen = (value: number | undefined) => ({ imports: [], gcRatios: [ratio(value)] });

  test('is told by store where it was seen to be off', () => {
    assert.match(whole(after([killed], { look: seen(-1) })), /gc\.ratio-threshold is -1 on a:1.*SET CONFIG/);
  });

  test('is not spoken of where it was seen to be on, or where no log was restored', () => {
    assert.doesNotMatch(whole(after([killed], { look: seen(1.1) })), spoken);
    assert.doesNotMatch(whole(after([killed], { usedLog: false })), spoken);
  });

  test('unseen is told by what br said', () => {
    assert.match(whole(after([killed])), /was set to -1\.0/);
    assert.match(whole(after([killed], { look: seen(undefined) })), /was set to -1\.0/);
    assert.doesNotMatch(whole(after([{ ...killed, gcRatio: '1.1' }])), spoken);
    assert.match(whole(after([{ ...killed, gcRatio: '' }])), /may be -1/);
    assert.doesNotMatch(whole(after([{ ...killed, code: 'BR_LOCKED', gcRatio: '' }])), spoken);
  });
});

test('a lease in PD is told with when it goes', () => {
  const lease = (hasLease: boolean) => ({
    look: { imports: [{ kind: 'restore', name: 'restore/x', hasLease } as const], gcRatios: [] },
  });
  assert.match(
    whole(after([killed], lease(true))),
    /PD of the target has restore\/x: it goes by itself within three minutes/,
  );
  assert.match(whole(after([killed], lease(false))), /restore\/x \(without a lease\): .*etcdctl/);
});

test('a target that nobody could look at is said, with the reason', () => {
  assert.match(
    whole(after([killed], { lookProblem: 'PD_UNREACHABLE: silence' })),
    /could not be looked at \(PD_UNREACHABLE: silence\)/,
  );
});

test('chosen tables that are half restored serve nobody, which is told', () => {
  assert.match(whole(after([killed], { hasFilter: true })), /chosen tables are in the mode of a restore/);
});

test('after an end that was not proven only what was seen is told, and nothing is to be dropped', () => {
  const done = { ...killed, code: '', registry: 'removed', gcRatio: '1.1' } as const;
  const words = whole(after([done], { locks: ['a lock'] }));
  assert.match(words, /could not be looked at/);
  assert.match(words, /a lock$/);
  assert.doesNotMatch(words, /drop|half|registry/);
});
