// A PD in the process of a test: HTTP or HTTPS on a loopback port, keys and answers from a recording.
//
// What it does: etcd's gateway `POST /v3/kv/range` (key, range_end, limit, revision; 64-bit integers as text, empty fields
// left out, as etcd does), the recorded `GET /pd/api/v1/…`, a TiKV's `GET /config`. Strict: at most `mostKeys` keys a page
// whatever the limit says, a page of another revision than its own is refused, other paths are 404.
// What it does not: writes, leases, leaders, any revision but the newest.
// Faults: `fail()` puts an answer before the next matching requests.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { EtcdKeyValue } from '../../lib/pd/range.ts';
import type { RecordedPd } from './recorded-pd.ts';

export type FakePdAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly slowMs: number }
  | 'silence'
  | 'hang-up'
  | 'cut-body';

export interface FakePdFault {
  /** Part of the path; all paths unless told. */
  readonly match?: string;
  /** Requests that it hits; all unless told. */
  readonly times?: number;
  readonly answer: FakePdAnswer;
}

export class FakePd {
  readonly requests: string[] = [];
  /** How far its clock, which its answers tell, is ahead of ours. */
  clockAheadMs = 0;
  readonly #keyValues: readonly EtcdKeyValue[];
  readonly #http: Map<string, Uint8Array>;
  readonly #faults: { readonly fault: FakePdFault; left: number }[] = [];
  readonly #tls: ServerOptions | undefined;
  readonly #mostKeys: number;
  readonly #revision = 900n;
  #server: Server | undefined;

  constructor(
    recorded: RecordedPd,
    options: { readonly tls?: ServerOptions; readonly mostKeys?: number } = {},
  ) {
    this.#keyValues = recorded.keyValues;
    this.#http = new Map(recorded.http);
    this.#tls = options.tls;
    this.#mostKeys = options.mostKeys ?? 10_000;
  }

  /** Starts to listen and gives the address with its scheme. */
  async listen(): Promise<string> {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    };
    this.#server = this.#tls === undefined ? createServer(handle) : createTlsServer(this.#tls, handle);
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  fail(fault: FakePdFault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Another answer for a path. */
  serve(path: string, body: string): void {
    this.#http.set(path, new TextEncoder().encode(body));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(request);
    const path = request.url ?? '';
    this.requests.push(`${request.method} ${path}`);
    if (this.clockAheadMs !== 0)
      response.setHeader('date', new Date(Date.now() + this.clockAheadMs).toUTCString());
    const fault = this.#takeFault(path);
    if (fault === 'silence') return;
    if (fault === 'hang-up') return void response.destroy();
    if (typeof fault === 'object' && 'slowMs' in fault)
      await setTimeout(fault.slowMs, undefined, { ref: false });
    if (typeof fault === 'object' && 'status' in fault)
      return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const [status, bytes] = this.#truth(request.method ?? '', path, body);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
    if (fault === 'cut-body') {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    response.end(bytes);
  }

  #takeFault(path: string): FakePdAnswer | undefined {
    const found = this.#faults.find(({ fault, left }) => left > 0 && path.includes(fault.match ?? ''));
    if (found !== undefined) found.left -= 1;
    return found?.fault.answer;
  }

  #truth(method: string, path: string, body: string): readonly [number, Uint8Array] {
    const text = (value: string) => new TextEncoder().encode(value);
    if (method === 'POST' && path === '/v3/kv/range') return [200, text(this.#range(body))];
    const recorded = method === 'GET' ? this.#http.get(path) : undefined;
    return recorded === undefined ? [404, text('404 page not found\n')] : [200, recorded];
  }

  #range(body: string): string {
    const asked = JSON.parse(body) as Record<string, string>;
    if (asked['revision'] !== undefined && asked['revision'] !== String(this.#revision))
      throw new Error('another revision than that of the first page');
    const start = Buffer.from(asked['key'] ?? '', 'base64');
    const end = asked['range_end'] === undefined ? undefined : Buffer.from(asked['range_end'], 'base64');
    const all = this.#keyValues.filter(({ key }) =>
      end === undefined
        ? Buffer.compare(key, start) === 0
        : Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0,
    );
    const limit = Math.min(Number(asked['limit'] ?? '0') || this.#mostKeys, this.#mostKeys);
    const page = all.slice(0, limit);
    return JSON.stringify({
      header: { cluster_id: '1', member_id: '2', revision: String(this.#revision), raft_term: '3' },
      ...(page.length === 0 ? {} : { kvs: page.map(gatewayKeyValue) }),
      ...(all.length > page.length ? { more: true } : {}),
      count: String(all.length),
    });
  }
}

function gatewayKeyValue(one: EtcdKeyValue): Record<string, string> {
  return {
    key: Buffer.from(one.key).toString('base64'),
    create_revision: String(one.createRevision),
    mod_revision: String(one.modRevision),
    version: '1',
    ...(one.value.length === 0 ? {} : { value: Buffer.from(one.value).toString('base64') }),
    ...(one.lease === 0n ? {} : { lease: String(one.lease) }),
  };
}

async function collect(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
