// The cluster port over PD's HTTP(S): etcd's JSON gateway for the keys of log backup, PD's own API for the rest, a store's
// status address for its settings. Asks one PD after the other; reads only, and changes nothing.

import type { ClockFacts, ClusterFacts, SafePointFacts, StoreFacts } from '../domain/cluster-facts.ts';
import { PitrError } from '../domain/errors.ts';
import type { LogBackupFacts } from '../domain/log-task/log-task-facts.ts';
import { parseMembers, parseStoreSetting, parseStores } from '../pd/cluster.ts';
import { importPrefix, streamPrefix } from '../pd/etcd-key.ts';
import { logBackupFacts } from '../pd/log-backup.ts';
import {
  type EtcdKeyValue,
  endOfPrefix,
  parseRange,
  type RangeAnswer,
  rangeBody,
  startAfter,
} from '../pd/range.ts';
import {
  parseSafePoints,
  parseSavedSafePoint,
  safePointsOfKeys,
  savedSafePointKey,
} from '../pd/safe-points.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterObservation, StoreSetting } from '../ports/cluster.ts';
import { PdAddresses } from './pd-addresses.ts';
import { mustBeOk, PdAsker, type TimedAnswer } from './pd-asker.ts';
import { NoAnswer, PdHttp } from './pd-http.ts';
import type { PdTls } from './pd-tls.ts';

export interface PdClusterOptions {
  /** `host:port` or URLs of the PDs, in the order to try. */
  readonly addresses: readonly string[];
  readonly tls?: PdTls;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** For each answer of each address; 5 s unless told. */
  readonly timeoutMs?: number;
  /** Of one answer; 32 MiB unless told. */
  readonly maxBytes?: number;
  /** Keys in one range request; 1000 unless told. */
  readonly pageSize?: number;
}

/** A cluster with connections to give back. */
export interface PdCluster extends Cluster {
  close(): void;
}

/** Opens nothing yet: the first call does. Errors: INVALID_INPUT for an address that is none. */
export function openPdCluster(options: PdClusterOptions): PdCluster {
  return new HttpPdCluster(options);
}

/** Regions of the largest clusters; more keys than that are no log backup. */
const mostKeys = 2_000_000;
const encoder = new TextEncoder();

class HttpPdCluster implements PdCluster {
  readonly name: string;
  readonly #pds: PdAsker;
  readonly #http: PdHttp;
  readonly #pageSize: number;
  readonly #scheme: 'http' | 'https';

