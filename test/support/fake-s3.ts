// An S3 server in the process of a test: HTTP on a loopback port, objects in memory.
//
// What it does: path-style ListObjectsV2 (prefix, delimiter, start-after, continuation-token, max-keys, encoding-type=url),
// GetObject with one byte range, HeadObject, PutObject, DeleteObject, DeleteObjects. Strict where clients are careless: at most `pageSize`
// keys a page whatever max-keys says, a continuation token works only for the listing it came from, keys in XML are
// escaped and refused where XML cannot hold them, a chunked upload is refused with 501, a request without signature with 403.
// What it does not: check signatures, versions, multipart, ACLs, checksums, virtual-host style.
// Faults: `fail()` puts an answer before the next matching requests: an error, a cut in the body, silence, another length.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerDelete } from './fake-s3-delete.ts';

export interface FakeS3Fault {
  readonly method?: string;
  /** Part of the path and query that a request must have. */
  readonly match?: string;
  /** How many requests it hits; once unless told. */
  readonly times?: number;
  readonly answer:
    | {
        readonly status: number;
        readonly code: string;
        readonly headers?: Readonly<Record<string, string>>;
        readonly extra?: string;
      }
    | 'cut-body'
    | 'hang-up'
    | 'silence'
    | 'ignore-range'
    | 'shuffled-list';
}

interface StoredObject {
  readonly bytes: Buffer;
  readonly modified: Date;
}

interface Pending {
  readonly fault: FakeS3Fault;
  left: number;
}

export class FakeS3 {
  readonly requests: string[] = [];
  /** Keys that DeleteObjects refuses inside its 200, with the code. */
  readonly refusedDeletes = new Map<string, string>();
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  readonly #faults: Pending[] = [];
  readonly #tokens = new Map<string, string>();
  readonly #pageSize: number;
  #server: Server | undefined;
  #writes = 0;

  constructor(options: { readonly buckets: readonly string[]; readonly pageSize?: number }) {
    for (const bucket of options.buckets) this.#buckets.set(bucket, new Map());
    this.#pageSize = options.pageSize ?? 1000;
  }

  /** Starts to listen and gives the endpoint. */
  async listen(): Promise<string> {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server!.close(() => resolve()));
  }

  fail(fault: FakeS3Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse | undefined> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const body = await collect(request);
    this.requests.push(`${request.method} ${request.url}`);
    const fault = this.#takeFault(request);
    if (fault === 'silence') return undefined;
    if (fault === 'hang-up') return response.destroy();
    if (typeof fault === 'object')
      return sendError(request, response, fault.status, fault.code, fault.headers, fault.extra);
    if (!/^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? ''))
      return sendError(request, response, 403, 'AccessDenied');
    const [, bucketName = '', ...keyParts] = url.pathname.split('/');
    const bucket = this.#buckets.get(bucketName);
    if (bucket === undefined) return sendError(request, response, 404, 'NoSuchBucket');
    const key = decodeURIComponent(keyParts.join('/'));
    if (key === '' && request.method === 'GET')
      return this.#list(bucket, url, request, response, fault === 'shuffled-list');
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return get(bucket.get(key), request, response, fault);
      case 'PUT':
        if (
          /aws-chunked|STREAMING/.test(
            `${request.headers['content-encoding']}${request.headers['x-amz-content-sha256']}`,
          )
        ) {
          return sendError(request, response, 501, 'NotImplemented');
        }
        this.#writes += 1;
        bucket.set(key, { bytes: body, modified: new Date(1_700_000_000_000 + this.#writes * 1000) });
        return response.writeHead(200, { ETag: '"x"' }).end();
      case 'POST':
        return this.#deleteMany(bucket, body, request, response);
      case 'DELETE':
        bucket.delete(key);
        return response.writeHead(204).end();
      default:
        return sendError(request, response, 405, 'MethodNotAllowed');
    }
  }

  #deleteMany(
    bucket: Map<string, StoredObject>,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): ServerResponse {
    const answer = answerDelete(request, body, this.refusedDeletes);
    if (answer.status === 400) return sendError(request, response, 400, answer.code);
    for (const key of answer.gone) bucket.delete(key);
    return response.writeHead(200, { 'content-type': 'application/xml' }).end(answer.xml);
  }

  #takeFault(request: IncomingMessage): FakeS3Fault['answer'] | undefined {
    const hits = (fault: FakeS3Fault): boolean =>
      (fault.method ?? request.method) === request.method && (request.url ?? '').includes(fault.match ?? '');
    const pending = this.#faults.find((candidate) => candidate.left > 0 && hits(candidate.fault));
    if (pending === undefined) return undefined;
    pending.left -= 1;
    return pending.fault.answer;
  }

  #list(
    bucket: ReadonlyMap<string, StoredObject>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    shuffled: boolean,
  ): ServerResponse {
    const query = url.searchParams;
    if (query.get('list-type') !== '2') return sendError(request, response, 501, 'NotImplemented');
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const token = query.get('continuation-token');
    const place =
      token === null
        ? (query.get('start-after') ?? '')
        : this.#tokens.get(`${prefix}\n${delimiter}\n${token}`);
    if (place === undefined) return sendError(request, response, 400, 'InvalidArgument');
    const pageSize = Math.min(Number(query.get('max-keys') ?? 1000), this.#pageSize);
    const { entries, next } = pageOf(bucket, prefix, delimiter, place, pageSize);
    const encode = query.get('encoding-type') === 'url' ? encodeListed : escapeXml;
    if (entries.some((entry) => encode === escapeXml && unfitForXml(entry.name)))
      return sendError(request, response, 500, 'InternalError');
    const nextToken = next === undefined ? undefined : `t${Buffer.from(next).toString('base64')}`;
    if (nextToken !== undefined) this.#tokens.set(`${prefix}\n${delimiter}\n${nextToken}`, next!);
    if (shuffled) entries.reverse();
    const items = entries.map(({ name, object }) =>
      object === undefined
        ? `<CommonPrefixes><Prefix>${encode(name)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${encode(name)}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>&quot;x&quot;</ETag><Size>${object.bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
    const head = `<IsTruncated>${nextToken !== undefined}</IsTruncated><KeyCount>${items.length}</KeyCount>`;
    const more = nextToken === undefined ? '' : `<NextContinuationToken>${nextToken}</NextContinuationToken>`;
    const encoding = encode === encodeListed ? '<EncodingType>url</EncodingType>' : '';
    response.writeHead(200, { 'content-type': 'application/xml' });
    return response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${encoding}${head}${more}${items.join('')}</ListBucketResult>`,
    );
  }
}

