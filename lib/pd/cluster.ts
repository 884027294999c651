// Who belongs to the cluster, from PD's HTTP answers: stores, members, one setting of a store. Decides nothing.

import type { JsonObject, JsonValue } from '../br/json-u64.ts';
import type { MemberFacts, StoreFacts } from '../domain/cluster-facts.ts';
import { notAnAnswer, objectOf, objectsOf, parseAnswer, textOf, textsOf, u64Of } from './answer.ts';

/** The answer of `GET /pd/api/v1/stores`, which leaves out tombstones. Errors: PD_REFUSED. */
export function parseStores(what: string, bytes: Uint8Array): readonly StoreFacts[] {
  return objectsOf(what, parseAnswer(what, bytes), 'stores').map((entry) => {
    const store = objectOf(what, entry, 'store');
    const id = u64Of(what, store, 'id');
    if (id === 0n) throw notAnAnswer(what, 'a store with an id', 'one without');
    const engine = objectsOf(what, store, 'labels').find((label) => textOf(what, label, 'key') === 'engine');
    return {
      id,
      address: textOf(what, store, 'address'),
      statusAddress: textOf(what, store, 'status_address'),
      version: textOf(what, store, 'version').replace(/^v/, ''),
      // `tiflash_compute` and `tiflash` alike.
      engine:
        engine !== undefined && textOf(what, engine, 'value').startsWith('tiflash') ? 'tiflash' : 'tikv',
      state: textOf(what, store, 'state_name'),
    };
  });
}

/** The answer of `GET /pd/api/v1/members`: the cluster's id is in its header. Errors: PD_REFUSED. */
export function parseMembers(
  what: string,
  bytes: Uint8Array,
): { readonly clusterId: bigint; readonly members: readonly MemberFacts[] } {
  const document = parseAnswer(what, bytes);
  const clusterId = u64Of(what, objectOf(what, document, 'header'), 'cluster_id');
  if (clusterId === 0n) throw notAnAnswer(what, 'a cluster id in its header', 'none');
  const leaderId = u64Of(what, objectOf(what, document, 'leader'), 'member_id');
  const members = objectsOf(what, document, 'members').map((member) => memberOf(what, member, leaderId));
  return { clusterId, members };
}

function memberOf(what: string, member: JsonObject, leaderId: bigint): MemberFacts {
  const id = u64Of(what, member, 'member_id');
  return {
    name: textOf(what, member, 'name'),
    clientUrls: textsOf(what, member, 'client_urls'),
    version: textOf(what, member, 'binary_version').replace(/^v/, ''),
    isLeader: id !== 0n && id === leaderId,
  };
}

/**
 * One setting of a store's `GET /config` by its dotted name, `log-backup.enable`; undefined when the store does not tell.
 * Errors: PD_REFUSED.
 */
export function parseStoreSetting(what: string, bytes: Uint8Array, name: string): JsonValue | undefined {
  let value: JsonValue | undefined = parseAnswer(what, bytes);
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const document = value as JsonObject;
    value = Object.hasOwn(document, part) ? document[part] : undefined;
  }
  return value;
}
