// Uploads in parts below a prefix of an S3 bucket that nobody finished: ListMultipartUploads, ListParts and AbortMultipartUpload. Must not
// retry.

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { formatStorageUrl, type S3Location } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';
import type { IncompleteUpload, IncompleteUploads } from '../ports/incomplete-uploads.ts';
import { makeS3Client } from './s3-client.ts';
import { isNoSuchKey, type S3Call, s3Error } from './s3-errors.ts';

/** Opens a prefix; nothing is sent yet. */
export async function openS3IncompleteUploads(location: S3Location): Promise<IncompleteUploads> {
  return new S3IncompleteUploads(location, await makeS3Client(location, process.env));
}

class S3IncompleteUploads implements IncompleteUploads {
  readonly #location: S3Location;
  readonly #client: S3Client;
  readonly #root: string;

  constructor(location: S3Location, client: S3Client) {
    this.#location = location;
    this.#client = client;
    this.#root = location.prefix === '' ? '' : `${location.prefix}/`;
  }

  async *list(): AsyncGenerator<IncompleteUpload, void, undefined> {
    for await (const page of this.#pages()) {
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined) continue;
        const key = (page.EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key).slice(
          this.#root.length,
        );
        yield { key, id: UploadId, begunMs: Initiated?.getTime() ?? 0 };
      }
    }
  }

  async bytesOf({ key, id }: IncompleteUpload): Promise<bigint> {
    let bytes = 0n;
    let marker: string | undefined;
    do {
      const command = new ListPartsCommand({
        ...{ Bucket: this.#location.bucket, Key: this.#root + key, UploadId: id },
        ...(marker === undefined ? {} : { PartNumberMarker: marker }),
      });
      const answer = await this.#client.send(command).catch((error: unknown) => {
        if (isNoSuchKey(error)) return undefined;
        throw s3Error(error, this.#call('s3:ListMultipartUploadParts', key));
      });
      for (const { Size } of answer?.Parts ?? []) bytes += BigInt(Size ?? 0);
      marker = answer?.IsTruncated === true ? answer.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return bytes;
  }

  async abort({ key, id }: IncompleteUpload): Promise<PitrError | undefined> {
    const place = { Bucket: this.#location.bucket, Key: this.#root + key, UploadId: id };
    try {
      await this.#client.send(new AbortMultipartUploadCommand(place));
      return undefined;
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      const failure = s3Error(error, this.#call('s3:AbortMultipartUpload', key));
      if (failure.code === 'STORAGE_DENIED') return failure;
      throw failure;
    }
  }

  async *#pages(): AsyncGenerator<ListMultipartUploadsCommandOutput, void, undefined> {
    const call = this.#call('s3:ListBucketMultipartUploads', '');
    let markers: { readonly KeyMarker: string; readonly UploadIdMarker: string } | undefined;
    do {
      const where = { Bucket: this.#location.bucket, Prefix: this.#root, EncodingType: 'url' as const };
      const command = new ListMultipartUploadsCommand({ ...where, ...markers });
      const page = await this.#client.send(command).catch((error: unknown) => {
        throw s3Error(error, call);
      });
      yield page;
      markers = nextOf(page, call);
    } while (markers !== undefined);
  }

  #call(permission: string, key: string): S3Call {
    const { bucket, endpoint } = this.#location;
    return { permission, place: `${formatStorageUrl(this.#location)}/${key}`, bucket, endpoint };
  }
}

function nextOf(
  { IsTruncated, NextKeyMarker, NextUploadIdMarker, EncodingType }: ListMultipartUploadsCommandOutput,
  { place }: S3Call,
): { readonly KeyMarker: string; readonly UploadIdMarker: string } | undefined {
  if (IsTruncated !== true) return undefined;
  if (NextKeyMarker === undefined || NextUploadIdMarker === undefined) {
    throw new PitrError('STORAGE_UNAVAILABLE', `${place}: a page of the uploads does not name the next page`);
  }
  const key = EncodingType === 'url' ? decodeURIComponent(NextKeyMarker.replaceAll('+', ' ')) : NextKeyMarker;
  return { KeyMarker: key, UploadIdMarker: NextUploadIdMarker };
}
