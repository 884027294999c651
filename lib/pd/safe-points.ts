// What holds back garbage collection, from PD's HTTP answer or from its etcd keys, and whose each safe point is
// (FACTS §2.7, §2.8). Decides nothing about them.

import { type JsonObject, parseJsonObject } from '../br/json-u64.ts';
import type { SafePointFacts, SafePointOwner, ServiceSafePoint } from '../domain/cluster-facts.ts';
import { damagedObject } from '../domain/errors.ts';
import { MAX_TS } from '../domain/ts.ts';
import { objectsOf, parseAnswer, textOf, u64Of } from './answer.ts';
import { printableKey } from './etcd-key.ts';
import type { EtcdKeyValue } from './range.ts';

/** Where TiDB keeps its transaction safe point, decimal text. */
export const savedSafePointKey = '/tidb/store/gcworker/saved_safe_point';

/** `expired_at` of what never ends; from here on in seconds, times are beyond those of a Date. */
const never = 8_640_000_000_000n;

/** The answer of `GET /pd/api/v1/gc/safepoint`. Errors: PD_REFUSED. */
export function parseSafePoints(what: string, bytes: Uint8Array): Omit<SafePointFacts, 'savedSafePoint'> {
  const document = parseAnswer(what, bytes);
  return {
    services: objectsOf(what, document, 'service_gc_safe_points').map((one) => serviceOf(what, one)),
    gcSafePoint: u64Of(what, document, 'gc_safe_point'),
  };
}

/**
 * The same from the keys below `/pd/{cluster id}/gc/`, for a PD whose HTTP answer is not to be had. A PD of 9.0 keeps no
 * `gc_worker` there (seen), so the list may lack it. Errors: OBJECT_DAMAGED naming the key.
 */
export function safePointsOfKeys(
  clusterId: bigint,
  keyValues: readonly EtcdKeyValue[],
): Omit<SafePointFacts, 'savedSafePoint'> {
  const own = `/pd/${clusterId}/gc/safe_point`;
  const services: ServiceSafePoint[] = [];
  let gcSafePoint = 0n;
  for (const { key, value } of keyValues) {
    const name = printableKey(key);
    if (name === own) gcSafePoint = parseHexSafePoint(name, value);
    else if (name.startsWith(`${own}/service/`)) services.push(parseServiceSafePoint(name, value));
  }
  return { services, gcSafePoint };
}

/** `/pd/{cluster id}/gc/safe_point`: hexadecimal text. Errors: OBJECT_DAMAGED. */
export function parseHexSafePoint(object: string, bytes: Uint8Array): bigint {
  const text = shortText(bytes);
  if (!/^[0-9a-fA-F]{1,16}$/.test(text))
    throw damagedObject(object, 'a hexadecimal u64', JSON.stringify(text));
  return BigInt(`0x${text}`);
}

/** `/tidb/store/gcworker/saved_safe_point`: decimal text. Errors: OBJECT_DAMAGED. */
export function parseSavedSafePoint(object: string, bytes: Uint8Array): bigint {
  const text = shortText(bytes);
  const value = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : MAX_TS + 1n;
  if (value > MAX_TS) throw damagedObject(object, 'a decimal u64', JSON.stringify(text));
  return value;
}

/** `/pd/{cluster id}/gc/safe_point/service/{id}`: JSON. Errors: OBJECT_DAMAGED. */
export function parseServiceSafePoint(object: string, bytes: Uint8Array): ServiceSafePoint {
  const document = parseJsonObject(object, bytes);
  try {
    return serviceOf(object, document);
  } catch (cause) {
    throw damagedObject(
      object,
      'service_id, expired_at and safe_point',
      cause instanceof Error ? cause.message : String(cause),
    );
  }
}

function serviceOf(what: string, document: JsonObject): ServiceSafePoint {
  const id = textOf(what, document, 'service_id');
  const expiredAt = u64Of(what, document, 'expired_at');
  return {
    id,
    owner: ownerOf(id),
    ts: u64Of(what, document, 'safe_point'),
    expiresMs: expiredAt >= never ? undefined : Number(expiredAt) * 1000,
  };
}

/** By the forms of FACTS §2.7; the last number of an id is the store, because a task's name may hold dashes. */
export function ownerOf(id: string): SafePointOwner {
  if (id === 'gc_worker') return { kind: 'gc-worker' };
  if (id === 'log-backup-coordinator') return { kind: 'advancer' };
  if (/^br-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id)) return { kind: 'br' };
  const ofStore = /^backup-stream-(.+)-([0-9]{1,19})$/s.exec(id);
  if (ofStore !== null) return { kind: 'store', task: ofStore[1] ?? '', storeId: BigInt(ofStore[2] ?? '0') };
  const guard = /^(.+)-([0-9]{1,19})-pause-guard$/s.exec(id);
  if (guard !== null) return { kind: 'pause-guard', task: guard[1] ?? '', storeId: BigInt(guard[2] ?? '0') };
  const pause = /^(.+)_pause_safepoint$/s.exec(id);
  if (pause !== null) return { kind: 'pause', task: pause[1] ?? '' };
  return { kind: 'other' };
}

function shortText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 40)).toString('latin1').trim();
}
