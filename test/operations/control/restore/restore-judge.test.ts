// What the end of a restore by br means: from the recorded runs of the real br, and from outcomes made up where none was seen.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrEvent } from '../../../../lib/br/commands/br-events.ts';
import { countsForOutcome, outcome } from '../../../../lib/br/commands/br-outcome.ts';
import { brEventsOfLine } from '../../../../lib/br/commands/br-output.ts';
import { parseVersion } from '../../../../lib/domain/versions.ts';
import { nominalPlace } from '../../../../lib/operations/control/keeper/nominal-place.ts';
import { abortLine, registeredMoment } from '../../../../lib/operations/control/restore/restore-decision.ts';
import { judgeRestore } from '../../../../lib/operations/control/restore/restore-judge.ts';
import type { PlannedRestore } from '../../../../lib/operations/control/restore/restore-plan-facts.ts';
import { clusterOf, stageText } from '../../../support/control-stage.ts';
import { recordedRun } from '../../../support/recorded-runs.ts';
import { t5 } from '../../../support/restore-stage.ts';

const version = parseVersion('9.0.0-beta.2');
const planned: PlannedRestore = {
  restoreTs: t5,
  asked: `${t5}`,
  base: 'snapshot-20261122042455',
  backupTs: 470632758116614145n,
  sourceClusterId: 1n,
  backupVersion: '9.0.0-beta.2',
  logPath: 'log-backup',
  withSystemTables: true,
};

function eventsOf(text: string, stream: 'stdout' | 'stderr' = 'stdout'): readonly BrEvent[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines
    .flatMap((line) => brEventsOfLine({ stream, text: line, isCut: false }))
    .filter(countsForOutcome);
}

/** The judgement on a recorded run, its end as it was or another. */
function judged(name: string, over: { exit?: number | undefined; cut?: string; ofVersion?: string } = {}) {
  const run = recordedRun(name);
  const stdout = new TextDecoder().decode(run.stdout);
  const said =
    over.cut === undefined ? stdout : stdout.slice(0, stdout.indexOf('\n', stdout.indexOf(over.cut)));
  const events = [...eventsOf(said), ...eventsOf(new TextDecoder().decode(run.stderr), 'stderr')];
  const exit = 'exit' in over ? over.exit : run.exit;
  return judgeRestore(
    planned,
    over.ofVersion === undefined ? version : parseVersion(over.ofVersion),
    outcome(exit, events, 'restore-point'),
  );
}

describe('recorded', () => {
  test('a restore to the moment that was asked for is done', () => {
    assert.deepEqual(judged('shop/restore/4-restore-point-t5'), {
      verdict: 'done',
      facts: { registry: 'removed', snapshotDone: true },
    });
  });

  test('a killed one goes on with the same words, and so does a lost one', () => {
    const killed = judged('faults/restore-1-killed');
    assert.ok(killed.verdict === 'again');
    assert.deepEqual([killed.failure.code, killed.waitSeconds], ['INTERRUPTED', 0]);
    assert.deepEqual(killed.facts, { registry: 'created', snapshotDone: true });
  });

  test('one that went on is done, its snapshot skipped', () => {
    const again = judged('faults/restore-3-again');
    assert.deepEqual([again.verdict, again.facts['snapshotDone']], ['done', true]);
  });

  const refusals: readonly (readonly [string, string])[] = [
    ['faults/restore-2-other-moment', 'RESTORE_CONFLICT'],
    ['shop/restore/5-not-empty', 'TARGET_NOT_EMPTY'],
    ['shop/restore/1-beyond-log', 'MOMENT_NOT_IN_WINDOW'],
    ['shop/restore/2-before-snapshot', 'MOMENT_NOT_IN_WINDOW'],
    ['shop/restore/3-no-such-snapshot', 'BASE_MISSING'],
  ];
  for (const [name, code] of refusals) {
    test(`${name} has failed with ${code}`, () => {
      const found = judged(name);
      assert.ok(found.verdict === 'failed');
      assert.equal(found.failure.code, code);
    });
  }
});

describe('killed after it said that it succeeded', () => {
  const cut = 'restore log success summary';

  test('it is done, and the databases that it was dropping are told', () => {
    const found = judged('shop/restore/4-restore-point-t5', { exit: undefined, cut });
    assert.equal(found.verdict, 'done');
    assert.match(
      String(found.facts['doubt']),
      /after that word br was killed or lost: databases __TiDB_BR_Temporary_\* may be left/,
    );
  });

  test('or failed afterwards, the same', () => {
    const found = judged('shop/restore/4-restore-point-t5', { exit: 1, cut });
    assert.equal(found.verdict, 'done');
    assert.match(String(found.facts['doubt']), /failed afterwards/);
  });

  test('just before the word, it is not done', () => {
    assert.equal(
      judged('shop/restore/4-restore-point-t5', { exit: undefined, cut: 'finish restoring gc' }).verdict,
      'again',
    );
  });
});

