import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  lambdaErrors,
  refusedCodes,
  retriedCodes,
  retryList,
  withLists,
} from '../../lib/config/flow-lists.ts';
import { type ErrorCode, errorCodes } from '../../lib/domain/errors.ts';

const again = [...retriedCodes, ...lambdaErrors];

describe('the lists of the flows', () => {
  test('exactly the codes that a retry can help are tried again', () => {
    for (const [code, facts] of Object.entries(errorCodes)) {
      for (const kind of ['plain', 'waiting', 'look', 'settle'] as const) {
        const lists = retryList(kind).filter(({ ErrorEquals }) => ErrorEquals.includes(code));
        assert.equal(lists.length, facts.retry ? 1 : 0, `${code} in ${kind}`);
      }
    }
  });

  test('a request is refused for the faults of who asked and of the backup, and for no others', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      assert.equal(refusedCodes.includes(code), errorCodes[code].fault !== 'system', code);
    }
    assert.deepEqual(
      refusedCodes.filter((code) => retriedCodes.includes(code)),
      [],
    );
  });

  test('a missing heartbeat has a retrier of its own, and the end of all waiting has none', () => {
    const [first, second, third, ...rest] = retryList('waiting');
    assert.deepEqual(
      first?.ErrorEquals,
      again.filter((code) => code !== 'WORK_IN_PROGRESS'),
    );
    assert.deepEqual(second?.ErrorEquals, ['States.HeartbeatTimeout']);
    assert.deepEqual(third?.ErrorEquals, ['WORK_IN_PROGRESS']);
    assert.deepEqual(rest, []);
  });

  test('only the end tries everything again, and States.ALL stands alone and last, as AWS asks', () => {
    assert.deepEqual(
      retryList('settle').map(({ ErrorEquals }) => ErrorEquals),
      [[...again, 'States.Timeout'], ['States.ALL']],
    );
    for (const kind of ['plain', 'waiting', 'look'] as const) {
      assert.ok(!retryList(kind).some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL')));
    }
  });

  test('the patience of each kind is what docs/flows.md says', () => {
    const longestMinutes = (kind: 'plain' | 'waiting' | 'look' | 'settle') =>
      retryList(kind).map(({ IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }) => {
        const waits = Array.from({ length: MaxAttempts }, (_, index) =>
          Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** index),
        );
        return Math.round(waits.reduce((sum, wait) => sum + wait, 0) / 60);
      });
    assert.deepEqual(longestMinutes('plain'), [9]);
    assert.deepEqual(longestMinutes('waiting'), [106, 15, 4988]);
    assert.deepEqual(longestMinutes('look'), [1]);
    assert.deepEqual(longestMinutes('settle'), [969, 86]);
  });

  test('lists are written into tasks, and everything else of a flow is kept in its order', () => {
    const flow = {
      Comment: 'a flow',
      States: {
        Plan: {
          Type: 'Task',
          Resource: 'x',
          Catch: [{ ErrorEquals: ['OLD'], Next: 'Explain' }],
          Next: 'Wait',
        },
        Wait: { Type: 'Wait', Seconds: 1, Next: 'Settle' },
        Settle: { Type: 'Task', Resource: 'x', Retry: [], Catch: [{ ErrorEquals: ['A'], Next: 'B' }] },
      },
    };
    const fresh = withLists(flow);
    assert.deepEqual(fresh, {
      Comment: 'a flow',
      States: {
        Plan: {
          ...flow.States.Plan,
          Retry: retryList('plain'),
          Catch: [{ ErrorEquals: refusedCodes, Next: 'Explain' }],
        },
        Wait: flow.States.Wait,
        Settle: { ...flow.States.Settle, Retry: retryList('settle') },
      },
    });
    assert.deepEqual(Object.keys(fresh.States), Object.keys(flow.States));
    assert.deepEqual(withLists(fresh), fresh);
  });
});
