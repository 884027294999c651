// The keys of a log backup task in PD, written as br, TiKV and TiDB write them (FACTS §2.2–2.4): real bytes, each command's keys in
// one transaction. Judges nothing: who may write what is the callers' matter.

import { encodeTaskError, encodeTaskInfo } from '../../br/task-writer.ts';
import { bigEndianU64, streamPrefix } from '../../pd/etcd-key.ts';
import { parseTaskInfo } from '../../pd/task-info.ts';
import type { SimEtcd } from './sim-etcd.ts';

export interface TaskToStart {
  readonly name: string;
  readonly startTs: bigint;
  readonly bucket: string;
  /** Where in the bucket, without slashes at its ends. */
  readonly prefix: string;
}

/** What a task's own key says. */
export interface StartedTask {
  readonly startTs: bigint;
  /** Below the bucket, with a slash at its end. */
  readonly folder: string;
}

export interface PauseByPerson {
  readonly host: string;
  readonly pid: number;
  readonly atMs: number;
  /** Before 8.5.5 the value is empty. */
  readonly form: 'v1' | 'v2';
  readonly message: string | undefined;
}

export interface StoreFailure {
  readonly storeId: bigint;
  readonly atMs: number;
  readonly code: string;
  readonly message: string;
}

const neverEnds = 999_999_999_999_999_999n;
const infoPrefix = `${streamPrefix}info/`;
export const ownerPrefix = `${streamPrefix}owner/`;

const centralKey = (task: string) => `${streamPrefix}checkpoint/${task}/central_global`;
const storedKey = (task: string, storeId: bigint) => `${streamPrefix}storage-checkpoint/${task}/${storeId}`;
const pauseKey = (task: string) => `${streamPrefix}pause/${task}`;
const errorKey = (task: string, storeId: bigint) => `${streamPrefix}last-error/${task}/${storeId}`;

/** 8 bytes, big-endian: the form of every TSO in etcd. */
function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, false);
  return bytes;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
/** RFC 3339 with the zone that each writer uses. */
const timeOf = (ms: number, zone: string) => new Date(ms).toISOString().replace(/\.?\d*Z$/, zone);

export class LogTaskKeys {
  readonly etcd: SimEtcd;
  readonly #rootFolder: string;

  /** `rootFolder`: of the bucket, what the object store of the simulation is below; empty or with a slash at its end. */
  constructor(etcd: SimEtcd, rootFolder: string) {
    this.etcd = etcd;
    this.#rootFolder = rootFolder;
  }

  /** Names of the tasks that are there. */
  names(): readonly string[] {
    return this.etcd.keysBelow(infoPrefix).map((key) => key.slice(infoPrefix.length));
  }

  /** Changes iff somebody starts or replaces the task. */
  revision(task: string): bigint {
    return this.etcd.modRevision(`${infoPrefix}${task}`);
  }

  info(name: string): StartedTask | undefined {
    const bytes = this.etcd.get(`${infoPrefix}${name}`);
    if (bytes === undefined) return undefined;
    const { startTs, storage } = parseTaskInfo(name, bytes);
    const path = storage.url.replace(/^s3:\/\/[^/]+\//, '');
    return { startTs, folder: `${path.slice(this.#rootFolder.length)}/` };
  }

  start({ name, startTs, bucket, prefix }: TaskToStart): void {
    const info = encodeTaskInfo({
      storage: {
        backend: { case: 's3', value: { bucket, prefix, region: 'us-east-1', forcePathStyle: true } },
      },
      startTs,
      endTs: neverEnds,
      name,
      tableFilter: ['*.*'],
      compressionType: 3,
      securityConfig: {},
    });
    const ranges = `${streamPrefix}ranges/${name}/`;
    this.etcd.write({ [`${infoPrefix}${name}`]: info, [`${ranges}m`]: 'n', [`${ranges}t`]: 'u' });
  }

  stop(name: string): void {
    const below = ['ranges', 'checkpoint', 'last-error', 'storage-checkpoint'].flatMap((part) =>
      this.etcd.keysBelow(`${streamPrefix}${part}/${name}/`),
    );
    this.etcd.write({}, [`${infoPrefix}${name}`, pauseKey(name), ...below]);
  }

  isPaused(name: string): boolean {
    return this.etcd.has(pauseKey(name));
  }

  pause(name: string, { host, pid, atMs, form, message }: PauseByPerson): void {
    const payload =
      message === undefined
        ? { payload_type: '', payload: null }
        : {
            payload_type: 'text/plain;charset=UTF-8',
            payload: base64(new TextEncoder().encode(message)),
          };
    const value = {
      severity: 'MANUAL',
      operation_hostname: host,
      operation_pid: pid,
      operation_time: timeOf(atMs, 'Z'),
      ...payload,
    };
    this.etcd.write({ [pauseKey(name)]: form === 'v1' ? '' : JSON.stringify(value) });
  }

  /** TiKV gives up: the error of the store, and a pause with the same error inside. */
  fail(name: string, { storeId, atMs, code, message }: StoreFailure, form: 'v1' | 'v2'): void {
    const error = encodeTaskError({
      happenAt: BigInt(atMs),
      errorCode: code,
      errorMessage: `[store = ${storeId}] ${message}`,
      storeId,
    });
    const value = {
      severity: 'ERROR',
      operation_hostname: `tikv-${storeId}`,
      operation_pid: 7,
      operation_time: timeOf(atMs, '+00:00'),
      payload_type: 'application/x-protobuf;messageType=brpb.StreamBackupError',
      payload: base64(error),
    };
    this.etcd.write({
      [errorKey(name, storeId)]: error,
      [pauseKey(name)]: form === 'v1' ? '' : JSON.stringify(value),
    });
  }

  /** The advancer gives up on a checkpoint that lags too far (FACTS §2.6). */
  failForLag(name: string, host: string, atMs: number, message: string, form: 'v1' | 'v2'): void {
    const value = {
      severity: 'ERROR',
      operation_hostname: host,
      operation_pid: 1,
      operation_time: timeOf(atMs, 'Z'),
      payload_type: 'text/plain;charset=UTF-8',
      payload: base64(new TextEncoder().encode(message)),
    };
    this.etcd.write({ [pauseKey(name)]: form === 'v1' ? '' : JSON.stringify(value) });
  }

  resume(name: string): void {
    this.etcd.write({}, [pauseKey(name), ...this.etcd.keysBelow(`${streamPrefix}last-error/${name}/`)]);
  }

  /** `central_global`; undefined before the first. */
  advanced(name: string): bigint | undefined {
    const bytes = this.etcd.get(centralKey(name));
    return bytes && bigEndianU64(bytes);
  }

  advance(name: string, ts: bigint): void {
    this.etcd.write({ [centralKey(name)]: u64(ts) });
  }

  /** What the stores saw saved, the greatest. */
  persisted(name: string): bigint | undefined {
    const all = this.etcd.keysBelow(`${streamPrefix}storage-checkpoint/${name}/`).flatMap((key) => {
      const bytes = this.etcd.get(key);
      return bytes === undefined ? [] : [bigEndianU64(bytes)];
    });
    return all.length === 0 ? undefined : all.reduce((max, ts) => (ts > max ? ts : max));
  }

  persist(name: string, storeId: bigint, ts: bigint): void {
    this.etcd.write({ [storedKey(name, storeId)]: u64(ts) });
  }
}