interface ListedEntry {
  readonly name: string;
  readonly object: StoredObject | undefined;
}

/** `place` is the last key or common prefix of the page before; all keys below such a prefix are passed over. */
function pageOf(
  bucket: ReadonlyMap<string, StoredObject>,
  prefix: string,
  delimiter: string,
  place: string,
  size: number,
) {
  const entries: ListedEntry[] = [];
  const sorted = [...bucket.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const key of sorted) {
    const passed = Buffer.compare(Buffer.from(key), Buffer.from(place)) <= 0;
    const below = delimiter !== '' && place.endsWith(delimiter) && key.startsWith(place);
    if (!key.startsWith(prefix) || passed || below) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (entries.at(-1)?.name === name) continue;
    if (entries.length === size) return { entries, next: entries.at(-1)!.name };
    entries.push({ name, object: cut < 0 ? bucket.get(key)! : undefined });
  }
  return { entries, next: undefined };
}

function get(
  object: StoredObject | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  fault: FakeS3Fault['answer'] | undefined,
): ServerResponse {
  if (object === undefined) return sendError(request, response, 404, 'NoSuchKey');
  const range = fault === 'ignore-range' ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null ? object.bytes.length : Math.min(Number(range[2]) + 1, object.bytes.length);
  if (range !== null && start >= object.bytes.length)
    return sendError(request, response, 416, 'InvalidRange');
  const part = object.bytes.subarray(start, end);
  response.writeHead(range === null ? 200 : 206, {
    'content-length': part.length,
    'last-modified': object.modified.toUTCString(),
    ETag: '"x"',
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${object.bytes.length}` }),
  });
  if (request.method === 'HEAD') return response.end();
  if (fault !== 'cut-body') return response.end(part);
  response.write(part.subarray(0, part.length >> 1), () => response.destroy());
  return response;
}

function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
  extra = '',
): ServerResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} by the fake</Message>${extra}</Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  return response.end(request.method === 'HEAD' ? undefined : body);
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function encodeListed(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function unfitForXml(text: string): boolean {
  return [...text].some((character) => character < ' ' && !'\t\n\r'.includes(character));
}
