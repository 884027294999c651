// For every record of every shape: it comes back as it was; and a body that was changed anywhere is refused or is another
// whole record, never something else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../../lib/domain/errors.ts';
import { runId } from '../../../lib/domain/state/run-identity.ts';
import type { Shape } from '../../../lib/ports/state/shape.ts';
import { storedShapes } from '../../../lib/ports/state/shapes.ts';

const parameters = { seed: 20261122, numRuns: 150 };
const time = fc.integer({ min: 0, max: Date.UTC(2999, 0, 1) });
const noMinusZero = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, one: unknown) => (Object.is(one, -0) ? 0 : one));
const facts = fc
  .dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 4 }).map(noMinusZero),
    { maxKeys: 4 },
  )
  .map((entries) => ({ ...entries }));

const simple: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text: fc.string({ unit: 'binary', maxLength: 20 }),
  ms: time,
  count: fc.maxSafeNat(),
  bool: fc.boolean(),
  fraction: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
  cluster: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  'run id': fc.tuple(time, fc.constantFrom('', 'x', 'a-b.c_9')).map(([atMs, suffix]) => runId(atMs, suffix)),
  'change id': fc.stringMatching(/^[a-z0-9][a-z0-9._:/-]{0,30}$/),
  u64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  facts,
  'log hours': fc.array(
    fc.record({
      hourMs: fc.nat({ max: 999_999 }).map((hour) => hour * 3_600_000),
      bytes: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    }),
    { maxLength: 3 },
  ),
};

/** Values of a form, read from its description: so that a new form is never left out here. */
function valuesOf(form: string): fc.Arbitrary<unknown> {
  const known = simple[form];
  if (known !== undefined) return known;
  if (form.endsWith('?')) return fc.option(valuesOf(form.slice(0, -1)), { nil: null });
  if (form.startsWith('[')) return fc.array(valuesOf(form.slice(1, -1)), { maxLength: 3 });
  if (form.startsWith('{')) return fc.record(fieldsOf(form));
  assert.match(form, /^[a-z-]+(\|[a-z-]+)+$/, 'a form that this test does not know');
  return fc.constantFrom(...form.split('|'));
}

function fieldsOf(form: string): Record<string, fc.Arbitrary<unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  let depth = 0;
  let start = 1;
  for (let i = 1; i < form.length; i++) {
    const letter = form[i] ?? '';
    if ('{['.includes(letter)) depth += 1;
    if ('}]'.includes(letter)) depth -= 1;
    if ((letter === ',' && depth === 0) || i === form.length - 1) {
      const [, name = '', ofField = ''] = /^ ?(\w+): (.*)$/.exec(form.slice(start, i)) ?? [];
      fields[name] = valuesOf(ofField);
      start = i + 1;
    }
  }
  return fields;
}

for (const found of storedShapes) {
  const shape = found as Shape<object>;
  const records = fc.oneof(
    ...Object.entries(shape.forms).map(([state, form]) =>
      fc
        .record(fieldsOf(form))
        .map((fields) => ({ shape: shape.shape, ...(state === '' ? {} : { state }), ...fields })),
    ),
  );

  test(`every ${shape.shape} comes back as it was written`, () => {
    fc.assert(
      fc.property(records, (record) => {
        assert.deepEqual(noPrototypes(shape.read(shape.write(record), 'here')), noPrototypes(record));
      }),
      parameters,
    );
  });

  test(`a changed ${shape.shape} is refused, or it is another whole record`, () => {
    const cut = fc.tuple(fc.nat(), fc.nat(4), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(records, cut, (record, [at, removed, added]) => {
        const body = shape.write(record);
        const place = at % body.length;
        const changed = body.slice(0, place) + added + body.slice(place + removed);
        try {
          const read = shape.read(changed, 'here');
          assert.deepEqual(shape.read(shape.write(read), 'here'), read);
        } catch (error) {
          assert.ok(error instanceof PitrError && error.code === 'STATE_SHAPE_UNKNOWN', String(error));
        }
      }),
      parameters,
    );
  });
}

/** Generated records have no prototype; that is not what is compared. */
function noPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(noPrototypes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, noPrototypes(one)]));
}
