import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSettings, parseSettings } from '../../lib/config/settings.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { cluster, told } from '../support/settings-text.ts';

describe('mistakes', () => {
  test('a misspelt key is not told as missing, too', () => {
    assert.deepEqual(told(cluster('tidbVersoin: v8.5.4', 'tidbVersion:')), [
      'error: clusters[0].tidbVersoin is not known in clusters[0] | did you mean tidbVersion?',
    ]);
  });

  test('several mistakes are told at once, in the order of the file, each at its line and column', () => {
    const text =
      'version: 1\nclusters:\n  - name: Shop\n    tidbVersion: v8.5.4\n    pd: [a, "b c"]\n    polcy: {}\n  - name: b\n';
    assert.deepEqual(
      checkSettings(text).problems.map(({ path, line, column }) => `${line}:${column} ${path}`),
      [
        '3:11 clusters[0].name',
        '5:13 clusters[0].pd[1]',
        '6:5 clusters[0].polcy',
        '7:5 clusters[1].tidbVersion',
        '7:5 clusters[1].pd',
      ],
    );
  });

  test('a mistake in one cluster hides no doubt about another', () => {
    const text = `${cluster('name: Shop')}${cluster('name: b', 'policy: {log: off}').split('\n').slice(2).join('\n')}`;
    assert.deepEqual(
      checkSettings(text).problems.map(({ severity, path }) => `${severity} ${path}`),
      ['error clusters[0].name', 'warning clusters[1].policy.log'],
    );
  });

  test('parseSettings throws INVALID_INPUT with the place of the first mistake and all of them as facts', () => {
    assert.throws(
      () => parseSettings(cluster('name: Shop', 'polcy: {}'), 'x.yaml'),
      (error) => {
        assert.ok(error instanceof PitrError);
        assert.equal(error.code, 'INVALID_INPUT');
        assert.match(error.message, /^x\.yaml:6:5?|^x\.yaml:\d+:\d+: clusters\[0\]/);
        assert.match(error.message, /\(and 1 more\)$/);
        assert.equal((error.details['problems'] as readonly unknown[]).length, 2);
        return true;
      },
    );
    assert.equal(parseSettings(cluster()).clusters.length, 1);
  });
});

describe('syntax', () => {
  const mistakes: readonly (readonly [title: string, text: string, place: string, says: RegExp])[] = [
    ['a tab', 'version: 1\n\tclusters: []\n', '2:1', /this is not YAML.*/],
    ['a key twice', 'version: 1\nversion: 1\n', '2:1', /map keys must be unique \| keep one of the two/],
    ['an open bracket', 'version: 1\nclusters: [\n', '3:1', /this is not YAML/],
    [
      'two documents',
      'version: 1\n---\nversion: 1\n',
      '2:1',
      /this is not YAML.*\| a settings file holds one document/,
    ],
    ['an alias to nothing', 'version: *one\n', '1:10', /an alias \(\*name\) needs its anchor/],
  ];
  for (const [title, text, place, says] of mistakes) {
    test(`${title} is told with its place`, () => {
      const { problems, settings } = checkSettings(text);
      assert.equal(settings, undefined);
      assert.ok(
        problems.some(({ line, column }) => `${line}:${column}` === place),
        JSON.stringify(problems),
      );
      assert.match(told(text).join('\n'), says);
    });
  }

  test('anchors, aliases and merge keys may be used to say a thing once', () => {
    const text = `${cluster('policy: &usual {retention: {window: 60d}}')}${cluster('name: b', 'pd: [10.0.0.2]', 'policy: {<<: *usual, firstSnapshot: scheduled}').split('\n').slice(2).join('\n')}`;
    const { settings, problems } = checkSettings(text);
    assert.deepEqual(problems, []);
    assert.equal(settings?.clusters[1]?.policy.retention.windowMs, 60 * 86_400_000);
  });

  test('a key with nothing after it counts as not written', () => {
    assert.deepEqual(told(cluster('policy:', 'bucket:')), []);
  });

  test('what would eat the memory or the stack is refused at once', () => {
    const bomb = `a: &a [${'x,'.repeat(20)}]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(20)}]`).join('\n')}\n`;
    for (const text of [
      '['.repeat(100_000),
      '- '.repeat(100_000),
      `${' x:\n'.repeat(3)}${'a: '.repeat(50_000)}`,
      'x'.repeat(1_000_000),
      bomb,
    ]) {
      const { settings, problems } = checkSettings(text);
      assert.equal(settings, undefined);
      assert.ok(problems.length > 0);
    }
  });
});
