// The epochs of a keeper that lost its memory, from the folders of the bucket.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { LogFacts } from '../../../lib/domain/facts.ts';
import { forgetfulKeeper, rebuiltEpochs } from '../../../lib/domain/keeper/rebuilt-epochs.ts';
import type { KeeperEpoch } from '../../../lib/domain/state/keeper-record.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';

const at = (hour: number) => tsFromMs(Date.UTC(2026, 10, 22, hour));
const root = 'log-backup';
const second = `${root}/epoch-20261122050000`;
const third = `${root}/epoch-20261122090000`;

function log(
  path: string,
  startTs: bigint,
  maxTs: bigint | undefined,
  more: Partial<LogFacts> = {},
): LogFacts {
  return {
    ...{ path, startTs, maxTs, clusterId: 1n, clusterVersion: '', safepointTs: undefined, minTs: startTs },
    ...{ truncatedTo: undefined, checkpoints: [], blocklists: [], extBackups: [], compactions: 0, locks: [] },
    ...{ metaCount: 0, metaBytes: 0n, firstFlushTs: undefined, lastFlushTs: undefined },
    ...more,
  };
}

const known = (path: string, startTs: bigint, more: Partial<KeeperEpoch> = {}): KeeperEpoch => ({
  ...{ path, startTs, sinceMs: msOfTs(startTs), endTs: null, endedMs: null, why: '' },
  ...more,
});
const paths = (epochs: readonly KeeperEpoch[]) => epochs.map(({ path }) => path);

test('each folder of a log is an epoch, from its start to its checkpoint; the last one goes on', () => {
  const { epochs, added } = rebuiltEpochs(
    [log(third, at(9), at(10)), log(root, at(1), at(4)), log(second, at(5), undefined)],
    [],
    root,
  );
  assert.deepEqual(
    epochs.map(({ path, startTs, endTs, endedMs }) => [path, startTs, endTs, endedMs]),
    [
      [root, at(1), at(4), msOfTs(at(5))],
      [second, at(5), at(5), msOfTs(at(9))],
      [third, at(9), null, null],
    ],
  );
  assert.equal(added.length, 3);
  assert.match(added[2] ?? '', /to no checkpoint yet/);
});

test('what the keeper knows stays: its last epoch is the one that is written to, and reasons are kept', () => {
  const lost = known(root, at(1), { endTs: at(3), endedMs: msOfTs(at(4)), why: 'history was collected' });
  const logs = [log(root, at(1), at(4)), log(second, at(5), at(8)), log(third, at(9), at(10))];
  const { epochs } = rebuiltEpochs(logs, [lost, known(second, at(5))], root);
  assert.deepEqual(paths(epochs), [root, third, second]);
  assert.deepEqual(epochs[0], lost);
  assert.equal(epochs[2]?.endTs, null);
  const again = rebuiltEpochs(logs, epochs, root);
  assert.deepEqual([again.added, again.epochs], [[], epochs]);
});

test('the log of an adopted task is an epoch; copies, unreadable logs and those without a begin are none', () => {
  const problem = { object: 'x', problem: 'damaged' };
  const logs = [
    log('logs', at(2), at(3)),
    log(`${root}/old-copy`, at(1), at(3)),
    log(second, at(5), at(6), { problem }),
    log(third, 0n, at(7)),
    log('', at(1), at(2)),
  ];
  assert.deepEqual(paths(rebuiltEpochs(logs, [], root).epochs), ['logs']);
});

test('a keeper without a memory saw no task and promises nothing', () => {
  const { epochs } = rebuiltEpochs([log(root, at(1), at(4))], [], root);
  const record = forgetfulKeeper('shop', epochs, 5);
  assert.deepEqual(
    [record.state, record.progress, record.aliveMs, record.isIntroduced],
    ['stopped', null, null, false],
  );
  assert.deepEqual(paths(record.epochs), [root]);
});
