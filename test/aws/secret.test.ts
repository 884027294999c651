import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readSecret, readTlsSecret } from '../../lib/aws/secret.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import { openPdCluster } from '../../lib/pdhttp/pd-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();
const authority = testAuthority('authority');
const tls = { ca: authority.cert, ...authority.issue('client') };

async function secrets(t: TestContext, texts: Readonly<Record<string, string | undefined>>) {
  const aws = new FakeAws();
  aws.on('secretsmanager.GetSecretValue', ({ SecretId }) => {
    const name = String(SecretId);
    if (!(name in texts)) throw new AwsFault('ResourceNotFoundException');
    const text = texts[name];
    return text === undefined
      ? { Name: name, SecretBinary: 'AAEC' }
      : { Name: name, SecretString: text, VersionId: 'v' };
  });
  const endpoint = await aws.listen();
  t.after(() => aws.close());
  return { aws, location: { endpoint } };
}

test("a cluster's certificates come from one secret, and open PD", async (t) => {
  const { location } = await secrets(t, { 'pitr/shop/tls': JSON.stringify(tls) });
  const found = await readTlsSecret('pitr/shop/tls', location);
  assert.deepEqual(
    [found.ca.trim(), found.cert.trim(), found.key.trim()],
    [tls.ca.trim(), tls.cert.trim(), tls.key.trim()],
  );
  openPdCluster({ addresses: ['pd:2379'], tls: found, clock: { nowMs: Date.now } }).close();
});

test('line ends that were escaped twice are line ends again', async (t) => {
  const flat = Object.fromEntries(
    Object.entries(tls).map(([name, text]) => [name, text.trim().replaceAll('\n', '\\n')]),
  );
  const { location } = await secrets(t, { s: JSON.stringify(flat) });
  const found = await readTlsSecret('s', location);
  openPdCluster({ addresses: ['pd:2379'], tls: found, clock: { nowMs: Date.now } }).close();
});

const hidden = 'hunter2';
const unusable: readonly (readonly [string, string, RegExp])[] = [
  ['no JSON', hidden, /secret s is no JSON object/],
  ['a list', `["${hidden}"]`, /secret s is no JSON object/],
  ['fields missing', JSON.stringify({ ca: tls.ca, key: 7 }), /secret s has no cert, no key/],
  ['no PEM', JSON.stringify({ ...tls, cert: hidden }), /secret s has a cert that is no PEM/],
  [
    'a PEM without line ends',
    JSON.stringify({ ...tls, key: tls.key.replaceAll('\n', ' ') }),
    /has a key that is no PEM/,
  ],
];

for (const [what, text, message] of unusable) {
  test(`a secret with ${what} is told by its name and fields, and never shown`, async (t) => {
    const { location } = await secrets(t, { s: text });
    await assert.rejects(readTlsSecret('s', location), (error: PitrError) => {
      assert.equal(error.code, 'INVALID_INPUT');
      assert.match(error.message, message);
      assert.doesNotMatch(JSON.stringify([error.message, error.hint, error.details]), /hunter2|BEGIN/);
      return true;
    });
  });
}

test('a secret that is not there, one that is binary, and one that may not be read', async (t) => {
  const { aws, location } = await secrets(t, { binary: undefined, s: 'text' });
  await assert.rejects(readSecret('none', location), {
    code: 'INVALID_INPUT',
    message: /^secret none: it is not/,
  });
  await assert.rejects(readSecret('binary', location), { code: 'INVALID_INPUT', message: /holds no text/ });
  aws.fail({ answer: new AwsFault('AccessDeniedException') });
  await assert.rejects(readSecret('s', location), {
    code: 'AWS_DENIED',
    message: /secretsmanager:GetSecretValue is denied/,
  });
  aws.fail({ answer: new AwsFault('InternalServiceError', 500), times: 3 });
  await assert.rejects(readSecret('s', location), { code: 'AWS_UNAVAILABLE' });
  assert.equal(await readSecret('s', location), 'text');
});

test('the endpoint of functions in a VPC is taken from the environment', async (t) => {
  const { location } = await secrets(t, { s: 'text' });
  process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = location.endpoint;
  t.after(() => delete process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER']);
  assert.equal(await readSecret('s'), 'text');
});
