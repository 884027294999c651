// What is stored stays readable. The rules:
// 1. stored-shapes.json lists every shape that a released version ever wrote, by name and version, with the form of its fields.
// 2. A line of that list never changes and never goes: records of it are out there.
// 3. Whoever changes a field (adds, removes, renames, another form, another state) makes a new version (`snapshot/v2`), adds its
//    lines, and keeps a reader for the old one that fills what is new.
// 4. A shape that no released version ever wrote outside of tests may be changed in place. No command of 0.1.0 writes state.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { kindsOfWork } from '../../../lib/domain/state/run-identity.ts';
import { keyOfRecord } from '../../../lib/domain/state/task-record.ts';
import { recordShapes, storedShapes } from '../../../lib/ports/state/shapes.ts';
import { completeSnapshot, plannedSnapshot, runningSnapshot } from '../../support/state-builders.ts';

type Forms = Readonly<Record<string, Readonly<Record<string, string>>>>;
const listed: Forms = JSON.parse(readFileSync('test/ports/state/stored-shapes.json', 'utf8'));

test('what is stored is what the list says: a change of a shape needs a new version', () => {
  const written = Object.fromEntries(storedShapes.map(({ shape, forms }) => [shape, forms]));
  for (const [shape, forms] of Object.entries(written)) {
    assert.deepEqual(
      listed[shape],
      forms,
      `${shape} is not as listed: read the rules at the head of this file`,
    );
  }
  const newest = new Map<string, string>();
  for (const shape of Object.keys(listed)) {
    const [name = '', version = ''] = shape.split('/v');
    if (Number(version) > Number(newest.get(name) ?? 0)) newest.set(name, version);
  }
  const expected = [...newest].map(([name, version]) => `${name}/v${version}`);
  assert.deepEqual(Object.keys(written).sort(), expected.sort());
});

test('the order of the list of kinds of work is part of a form, so it only grows at its end', () => {
  assert.equal(kindsOfWork.join('|'), 'log-task|snapshot|truncation|restore|observe|retention');
});

test('the body of a record is the same text every time, in the order of its shape', () => {
  const { snapshot } = recordShapes;
  const shuffled = Object.fromEntries(Object.entries(runningSnapshot()).reverse());
  assert.equal(snapshot.write(shuffled as never), snapshot.write(runningSnapshot()));
  assert.match(
    snapshot.write(runningSnapshot()),
    /^\{"shape":"snapshot\/v1","state":"running","cluster":"shop",/,
  );
});

test('a u64 is kept exactly, as twenty digits', () => {
  const { snapshot } = recordShapes;
  const body = snapshot.write(completeSnapshot());
  assert.match(body, /"backupTs":"18446744073709551615".*"bytes":"00009007199254740993"/);
  assert.deepEqual(snapshot.read(body, 'here'), completeSnapshot());
});

function refusal(body: string): PitrError {
  try {
    const record = recordShapes.snapshot.read(body, 'the record');
    assert.fail(`it was read as ${record.state}`);
  } catch (error) {
    assert.ok(error instanceof PitrError, String(error));
    assert.equal(error.code, 'STATE_SHAPE_UNKNOWN');
    return error;
  }
}

test('a record of a newer version is refused, and the hint is to update', () => {
  const error = refusal('{"shape":"snapshot/v12","state":"planned"}');
  assert.equal(error.message, 'the shape of the record is "snapshot/v12", expected "snapshot/v1"');
  assert.equal(error.details['newer'], true);
  assert.match(error.hint ?? '', /update this one$/);
});

test('a record of another kind, an old version that never was, and no shape at all are refused as foreign', () => {
  for (const shape of ['"restore/v9"', '"snapshot/v0"', '"snapshot"', '7', 'null', '"snapshot/v1 "']) {
    assert.equal(refusal(`{"shape":${shape}}`).details['newer'], false, shape);
  }
  assert.match(refusal('{}').message, /^the shape of the record is missing, expected "snapshot\/v1"$/);
});

test('a field that is missing, too many, or of another form is named with what was found', () => {
  const body = recordShapes.snapshot.write(completeSnapshot());
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['"dueMs":1795348800000,', '', /: dueMs is missing, expected ms$/],
    ['"dueMs":1795348800000', '"dueMs":"1795348800000"', /: dueMs is "1795348800000", expected ms$/],
    ['"dueMs":1795348800000', '"dueMs":-1', /: dueMs is -1, expected ms$/],
    [
      '"trigger":"schedule"',
      '"trigger":"moon"',
      /: trigger is "moon", expected schedule\|person\|first\|adopted\|keeper$/,
    ],
    [
      '"state":"complete"',
      '"state":"finished"',
      /: state is "finished", expected planned, running, complete, failed, expired$/,
    ],
    ['"state":"complete"', '"state":"failed"', /: (?:backupTs|bytes) is ".*", expected no such field$/],
    ['"bytes":"0000', '"bytes":"000', /: bytes is "0*9007199254740993", expected a u64 of 20 digits$/],
    [
      '"18446744073709551615"',
      '"18446744073709551616"',
      /: backupTs is "18446744073709551616", expected a u64/,
    ],
    ['"shape"', '"more":1,"shape"', /: more is 1, expected no such field$/],
    ['"dueMs"', '"__proto__":{},"dueMs"', /: __proto__ is an object, expected no such field$/],
  ];
  for (const [from, to, message] of cases) {
    assert.ok(body.includes(from), from);
    assert.match(refusal(body.replace(from, to)).message, message);
  }
});

test('bytes that are no JSON object are refused, however they are nested', () => {
  for (const body of [
    '',
    '[]',
    'null',
    '7',
    '{"shape":',
    '['.repeat(100_000),
    `{"shape":"snapshot/v1","state":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  ]) {
    refusal(body);
  }
});

test('each record has a key of its own kind', () => {
  assert.deepEqual(keyOfRecord(plannedSnapshot()), {
    cluster: 'shop',
    kind: 'snapshot',
    id: '20261122120000',
  });
});
