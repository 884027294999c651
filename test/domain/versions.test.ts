import assert from 'node:assert/strict';
import test from 'node:test';
import { capabilities, capabilitySources, type Topic } from '../../lib/domain/capabilities.ts';
import { compareVersions, isAtLeast, isSameRelease, parseVersion } from '../../lib/domain/versions.ts';

const at = (text: string) => capabilities(parseVersion(text));

test('a version is read with and without v, of a release, a beta and a hotfix build', () => {
  assert.deepEqual(parseVersion('v8.5.4-20260812-784eac0'), {
    major: 8,
    minor: 5,
    patch: 4,
    preRelease: undefined,
    build: '20260812-784eac0',
    text: 'v8.5.4-20260812-784eac0',
  });
  assert.equal(parseVersion('9.0.0-beta.2').preRelease, 'beta.2');
  assert.equal(parseVersion(' 7.5.1\n').text, 'v7.5.1');
});

test('a text that is no version is refused and repeated', () => {
  for (const text of ['', 'v8', '8.5', 'latest', '8.5.x', 'v8.5.4;rm', '8.5.4-']) {
    assert.throws(() => parseVersion(text), { name: 'INVALID_INPUT' }, text);
  }
});

test('versions are in order: older numbers, betas before the release, hotfix builds after it', () => {
  const ordered = [
    '6.1.0',
    '6.5.9',
    '6.5.10',
    '8.5.4',
    '8.5.4-20260812-784eac0',
    '8.5.4-20261001-0000000',
    '8.5.5',
    '9.0.0-alpha',
    '9.0.0-beta.2',
    '9.0.0-beta.10',
    '9.0.0',
  ].map(parseVersion);
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a.text} against ${b.text}`);
    }
  }
  assert.ok(isAtLeast(parseVersion('8.5.5'), '8.5.5') && !isAtLeast(parseVersion('9.0.0-rc.1'), '9.0.0'));
});

test('a hotfix build of a cluster goes with the br of its release, another patch does not', () => {
  assert.ok(isSameRelease(parseVersion('v8.5.4'), parseVersion('8.5.4-20260812-784eac0')));
  assert.ok(!isSameRelease(parseVersion('v8.5.4'), parseVersion('8.5.5')));
  assert.ok(!isSameRelease(parseVersion('9.0.0-beta.2'), parseVersion('9.0.0')));
});

test('every topic names its source and has a value for every version since 6.1', () => {
  for (const [topic, source] of Object.entries(capabilitySources)) assert.match(source, /^FACTS §/, topic);
  for (const version of [
    '6.1.0',
    '6.5.3',
    '7.1.0',
    '7.5.2',
    '8.1.0',
    '8.5.0',
    '8.5.7',
    '9.0.0-beta.2',
    '10.0.0',
  ]) {
    const can = at(version);
    for (const topic of Object.keys(capabilitySources) as Topic[])
      assert.notEqual(can[topic], undefined, `${topic} at ${version}`);
  }
});

test('a version before 6.1 has no log backup and is refused', () => {
  assert.throws(() => at('5.4.3'), { name: 'UNSUPPORTED', message: /v5\.4\.3 has no log backup/ });
});

test('8.5.5 brings messages of pauses, a registry, filters and abort, and a 9.0 beta has them too', () => {
  const topics = [
    'pauseMessage',
    'restoreRegistry',
    'pitrFilter',
    'abortRestore',
    'checkpointStorage',
  ] as const;
  for (const topic of topics) {
    assert.deepEqual(
      ['8.5.4', '8.5.4-20260812-784eac0', '8.5.5', '9.0.0-beta.2'].map((version) => at(version)[topic]),
      ['no', 'no', 'yes', 'yes'],
      topic,
    );
  }
});

test('what came to several branches with their own patches is told branch by branch', () => {
  const autoPause = (version: string) => at(version).autoPauseAt48h;
  assert.deepEqual(['6.5.8', '6.5.9', '7.1.4', '7.1.5', '7.5.0', '7.5.3', '8.0.0', '8.1.0'].map(autoPause), [
    'no',
    'yes',
    'no',
    'yes',
    'no',
    'unsure',
    'no',
    'yes',
  ]);
  assert.deepEqual(
    ['7.5.0', '7.5.1', '6.5.0', '6.5.9'].map((version) => at(version).truncatingLock),
    ['no', 'yes', 'no', 'unsure'],
  );
});
