// An item of the state table as DynamoDB's attributes, and back; also the image of a stream record as the signal it brings.
// docs/formats/state.md is the document of it. Must not call anything.

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { PitrError } from '../domain/errors.ts';
import type { WaitingSignal } from '../domain/state/signal.ts';
import { readItem } from '../ports/state/records-to-items.ts';
import { signalShape } from '../ports/state/shapes.ts';
import type { StateItem } from '../ports/state/state-table.ts';

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** DynamoDB removes by its own clock: later than we stop seeing the item, however far the clocks are apart. */
const removalDelaySeconds = 3600;

export function attributesOf(item: StateItem): Record<string, AttributeValue> {
  const { pk, sk, revision, shape, body, guard, expiresMs } = item;
  return {
    pk: { S: pk },
    sk: { S: sk },
    rev: { N: String(revision) },
    shape: { S: shape },
    body: { S: body },
    ...(guard === '' ? {} : { guard: { S: guard } }),
    ...(expiresMs === undefined
      ? {}
      : {
          expiresMs: { N: String(expiresMs) },
          ttl: { N: String(Math.ceil(expiresMs / 1000) + removalDelaySeconds) },
        }),
  };
}

/** Errors: STATE_SHAPE_UNKNOWN for an item that was not written by us. */
export function itemOfAttributes(attributes: Attributes): StateItem {
  const pk = attributes['pk']?.S ?? '';
  const sk = attributes['sk']?.S ?? '';
  const shape = attributes['shape']?.S;
  const body = attributes['body']?.S;
  const revision = wholeNumber(attributes['rev']);
  const expires = attributes['expiresMs'];
  const expiresMs = wholeNumber(expires);
  if (
    shape === undefined ||
    body === undefined ||
    revision === undefined ||
    (expires !== undefined && expiresMs === undefined)
  ) {
    const found = Object.keys(attributes).sort().join(', ');
    throw new PitrError(
      'STATE_SHAPE_UNKNOWN',
      `the item ${pk} ${sk} has the attributes ${found}, expected shape, body and rev`,
      { hint: 'it was not written by this program: look who did, and remove it', details: { pk, sk } },
    );
  }
  return { pk, sk, revision, shape, body, guard: attributes['guard']?.S ?? '', expiresMs };
}

function wholeNumber(value: AttributeValue | undefined): number | undefined {
  const number = value?.N === undefined ? Number.NaN : Number(value.N);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A record of the table's stream, as a Lambda function gets it. */
export interface StreamRecord {
  readonly eventName?: string | undefined;
  readonly dynamodb?:
    | { readonly Keys?: Attributes | undefined; readonly NewImage?: Attributes | undefined }
    | undefined;
}

/**
 * The signal that a stream record brings, or undefined when it is about something else. Records come at least once and in
 * no order between items: whoever acts on one consumes it (`TaskStore.consumeSignal`, or `consumes` of a change).
 */
export function signalOfStreamRecord(record: StreamRecord): WaitingSignal | undefined {
  const image = record.dynamodb?.NewImage;
  if (record.eventName !== 'INSERT' || image?.['sk']?.S?.startsWith('waiting/') !== true) return undefined;
  const signal = readItem(signalShape, itemOfAttributes(image));
  return signal.state === 'waiting' ? signal : undefined;
}
