import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import { checkSettings } from '../../lib/config/settings.ts';
import {
  placesOf,
  type SchemaNode,
  settingsJsonSchema,
  settingsSchemaText,
} from '../../lib/config/settings-json-schema.ts';
import { faultsOfSchema } from '../support/json-schema.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/pitr.schema.json is what the code says (node scripts/generate-settings-schema.ts makes it again)', () => {
  assert.equal(read('docs/pitr.schema.json'), settingsSchemaText());
});

test('the schema takes the example, and refuses what the check refuses by shape alone', () => {
  const schema = JSON.parse(read('docs/pitr.schema.json'));
  const example = read('pitr.example.yaml');
  assert.deepEqual(faultsOfSchema(schema, parse(example)), []);
  for (const [right, wrong] of [
    ['version: 1', 'version: 2'],
    ['tidbVersion:', 'tidbVersoin:'],
    ['name: shop', 'name: Shop'],
    ['kind: fargate', 'kind: fargat'],
    ['window: 30d', 'window: 30'],
    ['minBases: 2', 'minBases: 0'],
    ['secret: pitr/billing/tls', 'ca: /a'],
    ['cpu: 4', 'brPath: /br'],
    ['sns: [', 'sns: [x, '],
  ]) {
    const text = example.replace(right ?? '', wrong ?? '');
    assert.notEqual(text, example, right);
    assert.notDeepEqual(faultsOfSchema(schema, parse(text)), [], wrong);
    assert.equal(checkSettings(text).settings, undefined, wrong);
  }
});

test('the first line of the example names the schema for editors', () => {
  assert.match(read('pitr.example.yaml'), /^# yaml-language-server: \$schema=docs\/pitr\.schema\.json\n/);
});

test('a key is found in all of its places', () => {
  assert.deepEqual(placesOf('zone'), ['clusters[].policy.snapshot']);
  assert.deepEqual(placesOf('secret'), ['clusters[].tls', 'clusters[].notifications.webhook']);
  assert.deepEqual(placesOf('version'), ['']);
  assert.deepEqual(placesOf('nothing'), []);
});

interface Field {
  readonly needed: boolean;
  readonly default: string;
}

/** Every field below an item of `clusters`; those of the runners by their names, whatever the kind. */
function fieldsOf(node: SchemaNode, path: string, needed: boolean, into: Map<string, Field>): void {
  if (path !== '' && node.description !== undefined) {
    const isPlain = node.default !== undefined && typeof node.default !== 'object';
    into.set(path, { needed, default: isPlain ? String(node.default) : '' });
  }
  for (const form of [node, ...(node.oneOf ?? [])]) {
    for (const [key, below] of Object.entries(form.properties ?? {})) {
      const isNeeded = form.required?.includes(key) ?? false;
      if (key !== 'kind') fieldsOf(below, path === '' ? key : `${path}.${key}`, isNeeded, into);
    }
  }
}

test('docs/settings.md has a row for every field, with its default, and no other', () => {
  const cluster = settingsJsonSchema().properties?.['clusters']?.items;
  assert.ok(cluster);
  const fields = new Map<string, Field>();
  fieldsOf(cluster, '', false, fields);
  fields.delete('runner');
  const rows = [
    ...read('docs/settings.md').matchAll(/^\| `([a-zA-Z.]+)` \| ([^|]+) \| ([^|]*) \| [^|]*\|$/gm),
  ];
  assert.deepEqual([...new Set(rows.map((row) => row[1]))].sort(), [...fields.keys()].sort());
  for (const [, name = '', , told = ''] of rows) {
    const field = fields.get(name);
    const expected =
      field?.needed === true ? '**needed**' : field?.default === '' ? '' : `\`${field?.default}\``;
    assert.equal(told.trim(), expected, name);
  }
});
