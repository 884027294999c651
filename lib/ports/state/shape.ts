// A stored shape: a record as JSON text with `shape` and, where it has states, `state` in front, and back again, strictly.
// Must not know the records; the list is in shapes.ts.

import { PitrError } from '../../domain/errors.ts';
import { type Field, FieldFault, type FieldsOf, objectAt, objectOf, unwritable } from './fields.ts';

export interface Shape<T> {
  /** Name and version, `snapshot/v1`. */
  readonly shape: string;
  /** State → form of its fields; one entry with an empty name when there are no states. */
  readonly forms: Readonly<Record<string, string>>;
  /** JSON text, the same for the same record. Errors: INTERNAL for a record that its type forbids. */
  readonly write: (record: T) => string;
  /** `place` names the record in messages. Errors: STATE_SHAPE_UNKNOWN for everything that `write` does not write. */
  readonly read: (body: string, place: string) => T;
}

type WithState = { readonly shape: string; readonly state: string };
type FieldsOfStates<T extends WithState> = {
  readonly [S in T['state']]: FieldsOf<Omit<Extract<T, { readonly state: S }>, 'shape' | 'state'>>;
};

/** A shape whose fields depend on its state. */
export function shapeOfStates<T extends WithState>(shape: T['shape'], states: FieldsOfStates<T>): Shape<T> {
  const fields = new Map<string, Field<object>>();
  for (const [state, inState] of Object.entries<FieldsOf<object>>(states)) {
    fields.set(state, objectOf(inState));
  }
  return {
    shape,
    forms: Object.fromEntries([...fields].map(([state, { form }]) => [state, form])),
    write: (record) =>
      writing(shape, () => {
        const { shape: itsShape, state, ...rest } = record;
        const field = fields.get(state);
        if (itsShape !== shape || field === undefined) throw new FieldFault('state', 'a known state', state);
        return { shape, state, ...asObject(field.write(rest, '')) };
      }),
    read: (body, place) =>
      reading(shape, body, place, (document) => {
        const { state, ...rest } = document;
        const field = typeof state === 'string' ? fields.get(state) : undefined;
        if (field === undefined) throw new FieldFault('state', [...fields.keys()].join(', '), state);
        return { shape, state, ...field.read(rest, '') } as T;
      }),
  };
}

/** A shape without states. */
export function flatShape<T extends { readonly shape: string }>(
  shape: T['shape'],
  fields: FieldsOf<Omit<T, 'shape'>>,
): Shape<T> {
  const field = objectOf<Omit<T, 'shape'>>(fields);
  return {
    shape,
    forms: { '': field.form },
    write: (record) =>
      writing(shape, () => {
        const { shape: itsShape, ...rest } = record;
        if (itsShape !== shape) throw new FieldFault('shape', shape, itsShape);
        return { shape, ...asObject(field.write(rest, '')) };
      }),
    read: (body, place) =>
      reading(shape, body, place, (document) => ({ shape, ...field.read(document, '') }) as unknown as T),
  };
}

function asObject(value: unknown): object {
  return objectAt(value, '');
}

function writing(shape: string, make: () => object): string {
  try {
    return JSON.stringify(make());
  } catch (cause) {
    throw unwritable(shape, cause);
  }
}

function reading<T>(
  shape: string,
  body: string,
  place: string,
  read: (fields: Readonly<Record<string, unknown>>) => T,
): T {
  try {
    const { shape: found, ...fields } = objectAt(JSON.parse(body), '');
    if (found !== shape) throw foreignShape(shape, found, place);
    return read(fields);
  } catch (cause) {
    if (cause instanceof PitrError) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PitrError('STATE_SHAPE_UNKNOWN', `${place} is no ${shape}: ${problem}`, {
      hint: 'if nobody edited it by hand, report it; the bucket is the truth, and the record can be made again from it',
      details: {
        place,
        shape,
        ...(cause instanceof FieldFault
          ? { path: cause.path, expected: cause.expected, found: cause.found }
          : {}),
      },
      cause,
    });
  }
}

function foreignShape(shape: string, found: unknown, place: string): PitrError {
  const version = (name: unknown): number => Number(/\/v(\d{1,9})$/.exec(String(name))?.[1] ?? Number.NaN);
  const isNewer =
    typeof found === 'string' &&
    found.split('/')[0] === shape.split('/')[0] &&
    version(found) > version(shape);
  const name = typeof found === 'string' ? JSON.stringify(found.slice(0, 80)) : 'missing';
  const hint = isNewer
    ? 'a newer version of this program wrote it: update this one'
    : 'the record was not written by this program: look who did, and remove it';
  return new PitrError('STATE_SHAPE_UNKNOWN', `the shape of ${place} is ${name}, expected "${shape}"`, {
    hint,
    details: { place, shape: found, expected: shape, newer: isNewer },
  });
}
