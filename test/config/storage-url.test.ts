import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatStorageUrl, joinUrl, parseStorageUrl } from '../../lib/config/storage-url.ts';
import { PitrError } from '../../lib/domain/errors.ts';

function refusalOf(text: string): PitrError {
  try {
    parseStorageUrl(text);
  } catch (error) {
    assert.ok(error instanceof PitrError, String(error));
    assert.equal(error.code, 'INVALID_INPUT');
    return error;
  }
  assert.fail(`${text} was taken`);
}

describe('a storage URL', () => {
  test('a folder is written as a path, file:// or local://', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['/backups/shop', '/backups/shop'],
      ['backups', 'backups'],
      ['./a b?c#d%20', './a b?c#d%20'],
      ['file:///backups/shop', '/backups/shop'],
      ['FILE:///backups', '/backups'],
      ['local:///backups/with%20blank', '/backups/with blank'],
      ['file://localhost/backups', '/backups'],
    ];
    for (const [text, path] of cases) assert.deepEqual(parseStorageUrl(text), { kind: 'folder', path });
  });

  test('an S3 prefix has neither a first nor a last slash', () => {
    for (const text of ['s3://bucket/a/b', 's3://bucket/a/b/', 'S3://bucket/a/b']) {
      assert.deepEqual(parseStorageUrl(text), {
        kind: 's3',
        bucket: 'bucket',
        prefix: 'a/b',
        forcePathStyle: true,
      });
    }
    for (const text of ['s3://bucket', 's3://bucket/', 's3://bucket?']) {
      assert.deepEqual(parseStorageUrl(text), {
        kind: 's3',
        bucket: 'bucket',
        prefix: '',
        forcePathStyle: true,
      });
    }
  });

  test('options are taken with dash or underscore, in any case, percent-encoded, and plus is plus', () => {
    const location = parseStorageUrl(
      's3://b/p?Endpoint=http%3A%2F%2F127.0.0.1%3A9000&REGION=eu-west-1&force_path_style=false&profile=a+b',
    );
    assert.deepEqual(location, {
      kind: 's3',
      bucket: 'b',
      prefix: 'p',
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      forcePathStyle: false,
      profile: 'a+b',
    });
    const role = parseStorageUrl(
      's3://b/p?role-arn=arn:aws:iam::1:role/r&external_id=x&use-accelerate-endpoint=true',
    );
    assert.deepEqual(role, {
      kind: 's3',
      bucket: 'b',
      prefix: 'p',
      forcePathStyle: false,
      accelerate: true,
      roleArn: 'arn:aws:iam::1:role/r',
      externalId: 'x',
    });
  });

  test('path style is the default, and gives way as in br', () => {
    const styleOf = (options: string): boolean => {
      const location = parseStorageUrl(`s3://b/p?${options}`);
      return location.kind === 's3' && location.forcePathStyle;
    };
    assert.equal(styleOf('endpoint=http://minio:9000'), true);
    assert.equal(styleOf('provider=minio'), true);
    assert.equal(styleOf('provider=aws'), false);
    assert.equal(styleOf('provider=aws&force-path-style=true'), true);
    assert.equal(styleOf('endpoint=https://s3.eu-west-1.amazonaws.com'), false);
    assert.equal(styleOf('endpoint=https://s3.eu-west-1.amazonaws.com&force-path-style=true'), true);
    assert.equal(styleOf('role-arn=r'), false);
    assert.equal(styleOf('provider=alibaba&force-path-style=true'), false);
    assert.equal(styleOf('use-accelerate-endpoint=1&force-path-style=true'), false);
  });

  test('options that say how br writes are passed over', () => {
    const location = parseStorageUrl(
      's3://b/p?storage-class=STANDARD_IA&sse=aws:kms&sse-kms-key-id=k&acl=private',
    );
    assert.deepEqual(location, { kind: 's3', bucket: 'b', prefix: 'p', forcePathStyle: true });
  });

  test('secrets are refused with the reason, and are not repeated', () => {
    for (const text of [
      's3://b/p?access-key=AKIAHIDDEN',
      's3://b/p?SECRET_ACCESS_KEY=hidden',
      's3://b/p?session-token=hidden',
      's3://AKIAHIDDEN:hidden@b/p',
      's3://b/p?endpoint=http://AKIAHIDDEN:hidden@host',
    ]) {
      const error = refusalOf(text);
      assert.match(error.message, /process list/);
      assert.match(error.hint ?? '', /AWS_ACCESS_KEY_ID/);
      assert.doesNotMatch(error.message + error.hint, /hidden/i);
    }
  });

  test('what is not known is refused, and what is known is listed', () => {
    assert.match(refusalOf('gs://bucket/x').message, /"gs:\/\/" is not known: expected a folder, file:/);
    assert.match(refusalOf('https://bucket/x').message, /s3:\/\/bucket\/prefix/);
    assert.match(
      refusalOf('s3://b/p?regoin=x').message,
      /"regoin" is not known: expected one of endpoint, region/,
    );
    assert.match(refusalOf('').message, /empty/);
    assert.match(refusalOf('s3:/bucket/x').message, /no "\/\/" after "s3:"/);
    assert.match(refusalOf('file://backups/x').hint ?? '', /file:\/\/\/backups\/x/);
    assert.match(refusalOf('file:///x?y=1').hint ?? '', /%3F/);
    assert.match(refusalOf('s3:///prefix').message, /no bucket/);
    assert.match(refusalOf('s3://b/p#x').hint ?? '', /%23/);
    assert.match(refusalOf('s3://b/a//b').message, /empty/);
    assert.match(refusalOf('s3://b/a/../b').message, /"\.\." part/);
    assert.match(refusalOf('s3://b/p?region=a&region=b').message, /twice/);
    assert.match(refusalOf('s3://b/p?region=').message, /no value/);
    assert.match(refusalOf('s3://b/p?force-path-style=maybe').message, /expected true or false/);
    assert.match(refusalOf('s3://b/p?endpoint=localhost:9000').message, /is not a URL/);
    assert.match(refusalOf('s3://b/p?endpoint=http://h?region=x').hint ?? '', /write "&"/);
    assert.match(refusalOf('s3://b/p?external-id=x').message, /without role-arn/);
    assert.match(refusalOf('s3://b/%zz').hint ?? '', /%25/);
  });

  test('any text is a location or a refusal', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `s3://b/${rest}`),
      fc.string().map((rest) => `s3://b?${rest}`),
      fc.string().map((rest) => `file://${rest}`),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          parseStorageUrl(input);
        } catch (error) {
          assert.ok(error instanceof PitrError, String(error));
        }
      }),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe('below a storage URL', () => {
  test('a part is joined before the options', () => {
    assert.equal(joinUrl('s3://b/p?region=r', 'log-backup'), 's3://b/p/log-backup?region=r');
    assert.equal(joinUrl('s3://b', 'log-backup/'), 's3://b/log-backup');
    assert.equal(joinUrl('/backups/', 'log-backup'), '/backups/log-backup');
    assert.equal(joinUrl('back?ups', 'a b'), 'back?ups/a b');
    assert.equal(joinUrl('file:///backups', 'a b/c%'), 'file:///backups/a%20b/c%25');
  });

  test('what is joined is parsed back as the prefix below', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9 %?#&+é-]+$/);
    fc.assert(
      fc.property(part, (name) => {
        const location = parseStorageUrl(joinUrl('s3://b/p?region=r', name));
        assert.ok(location.kind === 's3' && location.prefix === `p/${name}` && location.region === 'r');
        assert.deepEqual(parseStorageUrl(joinUrl('file:///p', name)), { kind: 'folder', path: `/p/${name}` });
      }),
      { numRuns: 500, seed: 8 },
    );
  });

  test('a location is shown without its options', () => {
    assert.equal(formatStorageUrl(parseStorageUrl('s3://b/p/?region=r&profile=x')), 's3://b/p');
    assert.equal(formatStorageUrl(parseStorageUrl('/backups')), 'file:///backups');
  });
});
