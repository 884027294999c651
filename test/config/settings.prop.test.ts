import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { checkSettings } from '../../lib/config/settings.ts';
import { settingsDocument } from '../../lib/config/settings-document.ts';
import { settingsJsonSchema } from '../../lib/config/settings-json-schema.ts';
import { formatPath } from '../../lib/config/settings-problem.ts';
import { arbitrarySettings } from '../support/arbitrary-settings.ts';
import { faultsOfSchema } from '../support/json-schema.ts';

const seed = 20_261_122;
const example = readFileSync(new URL('../../pitr.example.yaml', import.meta.url), 'utf8');
const schema = { ...settingsJsonSchema() };

const errorsOf = (text: string) =>
  checkSettings(text).problems.filter(({ severity }) => severity === 'error');

test('every right file is read without an error, and the schema for editors takes it, too', () => {
  fc.assert(
    fc.property(arbitrarySettings, (document) => {
      assert.deepEqual(errorsOf(stringify(document)), []);
      assert.deepEqual(faultsOfSchema(schema, document), []);
    }),
    { seed, numRuns: 150 },
  );
});

test('settings written back as a file, with every default, are read as the same settings', () => {
  fc.assert(
    fc.property(arbitrarySettings, (document) => {
      const { settings } = checkSettings(stringify(document));
      assert.ok(settings);
      const again = settingsDocument(settings);
      assert.deepEqual(checkSettings(stringify(again)).settings, settings);
      assert.deepEqual(faultsOfSchema(schema, again), []);
    }),
    { seed, numRuns: 150 },
  );
});

type Path = readonly (string | number)[];

/** The path of every key that is ours; what tags are called is the operator's. */
function keyPaths(value: unknown, path: Path): readonly Path[] {
  if (typeof value !== 'object' || value === null || path.at(-1) === 'tags') return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    return [...(Array.isArray(value) ? [] : [below]), ...keyPaths(item, below)];
  });
}

/** The document with the key at the path renamed, in its place. */
function renamed(value: unknown, path: Path, name: string): unknown {
  const [step, ...rest] = path;
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? renamed(item, rest, name) : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => {
      if (key !== step) return [key, item];
      return rest.length === 0 ? [name, item] : [key, renamed(item, rest, name)];
    }),
  );
}

const letters = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');

/** One slip of the finger: a letter left out, added, wrong, or two swapped. */
function slipped(word: string, kind: number, at: number, letter: string): string {
  const index = at % word.length;
  if (kind === 0) return word.slice(0, index) + word.slice(index + 1);
  if (kind === 1) return word.slice(0, index) + letter + word.slice(index);
  if (kind === 2) return word.slice(0, index) + letter + word.slice(index + 1);
  const pair = index % Math.max(1, word.length - 1);
  return word.slice(0, pair) + (word[pair + 1] ?? '') + (word[pair] ?? '') + word.slice(pair + 2);
}

test('a slip in any key of any right file is found, at its own path, with the key that was meant', () => {
  fc.assert(
    fc.property(
      arbitrarySettings,
      fc.nat(),
      fc.integer({ min: 0, max: 3 }),
      fc.nat(30),
      letters,
      (document, which, kind, at, letter) => {
        const paths = keyPaths(document, []);
        const path = paths[which % paths.length] ?? [];
        const key = String(path.at(-1));
        const typo = slipped(key, kind, at, letter);
        const siblings = paths
          .filter((one) => formatPath(one.slice(0, -1)) === formatPath(path.slice(0, -1)))
          .map((one) => one.at(-1));
        fc.pre(typo !== '' && !siblings.includes(typo) && typo !== key);
        // A key that begins the form of a runner decides what else is known: without it all that is told is that it is missing.
        const isKind = key === 'kind';
        const text = stringify(renamed(document, path, typo));
        const problems = errorsOf(text);
        const wanted = formatPath([...path.slice(0, -1), isKind ? 'kind' : typo]);
        const found = problems.find((problem) => problem.path === wanted);
        assert.ok(found, `${typo} for ${formatPath(path)}: ${JSON.stringify(problems)}`);
        if (key.length >= 4 && !isKind)
          assert.match(
            found.hint ?? '',
            new RegExp(`did you mean ${key}\\?|known are .*${key}|belongs below`),
          );
        const lines = text.split('\n');
        assert.ok(isKind || (lines[found.line - 1] ?? '').slice(found.column - 1).startsWith(typo));
      },
    ),
    { seed, numRuns: 400 },
  );
});

test('no text makes the check throw, and settings are there exactly when nothing is an error', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        '\n',
        '  ',
        '- ',
        ': ',
        'version: 1\n',
        'clusters:\n',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '<<: ',
        '|',
        '>',
        '!!int ',
        '"',
        "'",
        '#',
        '\t',
        '? ',
        '---\n',
        '\u0000',
        '\ud800',
        '__proto__: ',
        'constructor: ',
      ),
    ),
    { maxLength: 60 },
  );
  const edited = fc
    .tuple(fc.nat(example.length), fc.nat(40), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([at, length, text]) => example.slice(0, at) + text + example.slice(at + length));
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((parts) => parts.join('')),
        edited,
      ),
      (text) => {
        const { settings, problems } = checkSettings(text);
        assert.equal(
          settings === undefined,
          problems.some(({ severity }) => severity === 'error'),
        );
        const lines = text.split('\n').length;
        for (const { line, column } of problems)
          assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column}`);
      },
    ),
    { seed, numRuns: 600 },
  );
});

test('the generated files hold every field of the schema somewhere', () => {
  const seen = new Set<string>();
  for (const document of fc.sample(arbitrarySettings, { seed, numRuns: 300 })) {
    for (const path of keyPaths(parse(stringify(document)), []))
      seen.add(formatPath(path).replace(/\[\d+\]/g, '[]'));
  }
  for (const field of [
    'bucket.objectLock.mode',
    'bucket.endpoint',
    'bucket.folder',
    'policy.onFailure.backoff',
    'policy.keeper.onLoss',
    'objectives.snapshotsEarly',
    'runner.target',
    'runner.image',
    'notifications.webhook.secret',
    'tls.key',
    'tikvRole',
    'vpc.availabilityZones',
  ]) {
    assert.ok(seen.has(`clusters[].${field}`), field);
  }
});
