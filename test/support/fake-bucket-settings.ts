// The settings of a bucket of S3 in the process of a test: HTTP on a loopback port, each answer as a test sets it.
//
// What it does: GET ?versioning, ?publicAccessBlock, ?policy, ?lifecycle, ?object-lock and ?encryption in the XML (or JSON) of S3,
// with the errors that S3 has for what is not set; HEAD and GET of objects with their encryption; the `Date` of a clock of its own.
// What it does not: list, write, check signatures.

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Setting =
  | 'versioning'
  | 'publicAccessBlock'
  | 'policy'
  | 'lifecycle'
  | 'object-lock'
  | 'encryption';

/** What S3 says when nothing is set; of versioning an empty document. */
const absent: Readonly<Record<Exclude<Setting, 'versioning'>, string>> = {
  publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  policy: 'NoSuchBucketPolicy',
  lifecycle: 'NoSuchLifecycleConfiguration',
  'object-lock': 'ObjectLockConfigurationNotFoundError',
  encryption: 'ServerSideEncryptionConfigurationNotFoundError',
};

export interface FakeObject {
  readonly headers?: Readonly<Record<string, string>>;
  /** What a GET is refused with; HEAD tells all the same. */
  readonly refusal?: { readonly status: number; readonly code: string };
}

export class FakeBucketSettings {
  readonly requests: string[] = [];
  /** The body of each setting that is set. */
  readonly settings = new Map<Setting, string>();
  readonly refused = new Map<Setting, { readonly status: number; readonly code: string }>();
  /** By the whole key. */
  readonly objects = new Map<string, FakeObject>();
  /** Unix ms that the answers tell; the system's clock unless set. */
  nowMs: (() => number) | undefined;
  #server: Server | undefined;

  async listen(): Promise<string> {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      if (this.nowMs !== undefined) response.setHeader('date', new Date(this.nowMs()).toUTCString());
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
      const [, , ...key] = pathname.split('/');
      const setting = [...searchParams.keys()].find((name) => name !== 'x-id') as Setting | undefined;
      if (setting !== undefined) this.#tell(setting, response);
      else this.#object(decodeURIComponent(key.join('/')), request.method === 'HEAD', response);
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server!.close(() => resolve()));
  }

  #tell(setting: Setting, response: ServerResponse): unknown {
    const refusal = this.refused.get(setting);
    if (refusal !== undefined) return refuse(response, refusal);
    const body = this.settings.get(setting);
    if (body !== undefined) return response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
    if (setting === 'versioning') return response.writeHead(200).end('<VersioningConfiguration/>');
    return refuse(response, { status: 404, code: absent[setting] });
  }

  #object(key: string, isHead: boolean, response: ServerResponse): unknown {
    const object = this.objects.get(key);
    if (object === undefined) return refuse(response, { status: 404, code: 'NoSuchKey' }, isHead);
    if (!isHead && object.refusal !== undefined) return refuse(response, object.refusal);
    response.writeHead(isHead ? 200 : 206, { 'content-length': 1, ...object.headers });
    return response.end(isHead ? undefined : 'x');
  }
}

function refuse(
  response: ServerResponse,
  { status, code }: { readonly status: number; readonly code: string },
  isHead = false,
): unknown {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} by the fake</Message></Error>`;
  return response.writeHead(status, { 'content-type': 'application/xml' }).end(isHead ? undefined : body);
}
