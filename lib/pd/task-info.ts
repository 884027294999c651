// A task's own key: what it backs up, since when, where to, and how it is encrypted (FACTS §2.2, §3.9).
// The message may hold credentials and a data key in clear: they are dropped here, only that they were there is told.

import { EncryptionMethod, type MasterKey } from '../br/proto/gen/encryption_pb.js';
import { CompressionType } from '../br/proto/gen/log_pb.js';
import type { StorageBackend, StreamBackupTaskSecurityConfig } from '../br/proto/gen/task_pb.js';
import { decodeTaskInfo } from '../br/task-message.ts';
import type {
  LogTaskFacts,
  TaskEncryptionFacts,
  TaskStorageFacts,
} from '../domain/log-task/log-task-facts.ts';
import { redactUrl } from './redaction.ts';

export type TaskInfo = Pick<
  LogTaskFacts,
  'name' | 'storage' | 'startTs' | 'endTs' | 'tableFilter' | 'compression' | 'encryption'
>;

/** Reads the value of `/tidb/br-stream/info/<task>`. Errors: OBJECT_DAMAGED naming `object`. */
export function parseTaskInfo(object: string, bytes: Uint8Array): TaskInfo {
  const info = decodeTaskInfo(bytes, object);
  return {
    name: info.name,
    storage: storageFacts(info.storage),
    startTs: info.startTs,
    endTs: info.endTs,
    tableFilter: info.tableFilter,
    compression: CompressionType[info.compressionType] ?? `CompressionType ${info.compressionType}`,
    encryption: encryptionFacts(info.securityConfig),
  };
}

const nowhere: TaskStorageFacts = { url: '', endpoint: '', region: '', roleArn: '', hasCredentials: false };

function storageFacts(storage: StorageBackend | undefined): TaskStorageFacts {
  const backend = storage?.backend;
  switch (backend?.case) {
    case undefined:
      return nowhere;
    case 'noop':
      return { ...nowhere, url: 'noop://' };
    case 'local':
      return { ...nowhere, url: folderUrl(backend.value.path) };
    case 'hdfs':
      return { ...nowhere, url: redactUrl(backend.value.remote) };
    case 's3': {
      const s3 = backend.value;
      return {
        url: bucketUrl('s3', s3.bucket, s3.prefix),
        endpoint: redactUrl(s3.endpoint),
        region: s3.region,
        roleArn: s3.roleArn,
        hasCredentials: isAny(s3.accessKey, s3.secretAccessKey, s3.sessionToken),
      };
    }
    case 'gcs': {
      const gcs = backend.value;
      return {
        ...nowhere,
        url: bucketUrl('gcs', gcs.bucket, gcs.prefix),
        endpoint: redactUrl(gcs.endpoint),
        hasCredentials: isAny(gcs.credentialsBlob),
      };
    }
    case 'azureBlobStorage': {
      const azure = backend.value;
      return {
        ...nowhere,
        url: bucketUrl('azure', azure.bucket, azure.prefix),
        endpoint: redactUrl(azure.endpoint),
        hasCredentials: isAny(azure.sharedKey, azure.accessSig, azure.encryptionKey?.encryptionKey ?? ''),
      };
    }
    case 'cloudDynamic': {
      const { bucket, providerName, attrs } = backend.value;
      return {
        ...nowhere,
        url: bucketUrl(schemeOf(providerName), bucket?.bucket ?? '', bucket?.prefix ?? ''),
        endpoint: redactUrl(bucket?.endpoint ?? ''),
        region: bucket?.region ?? '',
        hasCredentials: Object.entries(attrs).some(([name, value]) => isSecretName(name) && value !== ''),
      };
    }
    default:
      return unknownBackend(backend);
  }
}

function unknownBackend(_backend: never): TaskStorageFacts {
  return nowhere;
}

function isAny(...secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret !== '');
}

function isSecretName(name: string): boolean {
  return /key|secret|token|password|credential|sas|sig/i.test(name);
}

function schemeOf(providerName: string): string {
  return /^[a-z][a-z0-9+.-]*$/i.test(providerName) ? providerName.toLowerCase() : 'cloud';
}

/** As formatStorageUrl of lib/config prints it, so that the two can be compared. */
function bucketUrl(scheme: string, bucket: string, prefix: string): string {
  const below = redactUrl(prefix).replace(/^\/+|\/+$/g, '');
  return `${scheme}://${redactUrl(bucket)}${below === '' ? '' : `/${below}`}`;
}

function folderUrl(path: string): string {
  return path.startsWith('/') ? `file://${path}` : path;
}

function encryptionFacts(config: StreamBackupTaskSecurityConfig | undefined): TaskEncryptionFacts {
  const encryption = config?.encryption;
  switch (encryption?.case) {
    case undefined:
      return { kind: 'none' };
    case 'plaintextDataKey': {
      const method = encryption.value.cipherType;
      if (method === EncryptionMethod.PLAINTEXT || method === EncryptionMethod.UNKNOWN)
        return { kind: 'none' };
      return { kind: 'data-key', method: methodName(method) };
    }
    case 'masterKeyConfig':
      return {
        kind: 'master-key',
        method: methodName(encryption.value.encryptionType),
        masterKeys: encryption.value.masterKeys.map(describeMasterKey),
      };
    default:
      return unknownEncryption(encryption);
  }
}

function unknownEncryption(_encryption: never): TaskEncryptionFacts {
  return { kind: 'none' };
}

function methodName(method: EncryptionMethod): string {
  return EncryptionMethod[method] ?? `EncryptionMethod ${method}`;
}

/** Where the key is, never what it is opened with. */
function describeMasterKey(key: MasterKey): string {
  const { backend } = key;
  switch (backend.case) {
    case undefined:
      return 'unknown';
    case 'plaintext':
      return 'plaintext';
    case 'file':
      return `file ${backend.value.path}`;
    case 'kms':
      return ['kms', backend.value.vendor, backend.value.keyId, backend.value.region]
        .filter((part) => part !== '')
        .join(' ');
    default:
      return unknownMasterKey(backend);
  }
}

function unknownMasterKey(_backend: never): string {
  return 'unknown';
}
