import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTaskError, decodeTaskInfo } from '../../lib/br/task-message.ts';
import { encodeTaskError, encodeTaskInfo } from '../../lib/br/task-writer.ts';
import { recordedPd } from '../support/recorded-pd.ts';

const recordedValue = (situation: string, prefix: string) => {
  const found = recordedPd(situation).keyValues.find(({ key }) =>
    Buffer.from(key).toString('latin1').startsWith(prefix),
  );
  assert.ok(found !== undefined, `${situation} has no key below ${prefix}`);
  return found.value;
};

test('a recorded task, read and written again, is the same bytes', () => {
  const recorded = recordedValue('shop/pd/1-running', '/tidb/br-stream/info/');
  assert.deepEqual(
    Buffer.from(encodeTaskInfo(decodeTaskInfo(recorded, 'info'))).toString('hex'),
    Buffer.from(recorded).toString('hex'),
  );
});

test('a recorded task, written from its fields by name, is the same bytes', () => {
  const recorded = recordedValue('shop/pd/1-running', '/tidb/br-stream/info/');
  const written = encodeTaskInfo({
    storage: {
      backend: {
        case: 's3',
        value: {
          endpoint: 'http://127.0.0.1:9000',
          region: 'us-east-1',
          bucket: 'tidb-pitr-bucket',
          prefix: 'backup-data/log-backup',
          forcePathStyle: true,
          provider: 'minio',
        },
      },
    },
    startTs: decodeTaskInfo(recorded, 'info').startTs,
    endTs: 999_999_999_999_999_999n,
    name: 'pitr',
    tableFilter: ['*.*'],
    compressionType: 3,
    securityConfig: {},
  });
  assert.equal(Buffer.from(written).toString('hex'), Buffer.from(recorded).toString('hex'));
});

test('a recorded error of a store, read and written again, is the same bytes', () => {
  const recorded = recordedValue('error-state/pd/7-error', '/tidb/br-stream/last-error/');
  assert.deepEqual(
    Buffer.from(encodeTaskError(decodeTaskError(recorded, 'error'))).toString('hex'),
    Buffer.from(recorded).toString('hex'),
  );
});
