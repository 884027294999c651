import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { EncryptionMethod, MasterKeySchema } from '../../lib/br/proto/gen/encryption_pb.js';
import {
  type StorageBackend,
  StorageBackendSchema,
  type StreamBackupTaskInfo,
  StreamBackupTaskInfoSchema,
} from '../../lib/br/proto/gen/task_pb.js';
import { redactText, redactUrl } from '../../lib/pd/redaction.ts';
import { parseTaskInfo } from '../../lib/pd/task-info.ts';

const secret = 'hunter2';

function parse(info: Partial<StreamBackupTaskInfo>) {
  const message = create(StreamBackupTaskInfoSchema, { name: 'a', ...info } as never);
  const parsed = parseTaskInfo('key', toBinary(StreamBackupTaskInfoSchema, message));
  const text = JSON.stringify(parsed, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  assert.doesNotMatch(text, new RegExp(secret), 'a secret went through');
  return parsed;
}

const storage = (backend: StorageBackend['backend']) =>
  parse({ storage: create(StorageBackendSchema, { backend } as never) }).storage;

/** A message with the secret in each of these fields. */
const withSecrets = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, secret]));

describe('where a task writes to', () => {
  const cases: readonly [string, unknown, string, boolean][] = [
    ['s3', { bucket: 'b', prefix: '/p/q/' }, 's3://b/p/q', false],
    ['s3', { bucket: 'b' }, 's3://b', false],
    ['s3', { bucket: 'b', ...withSecrets('accessKey') }, 's3://b', true],
    ['s3', { bucket: 'b', ...withSecrets('secretAccessKey') }, 's3://b', true],
    ['s3', { bucket: 'b', ...withSecrets('sessionToken', 'externalId') }, 's3://b', true],
    ['gcs', { bucket: 'b', prefix: 'p', ...withSecrets('credentialsBlob') }, 'gcs://b/p', true],
    ['azureBlobStorage', { bucket: 'c', prefix: 'p', ...withSecrets('sharedKey') }, 'azure://c/p', true],
    ['azureBlobStorage', { bucket: 'c', ...withSecrets('accessSig') }, 'azure://c', true],
    [
      'azureBlobStorage',
      { bucket: 'c', encryptionKey: withSecrets('encryptionKey', 'encryptionKeySha256') },
      'azure://c',
      true,
    ],
    [
      'hdfs',
      { remote: `hdfs://u:${secret}@namenode:9000/p?token=${secret}` },
      'hdfs://namenode:9000/p',
      false,
    ],
    ['local', { path: '/backup/log' }, 'file:///backup/log', false],
    ['noop', {}, 'noop://', false],
  ];
  for (const [kind, value, url, hasCredentials] of cases) {
    test(`${kind} at ${url}${hasCredentials ? ', and that there are credentials, but not which' : ''}`, () => {
      const facts = storage({ case: kind, value } as StorageBackend['backend']);
      assert.deepEqual([facts.url, facts.hasCredentials], [url, hasCredentials]);
    });
  }

  test('other clouds by their provider, secrets among their attributes are noticed', () => {
    const value = {
      providerName: 'OSS',
      bucket: { bucket: 'b', prefix: 'p' },
      attrs: { 'Access-Key': secret },
    };
    const facts = storage({ case: 'cloudDynamic', value } as unknown as StorageBackend['backend']);
    assert.deepEqual([facts.url, facts.hasCredentials], ['oss://b/p', true]);
  });

  test('an endpoint loses its user and its signature', () => {
    const value = {
      bucket: 'b',
      endpoint: `https://u:${secret}@s3.example/x?sig=${secret}`,
      roleArn: 'arn:r',
    };
    const facts = storage({ case: 's3', value } as StorageBackend['backend']);
    assert.equal(facts.endpoint, 'https://s3.example/x');
    assert.equal(facts.roleArn, 'arn:r');
  });

  test('nowhere is an empty URL', () => {
    assert.equal(parse({}).storage.url, '');
  });
});

describe('how a task encrypts', () => {
  test('by wrapped keys: which, not what opens them', () => {
    const masterKeys = [
      { backend: { case: 'file', value: { path: '/keys/k' } } },
      {
        backend: {
          case: 'kms',
          value: {
            vendor: 'AWS',
            keyId: 'key-1',
            region: 'eu-1',
            awsKms: withSecrets('accessKey', 'secretAccessKey'),
            azureKms: withSecrets('clientSecret', 'clientCertificatePassword'),
            gcpKms: withSecrets('credential'),
          },
        },
      },
      { backend: { case: 'plaintext', value: {} } },
    ].map((key) => create(MasterKeySchema, key as never));
    const encryption = {
      case: 'masterKeyConfig',
      value: { encryptionType: EncryptionMethod.AES128_CTR, masterKeys },
    };
    assert.deepEqual(parse({ securityConfig: { encryption } } as never).encryption, {
      kind: 'master-key',
      method: 'AES128_CTR',
      masterKeys: ['file /keys/k', 'kms AWS key-1 eu-1', 'plaintext'],
    });
  });

  test('a data key of method plaintext is no encryption', () => {
    const encryption = { case: 'plaintextDataKey', value: { cipherType: EncryptionMethod.PLAINTEXT } };
    assert.deepEqual(parse({ securityConfig: { encryption } } as never).encryption, { kind: 'none' });
  });
});

describe('text from the cluster', () => {
  test('loses secrets, keeps the rest', () => {
    const cases = [
      [
        'put s3://b/p?access-key=hunter2&secret_access_key=hunter2&region=r',
        'put s3://b/p?access-key=…&secret_access_key=…&region=r',
      ],
      ['dial https://u:hunter2@host/x failed', 'dial https://…@host/x failed'],
      ['X-Amz-Signature=hunter2&X-Amz-Date=1', 'X-Amz-Signature=…&X-Amz-Date=1'],
      ['{"session_token": "hunter2"}', '{"session_token": "…"}'],
      [
        '[store = 1] I/O Error: Not a directory (os error 20)',
        '[store = 1] I/O Error: Not a directory (os error 20)',
      ],
    ] as const;
    for (const [text, expected] of cases) assert.equal(redactText(text), expected);
  });

  test('an address loses user, query and fragment', () => {
    assert.equal(redactUrl('https://u:p@h:1/x?sig=1#f'), 'https://h:1/x');
    assert.equal(redactUrl('u:p@h:1'), 'h:1');
    assert.equal(redactUrl('http://h/a@b'), 'http://h/a@b');
  });
});
