// Uploads in parts that nobody finished: in pages and in forms that a server of the test gives, and on a real server where there is one.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { openS3IncompleteUploads } from '../../lib/aws/s3-incomplete-uploads.ts';
import { parseStorageUrl } from '../../lib/config/storage-url.ts';
import type { IncompleteUploads } from '../../lib/ports/incomplete-uploads.ts';
import { auditOf } from '../support/audit-stage.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { collect } from '../support/recorded-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { findVersitygw, startVersitygw } from '../support/versitygw.ts';

useTestCredentials();

async function openUrl(url: string): Promise<IncompleteUploads> {
  const location = parseStorageUrl(url);
  assert.equal(location.kind, 's3');
  return openS3IncompleteUploads(location as Extract<typeof location, { kind: 's3' }>);
}

const begun = '2026-11-20T04:00:00.000Z';
const upload = (key: string, id: string) =>
  `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`;
const part = (number: number, size: number) =>
  `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ETag>"x"</ETag></Part>`;

const aborted: string[] = [];

/** Two pages of uploads, two pages of the parts of the first; the second is over meanwhile. */
function answer(url: URL, method?: string): { readonly status: number; readonly xml: string } {
  const query = url.searchParams;
  if (method === 'DELETE') aborted.push(`${url.pathname} ${query.get('uploadId')}`);
  if (method === 'DELETE' && query.get('uploadId') !== 'u2') return { status: 204, xml: '' };
  const ok = (name: string, inside: string) => ({ status: 200, xml: `<${name}>${inside}</${name}>` });
  if (query.has('uploads')) {
    assert.equal(query.get('prefix'), 'some/');
    const uploads = `<EncodingType>url</EncodingType>`;
    if (query.get('key-marker') === 'some/a b%') {
      assert.equal(query.get('upload-id-marker'), 'u1');
      return ok(
        'ListMultipartUploadsResult',
        `${uploads}<IsTruncated>false</IsTruncated>${upload('some/z', 'u2')}`,
      );
    }
    const next = '<NextKeyMarker>some/a+b%25</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>';
    return ok(
      'ListMultipartUploadsResult',
      `${uploads}<IsTruncated>true</IsTruncated>${next}${upload('some/a+b%25', 'u1')}`,
    );
  }
  if (query.get('uploadId') === 'u2') return { status: 404, xml: '<Error><Code>NoSuchUpload</Code></Error>' };
  if (query.get('part-number-marker') === '2')
    return ok('ListPartsResult', `<IsTruncated>false</IsTruncated>${part(3, 7)}`);
  const next = '<NextPartNumberMarker>2</NextPartNumberMarker>';
  return ok(
    'ListPartsResult',
    `<IsTruncated>true</IsTruncated>${next}${part(1, 5_242_880)}${part(2, 5_242_880)}`,
  );
}

describe('incomplete uploads of a prefix', () => {
  let server: Server;
  let url: string;
  let denied = false;

  before(async () => {
    server = createServer((request, response) => {
      const { status, xml } = denied
        ? { status: 403, xml: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' }
        : answer(new URL(request.url ?? '/', 'http://fake'), request.method);
      response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${xml}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `s3://bucket/some?region=us-east-1&endpoint=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test('are all told, through pages and with any characters in their keys', async () => {
    assert.deepEqual(await collect((await openUrl(url)).list()), [
      { key: 'a b%', id: 'u1', begunMs: Date.parse(begun) },
      { key: 'z', id: 'u2', begunMs: Date.parse(begun) },
    ]);
  });

  test('have the bytes of all their parts, and none when they are over', async () => {
    const uploads = await openUrl(url);
    assert.equal(await uploads.bytesOf({ key: 'a b%', id: 'u1', begunMs: 0 }), 10_485_767n);
    assert.equal(await uploads.bytesOf({ key: 'z', id: 'u2', begunMs: 0 }), 0n);
  });

  test('are given up by their ids; what is over is fine, and a role that may not is told and no error', async () => {
    const uploads = await openUrl(url);
    aborted.length = 0;
    assert.equal(await uploads.abort({ key: 'a b%', id: 'u1', begunMs: 0 }), undefined);
    assert.equal(await uploads.abort({ key: 'z', id: 'u2', begunMs: 0 }), undefined);
    assert.deepEqual(aborted, ['/bucket/some/a%20b%25 u1', '/bucket/some/z u2']);
    denied = true;
    const refusal = await uploads.abort({ key: 'z', id: 'u2', begunMs: 0 });
    denied = false;
    assert.equal(refusal?.code, 'STORAGE_DENIED');
    assert.match(refusal?.message ?? '', /s3:AbortMultipartUpload/);
  });

  test('are findings of an audit with their sizes; a role that may not list them is told, and the rest goes on', async () => {
    const store = new MemoryObjectStore('s3://bucket/some');
    const uploads = new Map([[store.url, await openUrl(url)]]);
    const found = (await auditOf(store, { uploads })).findings.map(({ id, bytes, proof }) => [
      id,
      bytes,
      proof.proven,
    ]);
    assert.deepEqual(found, [
      ['incomplete-upload:a b%#u1', 10_485_767n, true],
      ['incomplete-upload:z#u2', 0n, true],
    ]);
    denied = true;
    const report = await auditOf(store, { uploads });
    assert.deepEqual(report.findings, []);
    assert.match(report.notes.join('\n'), /not looked for: .*s3:ListBucketMultipartUploads is denied/);
  });
});

const program = findVersitygw();

test('a real server tells an upload that was begun, and gives it up', {
  skip: program === undefined && 'no versitygw on this machine',
}, async () => {
  const server = await startVersitygw(program!, ['bucket']);
  try {
    const client = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });
    const place = { Bucket: 'bucket', Key: 'p/x.log' };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    const Body = new Uint8Array(5 * 1024 * 1024);
    await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body }));
    const uploads = await openUrl(`s3://bucket/p?region=us-east-1&endpoint=${server.endpoint}`);
    const found = await collect(uploads.list());
    assert.deepEqual(
      found.map(({ key, id }) => [key, id]),
      [['x.log', UploadId]],
    );
    assert.equal(await uploads.bytesOf(found[0]!), 5n * 1024n * 1024n);
    for (let time = 0; time < 2; time++) assert.equal(await uploads.abort(found[0]!), undefined);
    assert.deepEqual(await collect(uploads.list()), [], 'it is given up, and giving it up again is fine');
    client.destroy();
  } finally {
    await server.close();
  }
});
