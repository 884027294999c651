// DeleteObjects: up to a thousand keys in one request, whose answer tells each key's own end. A 200 with errors inside is
// no success, though it looks like one (FACTS §5.1). Must not retry.

import { DeleteObjectCommand, DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';
import { PitrError } from '../domain/errors.ts';
import { deleteEach } from '../ports/delete-each.ts';
import { checkKey } from '../ports/object-key.ts';
import type { UndeletedObject } from '../ports/object-store.ts';
import { isNoSuchKey, type S3Call, s3Error } from './s3-errors.ts';

/** S3's own limit. */
const keysPerRequest = 1000;
const singlesAtOnce = 8;

export interface S3DeletePlace {
  readonly client: S3Client;
  readonly bucket: string;
  /** In front of every key. */
  readonly root: string;
  readonly callOf: (key: string) => S3Call;
}

/** ObjectStore.deleteMany of an S3 prefix; the requests go one after the other. */
export async function deleteManyFromS3(
  place: S3DeletePlace,
  keys: readonly string[],
): Promise<readonly UndeletedObject[]> {
  for (const key of keys) checkKey(key);
  const refused: UndeletedObject[] = [];
  const fit = keys.filter((key) => !isUnfitForXml(key));
  for (let at = 0; at < fit.length; at += keysPerRequest) {
    refused.push(...(await deletePage(place, fit.slice(at, at + keysPerRequest))));
  }
  if (fit.length === keys.length) return refused;
  const singles = { delete: (key: string) => deleteFromS3(place, key) };
  const others = keys.filter(isUnfitForXml);
  return [...refused, ...(await deleteEach(singles, others, singlesAtOnce))];
}

/** XML cannot hold control characters, or not as they are: such keys go by the request for one. */
function isUnfitForXml(key: string): boolean {
  return [...key].some((one) => one < ' ' || one === '\u007f' || one === '\ufffe' || one === '\uffff');
}

/** ObjectStore.delete of an S3 prefix. */
export async function deleteFromS3(place: S3DeletePlace, key: string): Promise<void> {
  const { client, bucket, root, callOf } = place;
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: root + key }));
  } catch (error) {
    if (isNoSuchKey(error)) return;
    throw s3Error(error, callOf(key));
  }
}

async function deletePage(
  { client, bucket, root, callOf }: S3DeletePlace,
  keys: readonly string[],
): Promise<readonly UndeletedObject[]> {
  const first = keys[0] ?? '';
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    // Quiet: the answer names only what failed.
    Delete: { Objects: keys.map((key) => ({ Key: root + key })), Quiet: true },
  });
  const answer = await client.send(command).catch((error: unknown) => {
    throw s3Error(error, callOf(first));
  });
  return (answer.Errors ?? []).flatMap(({ Key = '', Code = '', Message = '' }) => {
    if (Code === 'NoSuchKey') return [];
    const key = Key.startsWith(root) ? Key.slice(root.length) : undefined;
    if (key === undefined || !keys.includes(key)) throw strangeAnswer(callOf(first), Key);
    return [{ key, error: errorOfKey(callOf(key), Code, Message) }];
  });
}

/** Codes that pass; any other is a refusal: AccessDenied, also of a locked object or one under legal hold. */
const passing = ['InternalError', 'ServiceUnavailable', 'SlowDown', 'RequestTimeout', 'OperationAborted'];

function errorOfKey(call: S3Call, code: string, message: string): PitrError {
  const isPassing = passing.includes(code);
  const what = isPassing ? 'failed' : 'is refused';
  return new PitrError(
    isPassing ? 'STORAGE_UNAVAILABLE' : 'STORAGE_DENIED',
    `${call.place}: ${call.permission} ${what} (${code}: ${message})`,
    {
      hint: isPassing
        ? 'try again later'
        : `allow ${call.permission}; an object under Object Lock can be deleted when its retention has ended and no legal hold is on it`,
      details: { place: call.place, permission: call.permission, error: code },
    },
  );
}

function strangeAnswer(call: S3Call, key: string): PitrError {
  const message = `${call.place}: the answer to a deletion names ${JSON.stringify(key)}, which was not in the request`;
  return new PitrError('STORAGE_UNAVAILABLE', message, {
    hint: 'look whether the endpoint is a server of S3',
  });
}