describe('made up', () => {
  const line = (message: string, fields: object) =>
    `${JSON.stringify({ level: 'INFO', message })}`.replace('}', `,${JSON.stringify(fields).slice(1)}`);
  const success = (sourceEnd: string) =>
    `{"level":"INFO","message":"restore log success summary","source-end-point":${sourceEnd},"target-end-point":470633591667687425}`;
  const judge = (
    text: string,
    exit: number | undefined,
    command: 'restore-point' | 'restore-full' = 'restore-point',
    of = planned,
  ) => judgeRestore(of, version, outcome(exit, eventsOf(text), command));

  test('another moment is a failure', () => {
    const found = judge(success('470632758116614145'), 0);
    assert.ok(found.verdict === 'failed');
    assert.match(
      found.failure.message,
      /br said that it restored 470632758116614145 .*, and 470632761065996290/,
    );
  });

  test('a ratio that br left negative is a failure', () => {
    const ratio = line('set config tikv gc.ratio-threshold', { ratio: '-1.0' });
    const found = judge(`${ratio}\n${success(`${t5}`)}`, 0);
    assert.ok(found.verdict === 'failed');
    assert.match(found.failure.message, /left gc\.ratio-threshold of TiKV at -1\.0/);
  });

  test('exit 0 without a word of success is tried again', () => {
    assert.equal(judge('', 0).verdict, 'again');
  });

  test('the word of the snapshot alone counts where no log is restored, and its BackupTS is held against the plan', () => {
    const alone = { ...planned, logPath: undefined, restoreTs: planned.backupTs };
    const word = (ts: string) => `{"level":"INFO","message":"Full Restore success summary","BackupTS":${ts}}`;
    assert.equal(judge(word('470632758116614145'), 0, 'restore-full', alone).verdict, 'done');
    assert.equal(judge(word(`${t5}`), 0, 'restore-full', alone).verdict, 'failed');
    assert.equal(judge(word('470632758116614145'), 0).verdict, 'again', 'a snapshot is no log');
  });

  test('a lock in the way is waited for, also by a br that could not go on', () => {
    const locked =
      '{"level":"ERROR","message":"br failed","error":"task with ID 3 already exists and is running"}';
    const found = judgeRestore(planned, parseVersion('6.5.9'), outcome(1, eventsOf(locked), 'restore-point'));
    assert.deepEqual([found.verdict, 'failure' in found ? found.failure.code : ''], ['again', 'BR_LOCKED']);
  });

  test('a br that cannot go on has failed when it was killed, and says to make the target anew', () => {
    const found = judged('faults/restore-1-killed', { ofVersion: '6.5.9' });
    assert.ok(found.verdict === 'failed');
    assert.match(found.failure.hint, /br v6\.5\.9 cannot go on with a restore: make the target anew/);
  });
});

describe('the line that gives a restore up', () => {
  const aim = { planned, tables: ["it's.*", '!shop.tmp'], targetPd: ['10.0.2.11:2379'] };
  const place = (text: string) => {
    const settings = clusterOf(text);
    return { settings, bucketName: undefined, brPlace: nominalPlace(settings) };
  };

  test('can be pasted into a shell, whatever the rules hold', () => {
    const rules = { ...aim, tables: ["`it's`.*", '!shop.tmp_*'] };
    const words = abortLine(rules, place(stageText)) ?? '';
    assert.match(
      words,
      /^\/opt\/br abort restore point --pd=10\.0\.2\.11:2379 --storage=local:\/\/\/backups\/shop\/log-backup /,
    );
    assert.ok(words.includes(`'--filter=\`it'\\''s\`.*' '--filter=!shop.tmp_*'`), words);
  });

  test('is none where br has no such command, nor for another moment of a snapshot alone', () => {
    assert.equal(
      abortLine({ ...aim, tables: [] }, place(stageText.replace('v9.0.0-beta.2', 'v8.5.4'))),
      undefined,
    );
    const alone = { ...aim, tables: [], planned: { ...planned, logPath: undefined } };
    assert.equal(abortLine(alone, place(stageText), 470632760450744324n), undefined);
    assert.match(abortLine(alone, place(stageText)) ?? '', /abort restore full/);
  });

  test('knows the other moment from the sentence of br', () => {
    const sentence =
      'existing task has different restoredTS(470632761065996290) from user-specified(470632760450744324)';
    assert.equal(registeredMoment(sentence), 470632761065996290n);
    assert.equal(registeredMoment('cannot be restored by current task with ID 3'), undefined);
  });
});
