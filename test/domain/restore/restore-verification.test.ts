// What is proven after br ended well: what was compared, what was not, when it is too early, and when it is not what it should be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type VerificationQuestion, verifyTarget } from '../../../lib/domain/restore/restore-verification.ts';

const ratio = (value: number | undefined, problem = '') => ({
  storeId: 1n,
  address: 'a:1',
  ratio: value,
  problem,
});
const lease = (kind: 'restore' | 'lightning') => ({ kind, name: `${kind}/x`, hasLease: true });

const good: VerificationQuestion = {
  askedTs: 470632761065996290n,
  saidTs: 470632761065996290n,
  targetTs: 470633591667687425n,
  target: { imports: [], gcRatios: [ratio(1.1)] },
  sinceEndMs: 1000,
  usedLog: true,
  ownLocks: [],
  countCommand: 'pitr query …',
  doubt: '',
};
const late = 11 * 60_000;

function proof(question: VerificationQuestion): string {
  const verified = verifyTarget(question);
  assert.ok(verified.next === 'done', JSON.stringify(verified));
  return verified.proof;
}

test('what was asked for, and nothing left behind, is proven; the sentence says what was not compared', () => {
  assert.equal(
    proof(good),
    'br came to 470632761065996290 (2026-11-22T04:25:06.752Z), as asked; visible in the target from its own ' +
      '470633591667687425 (2026-11-22T05:17:55.246Z) on; in the target gc.ratio-threshold is 1.1 on a:1, no import or ' +
      'restore is registered. rows were not compared, for no SQL is asked here: pitr query … counts them at the same moment without a cluster',
  );
});

test('another moment is no success, however well br ended', () => {
  const verified = verifyTarget({ ...good, saidTs: 470632758116614145n });
  assert.ok(verified.next === 'failed');
  assert.equal(verified.failure.code, 'BR_FAILED');
  assert.match(
    verified.failure.message,
    /br came to 470632758116614145 .*, and 470632761065996290 .* was asked for/,
  );
});

test('a moment that br did not repeat is said to be so', () => {
  assert.match(
    proof({ ...good, saidTs: 0n, targetTs: 0n }),
    /^br ended well; it was told 470632761065996290 .* did not repeat the moment; in the target/,
  );
});

test("br's own lease is waited for; one that stays means another restore", () => {
  const target = { ...good.target, imports: [lease('restore')] };
  assert.equal(verifyTarget({ ...good, target }).next, 'again');
  const verified = verifyTarget({ ...good, target, sinceEndMs: late });
  assert.ok(verified.next === 'failed');
  assert.match(verified.failure.message, /another restore works on it/);
});

test('an import of somebody else is told and stops nothing', () => {
  assert.match(
    proof({ ...good, target: { ...good.target, imports: [lease('lightning')] } }),
    /registered: lightning\/x/,
  );
});

test('a ratio that stays negative is a failure that says that the data is there', () => {
  const target = { imports: [], gcRatios: [ratio(-1)] };
  assert.equal(verifyTarget({ ...good, target }).next, 'again');
  const verified = verifyTarget({ ...good, target, sinceEndMs: late });
  assert.ok(verified.next === 'failed');
  assert.match(verified.failure.message, /left gc\.ratio-threshold at -1 on a:1/);
  assert.match(verified.failure.hint, /the data is there/);
});

test('a store that does not tell is asked again, and in the end only said', () => {
  const target = {
    imports: [],
    gcRatios: [ratio(undefined, 'no answer'), { ...ratio(1.1), address: 'b:1' }],
  };
  assert.equal(verifyTarget({ ...good, target }).next, 'again');
  assert.match(
    proof({ ...good, target, sinceEndMs: late }),
    /is 1\.1 on b:1, and gc\.ratio-threshold could not be read from a:1 \(no answer\)/,
  );
  assert.match(
    proof({ ...good, target, usedLog: false }),
    /could not be read/,
    'a snapshot alone changes no ratio',
  );
  const silent = { imports: [], gcRatios: [ratio(undefined, 'no answer')] };
  assert.match(
    proof({ ...good, target: silent, sinceEndMs: late }),
    /in the target gc\.ratio-threshold could not be read from a:1/,
  );
});

test('without a TiKV there is nothing to ask, which is said', () => {
  assert.match(proof({ ...good, target: { imports: [], gcRatios: [] } }), /there is no TiKV to ask/);
});

test('locks of ours in the log, and what br was doing when it died after its success, stand in the proof', () => {
  const words = proof({
    ...good,
    ownLocks: ['log-backup/v1/LOCK.READ.1'],
    doubt: 'after that word br was killed',
  });
  assert.match(
    words,
    /locks of this restore in the log: log-backup\/v1\/LOCK\.READ\.1; but after that word br was killed\. rows/,
  );
});
