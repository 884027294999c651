// etcd's range request over the JSON gateway, `POST /v3/kv/range` (FACTS §2.1): its body, its answer, and where the next
// page starts. Sends nothing.

import type { JsonObject } from '../br/json-u64.ts';
import { notAnAnswer, objectOf, objectsOf, parseAnswer, textOf, u64Of } from './answer.ts';

export interface EtcdKeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** 0n: bound to no lease. */
  readonly lease: bigint;
}

export interface RangeAnswer {
  /** In byte order of their keys. */
  readonly keyValues: readonly EtcdKeyValue[];
  /** etcd's revision at which the answer is true. */
  readonly revision: bigint;
  readonly more: boolean;
}

export interface RangeRequest {
  readonly start: Uint8Array;
  /** First key that is no more asked for; undefined: `start` alone. */
  readonly end: Uint8Array | undefined;
  readonly limit: number;
  /** 0n: the newest; else the revision of the first page, so that all pages show one moment. */
  readonly revision: bigint;
}

/** The body of the request, JSON. */
export function rangeBody(request: RangeRequest): string {
  return JSON.stringify({
    key: base64(request.start),
    ...(request.end === undefined ? {} : { range_end: base64(request.end) }),
    limit: String(request.limit),
    ...(request.revision === 0n ? {} : { revision: String(request.revision) }),
  });
}

/** Errors: PD_REFUSED. */
export function parseRange(what: string, bytes: Uint8Array): RangeAnswer {
  const document = parseAnswer(what, bytes);
  const revision = u64Of(what, objectOf(what, document, 'header'), 'revision');
  if (revision === 0n) throw notAnAnswer(what, 'a revision in its header', 'none');
  const keyValues = objectsOf(what, document, 'kvs').map((one) => parseKeyValue(what, one));
  return { keyValues, revision, more: document['more'] === true };
}

/** One of `kvs`: base64 key and value, a missing value is empty. Errors: PD_REFUSED. */
export function parseKeyValue(what: string, document: JsonObject): EtcdKeyValue {
  const key = fromBase64(what, textOf(what, document, 'key'));
  if (key.length === 0) throw notAnAnswer(what, 'a key', 'none');
  return {
    key,
    value: fromBase64(what, textOf(what, document, 'value')),
    createRevision: u64Of(what, document, 'create_revision'),
    modRevision: u64Of(what, document, 'mod_revision'),
    lease: u64Of(what, document, 'lease'),
  };
}

/** The next page's start: the last key and a zero byte, the least key after it. */
export function startAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The first key behind all keys with this prefix (which ends in no 0xff byte). */
export function endOfPrefix(prefix: string): Uint8Array {
  const end = new TextEncoder().encode(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function fromBase64(what: string, text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw notAnAnswer(what, 'base64', `a text of ${text.length} characters that is none`);
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
}