  constructor(options: PdClusterOptions) {
    const addresses = new PdAddresses(options.addresses, options.tls !== undefined);
    this.#http = new PdHttp(options.tls, {
      timeoutMs: options.timeoutMs ?? 5000,
      maxBytes: options.maxBytes ?? 32 << 20,
    });
    this.#pds = new PdAsker(addresses, this.#http, options.clock);
    this.#pageSize = options.pageSize ?? 1000;
    this.#scheme = addresses.order.some((url) => url.startsWith('https:')) ? 'https' : 'http';
    this.name = addresses.name;
  }

  close(): void {
    this.#http.close();
  }

  async readLogTask(): Promise<LogBackupFacts> {
    // Both prefixes in one range, so that one request shows both at one revision; keys between them are passed over.
    const { keyValues, revision } = await this.#range(
      encoder.encode(streamPrefix),
      endOfPrefix(importPrefix),
    );
    return logBackupFacts(keyValues, revision);
  }

  async readSafePoints(): Promise<SafePointFacts> {
    const path = '/pd/api/v1/gc/safepoint';
    const found = await this.#pds.ask({ method: 'GET', path }, (answer) =>
      answer.status === 404 ? undefined : parseSafePoints(answer.what, mustBeOk(answer)),
    );
    const points = found ?? (await this.#safePointsFromKeys());
    const { keyValues } = await this.#range(encoder.encode(savedSafePointKey), undefined);
    const saved = keyValues[0];
    return {
      ...points,
      savedSafePoint: saved === undefined ? undefined : parseSavedSafePoint(savedSafePointKey, saved.value),
    };
  }

  async readStores(): Promise<ClusterFacts> {
    return (await this.#readCluster()).cluster;
  }

  async readClock(): Promise<ClockFacts> {
    return (await this.#readMembers()).clock;
  }

  async observe(): Promise<ClusterObservation> {
    const { cluster, clock } = await this.#readCluster();
    const logBackup = await this.readLogTask();
    return { logBackup, safePoints: await this.readSafePoints(), cluster, clock };
  }

  async readStoreSetting(store: StoreFacts, name: string): Promise<StoreSetting> {
    const url = `${this.#scheme}://${store.statusAddress}/config`;
    if (!/^[^\s/?#@]+:[0-9]{1,5}$/.test(store.statusAddress) || !URL.canParse(url)) {
      return {
        kind: 'unknown',
        problem: `store ${store.id} has the status address ${JSON.stringify(store.statusAddress)}`,
      };
    }
    try {
      const answer = await this.#http.ask({ method: 'GET', url });
      if (answer.status !== 200)
        return { kind: 'unknown', problem: `GET ${url} was answered with status ${answer.status}` };
      const value = parseStoreSetting(`GET ${url}`, answer.bytes, name);
      if (value === undefined) return { kind: 'unknown', problem: `the answer to GET ${url} has no ${name}` };
      return { kind: 'value', value: String(value) };
    } catch (error) {
      if (error instanceof NoAnswer) return { kind: 'unknown', problem: `GET ${url}: ${error.message}` };
      if (error instanceof PitrError) return { kind: 'unknown', problem: error.message };
      throw error;
    }
  }

  async #readCluster(): Promise<{ readonly cluster: ClusterFacts; readonly clock: ClockFacts }> {
    const { clusterId, members, clock } = await this.#readMembers();
    const stores = await this.#pds.ask({ method: 'GET', path: '/pd/api/v1/stores' }, (answer) =>
      parseStores(answer.what, mustBeOk(answer)),
    );
    return { cluster: { clusterId, members, stores }, clock };
  }

  async #readMembers() {
    const found = await this.#pds.ask({ method: 'GET', path: '/pd/api/v1/members' }, (answer) => ({
      ...parseMembers(answer.what, mustBeOk(answer)),
      clock: clockOf(answer),
    }));
    // A follower hands every request on to the leader: asking that one saves a hop.
    for (const url of found.members.find(({ isLeader }) => isLeader)?.clientUrls ?? []) this.#pds.prefer(url);
    return found;
  }

  async #safePointsFromKeys() {
    const { clusterId } = await this.#readMembers();
    const prefix = `/pd/${clusterId}/gc/`;
    const { keyValues } = await this.#range(encoder.encode(prefix), endOfPrefix(prefix));
    return safePointsOfKeys(clusterId, keyValues);
  }

  /** All keys in [start, end) at one revision, page by page. */
  async #range(start: Uint8Array, end: Uint8Array | undefined): Promise<RangeAnswer> {
    const keyValues: EtcdKeyValue[] = [];
    let page = await this.#page(start, end, 0n);
    const { revision } = page;
    for (;;) {
      for (const keyValue of page.keyValues) keyValues.push(keyValue);
      const last = page.keyValues.at(-1);
      if (!page.more || last === undefined) return { keyValues, revision, more: false };
      if (keyValues.length > mostKeys) {
        throw new PitrError('UNSUPPORTED', `PD holds more than ${mostKeys} keys of log backup`);
      }
      page = await this.#page(startAfter(last.key), end, revision);
    }
  }

  #page(start: Uint8Array, end: Uint8Array | undefined, revision: bigint): Promise<RangeAnswer> {
    const body = rangeBody({ start, end, limit: this.#pageSize, revision });
    return this.#pds.ask({ method: 'POST', path: '/v3/kv/range', body }, (answer) =>
      parseRange(answer.what, mustBeOk(answer)),
    );
  }
}

function clockOf({ dateMs, sentMs, receivedMs, what }: TimedAnswer): ClockFacts {
  if (dateMs === undefined) throw new NoAnswer('refused', `the answer to ${what} has no date`);
  const half = (receivedMs - sentMs) / 2;
  // The header's second began at most 1000 ms before it was written: its middle is the best guess.
  return { serverMs: dateMs + 500, localMs: sentMs + half, uncertaintyMs: 500 + half };
}
