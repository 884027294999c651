// The words of every message, and the page of them: sentences that say what happened, what was done, what to do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { messageOf, messageWords, type ToldTopic } from '../../../lib/domain/messages/messages.ts';
import type { Facts } from '../../../lib/domain/state/run-identity.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { topics } from '../../../lib/operations/control/signals.ts';

const told = Object.keys(messageWords) as ToldTopic[];
const ts = `${tsFromMs(Date.UTC(2026, 10, 22, 12))}`;
const failure = { code: 'BR_FAILED', message: 'br said no', hint: 'look at its log', attempt: 2 };

/** As the keeper puts them into its signals. */
const words = {
  title: 'the log task pitr runs',
  happened: 'It was paused.',
  done: 'One resume was made.',
  todo: 'Nothing is to be done.',
};

const facts: Readonly<Record<ToldTopic, Facts>> = {
  'snapshot-complete': { folder: 'snapshot-1', backupTs: ts, bytes: '1500000', attempts: 2, tookMs: 90_000 },
  'snapshot-failed': { folder: 'snapshot-1', ...failure },
  'snapshot-skipped': { reason: 'one is running' },
  'truncation-done': { untilTs: ts, logMinimumTs: ts },
  'truncation-failed': { untilTs: ts, ...failure },
  'truncation-refused': { ...failure, code: 'BASE_MISSING' },
  'log-task-trouble': { ...words, title: 'the log task pitr stopped on an error' },
  'log-task-well': words,
  'log-task-epoch': words,
  'alarm-raised': words,
  'alarm-over': words,
  'restore-planned': { restoreTs: ts, targetPd: ['10.0.0.1:2379'], base: 'snapshot-1' },
  'restore-done': {
    restoreTs: ts,
    targetPd: ['10.0.0.1:2379'],
    base: 'snapshot-1',
    proof: '3 tables were compared',
  },
  'restore-failed': {
    restoreTs: ts,
    targetPd: ['10.0.0.1:2379'],
    ...failure,
    leftBehind: ['gc.ratio-threshold is -1'],
  },
  'retention-planned': {
    usableAt: '2026-11-23T12:00:00.000Z',
    steps: [{ kind: 'delete-snapshot', target: 'snapshot-1' }],
    total: { objects: 12 },
  },
  'retention-refused': { ...failure, code: 'LAST_BASE' },
  'retention-done': { steps: [{ target: 'snapshot-1', outcome: 'partly', deleted: 3, left: 2 }] },
  'retention-stopped': {
    failure: { ...failure, code: 'WINDOW_AT_RISK' },
    steps: [{ target: 'snapshot-1', outcome: 'deleted', deleted: 3, left: 0 }],
  },
};

const said = (topic: ToldTopic, more: Facts = {}) =>
  messageOf(topic, { id: '20261122120000', ...facts[topic], ...more });

describe('a message', () => {
  test('has three parts of whole sentences and a title of one short line, for every topic', () => {
    for (const topic of told) {
      const { title, text } = said(topic);
      assert.ok(title.length > 0 && title.length <= 100 && !title.includes('\n'), title);
      const parts = text.split('\n');
      assert.equal(parts.length, 3, `${topic}: ${text}`);
      for (const part of parts) assert.match(part, /^[A-Za-z0-9].*[.!?]$/s, `${topic}: ${part}`);
      assert.doesNotMatch(
        `${title} ${text}`,
        /undefined|null|NaN|\[object|\.\.| {2}| \./,
        `${topic}: ${text}`,
      );
    }
  });

  test('is poorer where facts are missing, and no error', () => {
    for (const topic of told) {
      const { title, text } = messageOf(topic, {});
      assert.doesNotMatch(`${title} ${text}`, /undefined|null|NaN|\[object/, `${topic}: ${text}`);
    }
  });

  test('of a failure tells code, sentence, tries and what to do', () => {
    assert.deepEqual(said('snapshot-failed'), {
      title: 'snapshot 20261122120000 failed: BR_FAILED',
      text: [
        'snapshot-1 is no base for a restore. BR_FAILED: br said no.',
        'br was run 2 times for it. The snapshots of before and the log are as they were.',
        'Look at its log. The next one is taken on schedule; the function take-snapshot takes one now.',
      ].join('\n'),
    });
  });

  test('of a restore that was refused does not speak of a target that was changed', () => {
    const { title, text } = said('restore-failed', { state: 'refused', code: 'LOG_TRUNCATED' });
    assert.equal(title, 'the restore to 2026-11-22T12:00:00.000Z was refused: LOG_TRUNCATED');
    assert.match(text, /Nothing was begun, and the target is as it was\./);
    assert.match(said('restore-failed').text, /To be put back by hand: gc\.ratio-threshold is -1\./);
  });

  test('cuts a title that no channel takes', () => {
    const { title } = said('log-task-trouble', { title: 'x'.repeat(200) });
    assert.equal(title.length, 100);
    assert.match(title, /…$/);
  });

  test('of the log task has the words that its keeper said', () => {
    assert.deepEqual(said('log-task-trouble'), {
      title: 'the log task pitr stopped on an error',
      text: 'It was paused.\nOne resume was made.\nNothing is to be done.',
    });
  });
});

test('docs/messages.md has a row for every topic, and says of each whether people are told', () => {
  const page = readFileSync('docs/messages.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  assert.deepEqual(rows.map((row) => row[1]).sort(), [...topics].sort());
  for (const [, topic = '', , message = ''] of rows) {
    const isTold = (told as string[]).includes(topic);
    assert.equal(message.trim() === 'none', !isTold, `${topic}: ${message}`);
  }
});

test('every topic that people are told of is one that is signalled', () => {
  for (const topic of told) assert.ok((topics as readonly string[]).includes(topic), topic);
});
