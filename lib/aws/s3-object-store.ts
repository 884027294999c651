// The object store over a prefix of an S3 bucket, or of a server that speaks S3. One request per answer, nothing cached.
// Must not retry, and must not hand out bytes that are fewer than the server promised.

import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../config/storage-url.ts';
import { formatStorageUrl } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';
import { checkKey, checkPrefix, compareKeys } from '../ports/object-key.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../ports/object-store.ts';
import { readBody } from './s3-body.ts';
import { makeS3Client, s3Limits } from './s3-client.ts';
import { deleteFromS3, deleteManyFromS3, type S3DeletePlace } from './s3-delete-many.ts';
import { isNoSuchKey, isRangeNotSatisfiable, type S3Call, s3Error } from './s3-errors.ts';

/** S3's own limit of a page. */
const keysPerPage = 1000;

/** Opens a prefix; nothing is sent yet, so a wrong bucket shows at the first call. */
export async function openS3ObjectStore(location: S3Location): Promise<ObjectStore> {
  return new S3ObjectStore(location, await makeS3Client(location, process.env));
}

interface PageRequest {
  readonly prefix: string;
  readonly startAfter?: string;
  readonly delimiter?: string;
}

class S3ObjectStore implements ObjectStore {
  readonly url: string;
  readonly pageKeys = keysPerPage;
  readonly #location: S3Location;
  readonly #client: S3Client;
  /** In front of every key: the prefix with its slash, or nothing. */
  readonly #root: string;

  constructor(location: S3Location, client: S3Client) {
    this.url = formatStorageUrl(location);
    this.#location = location;
    this.#client = client;
    this.#root = location.prefix === '' ? '' : `${location.prefix}/`;
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    return this.#listObjects(prefix, options.startAfter);
  }

  async *#listObjects(
    prefix: string,
    startAfter: string | undefined,
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    let last = startAfter ?? '';
    for await (const page of this.#pages({ prefix, ...(startAfter === undefined ? {} : { startAfter }) })) {
      for (const object of page.Contents ?? []) {
        const key = this.#keyOf(object.Key ?? '', page);
        // Consoles make empty objects that end with a slash to show a folder; no backup has one.
        if (key === '' || key.endsWith('/')) continue;
        if (last !== '' && compareKeys(key, last) <= 0) throw notInOrder(this.url, last, key);
        last = key;
        const info = { key, size: object.Size ?? 0, modifiedMs: object.LastModified?.getTime() ?? 0 };
        yield object.StorageClass === undefined ? info : { ...info, storageClass: object.StorageClass };
      }
    }
  }

  async listFolders(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    const folders: string[] = [];
    for await (const page of this.#pages({ prefix, delimiter: '/' })) {
      for (const folder of page.CommonPrefixes ?? []) folders.push(this.#keyOf(folder.Prefix ?? '', page));
    }
    return folders.sort(compareKeys);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    try {
      const answer = await this.#client.send(new HeadObjectCommand(this.#object(key)));
      return { key, size: answer.ContentLength ?? 0, modifiedMs: answer.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw s3Error(error, this.#call('s3:GetObject', key));
    }
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    // HTTP has no range of no bytes.
    if (range?.length === 0) return (await this.head(key)) === undefined ? undefined : new Uint8Array(0);
    const header =
      range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    try {
      const answer = await this.#client.send(new GetObjectCommand({ ...this.#object(key), ...header }));
      return await this.#bytesOf(answer, key, range);
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      if (range !== undefined && isRangeNotSatisfiable(error)) return new Uint8Array(0);
      throw s3Error(error, this.#call('s3:GetObject', key));
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    try {
      const content = { Body: bytes, ContentLength: bytes.length };
      await this.#client.send(new PutObjectCommand({ ...this.#object(key), ...content }));
    } catch (error) {
      throw s3Error(error, this.#call('s3:PutObject', key));
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await deleteFromS3(this.#deletePlace(), key);
  }

  // async: a bad key is a rejection, as in every other call.
  async deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    return await deleteManyFromS3(this.#deletePlace(), keys);
  }

  #deletePlace(): S3DeletePlace {
    const callOf = (key: string) => this.#call('s3:DeleteObject', key);
    return { client: this.#client, bucket: this.#location.bucket, root: this.#root, callOf };
  }

  async #bytesOf(
    answer: GetObjectCommandOutput,
    key: string,
    range: ByteRange | undefined,
  ): Promise<Uint8Array> {
    const bytes = await readBody(answer.Body, {
      place: `${this.url}/${key}`,
      expectedBytes: answer.ContentLength,
      stallMs: s3Limits.stallMs,
    });
    if (range === undefined) return bytes;
    if (answer.ContentRange === undefined) return bytes.slice(range.offset, range.offset + range.length);
    if (!answer.ContentRange.startsWith(`bytes ${range.offset}-`)) {
      throw new PitrError(
        'STORAGE_UNAVAILABLE',
        `${this.url}/${key}: asked for bytes from ${range.offset}, got ${answer.ContentRange}`,
      );
    }
    return bytes;
  }

  async *#pages(request: PageRequest): AsyncGenerator<ListObjectsV2CommandOutput, void, undefined> {
    const call = this.#call('s3:ListBucket', request.prefix);
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#location.bucket,
        Prefix: this.#root + request.prefix,
        MaxKeys: keysPerPage,
        EncodingType: 'url',
        ...(request.delimiter === undefined ? {} : { Delimiter: request.delimiter }),
        ...(request.startAfter === undefined ? {} : { StartAfter: this.#root + request.startAfter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#client.send(command).catch((error: unknown) => {
        throw s3Error(error, call);
      });
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (page.IsTruncated === true && token === undefined) {
        throw new PitrError(
          'STORAGE_UNAVAILABLE',
          `${call.place}: a page of the listing does not name the next page`,
        );
      }
    } while (token !== undefined);
  }

  /** The store's key of a key in an answer: characters that XML cannot hold come percent-encoded, blanks as `+`. */
  #keyOf(text: string, page: ListObjectsV2CommandOutput): string {
    const key = page.EncodingType === 'url' ? decodeListed(text, this.url) : text;
    if (!key.startsWith(this.#root)) {
      throw new PitrError('STORAGE_UNAVAILABLE', `${this.url}: a listing of it holds ${JSON.stringify(key)}`);
    }
    return key.slice(this.#root.length);
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#location.bucket, Key: this.#root + key };
  }

  #call(permission: string, key: string): S3Call {
    const { bucket, endpoint } = this.#location;
    return { permission, place: `${this.url}/${key}`, bucket, endpoint };
  }
}

function decodeListed(text: string, url: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    const message = `${url}: a listing holds a key that is not percent-encoded UTF-8: ${JSON.stringify(text)}`;
    throw new PitrError('STORAGE_UNAVAILABLE', message, { cause: error });
  }
}

function notInOrder(url: string, last: string, key: string): PitrError {
  return new PitrError(
    'UNSUPPORTED',
    `${url} lists ${JSON.stringify(key)} after ${JSON.stringify(last)}: expected byte order`,
    {
      hint: 'use a general purpose bucket: directory buckets (S3 Express) list in no order',
    },
  );
}
