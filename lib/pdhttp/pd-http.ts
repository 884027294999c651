// One HTTP(S) request to PD, etcd's gateway or a TiKV: bounded in time and size, no redirects, mutual TLS. Says whether a
// failure may pass or not; which address comes next is decided by the caller.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { PitrError } from '../domain/errors.ts';
import type { PdTls } from './pd-tls.ts';

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** JSON. */
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** The `Date` header, Unix ms in whole seconds. */
  readonly dateMs: number | undefined;
}

export interface HttpLimits {
  /** For the whole answer, connection included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Why there is no answer. `refused`: trying again does not help. */
export class NoAnswer extends Error {
  readonly kind: 'unreachable' | 'refused';
  constructor(kind: 'unreachable' | 'refused', problem: string, cause?: unknown) {
    super(problem, { cause });
    this.kind = kind;
  }
}

export class PdHttp {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;
  readonly #limits: HttpLimits;

  /** Errors: INVALID_INPUT when the certificates cannot be used. */
  constructor(tls: PdTls | undefined, limits: HttpLimits) {
    // The context is made here and not by the first request, so that certificates that do not fit are told at once.
    this.#https = new HttpsAgent({ keepAlive: true, secureContext: secureContext(tls) });
    this.#limits = limits;
  }

  /** Any answer with a status; errors are NoAnswer. */
  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const first = await this.#once(question);
    // The server closed a kept connection just when we used it again: that says nothing about the server.
    return first === 'stale connection' ? this.#last(question) : first;
  }

  async #last(question: HttpQuestion): Promise<HttpAnswer> {
    const answer = await this.#once(question);
    if (answer === 'stale connection') throw new NoAnswer('unreachable', 'the connection was closed twice');
    return answer;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #once(question: HttpQuestion): Promise<HttpAnswer | 'stale connection'> {
    const isHttps = question.url.startsWith('https:');
    const send = isHttps ? requestHttps : requestHttp;
    let sent: ReturnType<typeof requestHttp> | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        sent = send(question.url, {
          method: question.method,
          agent: isHttps ? this.#https : this.#http,
          headers: question.body === undefined ? {} : { 'content-type': 'application/json' },
        });
        const late = new NoAnswer('unreachable', `no answer within ${this.#limits.timeoutMs} ms`);
        timer = setTimeout(() => sent?.destroy(late), this.#limits.timeoutMs);
        sent.once('error', reject).once('response', resolve).end(question.body);
      });
      // Errors from here on reach the reader of the body; without a listener they would end the process.
      sent?.on('error', () => undefined);
      return {
        status: response.statusCode ?? 0,
        bytes: await this.#body(response),
        dateMs: dateOf(response.headers.date),
      };
    } catch (error) {
      const code = codeOf(error);
      if (sent?.reusedSocket === true && (code === 'ECONNRESET' || code === 'EPIPE'))
        return 'stale connection';
      throw noAnswer(error, code);
    } finally {
      clearTimeout(timer);
    }
  }

  async #body(response: IncomingMessage): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.#limits.maxBytes) {
        response.destroy();
        throw new NoAnswer('refused', `an answer of more than ${this.#limits.maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  }
}

function secureContext(tls: PdTls | undefined): SecureContext {
  try {
    return createSecureContext({ minVersion: 'TLSv1.2', ...tls });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PitrError('INVALID_INPUT', `the TLS certificates for PD cannot be used: ${problem}`, {
      hint: 'check that each PEM is whole and that the key belongs to the certificate',
      cause,
    });
  }
}

function dateOf(header: string | undefined): number | undefined {
  const ms = Date.parse(header ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Certificates, protocols and answers that are no HTTP stay as they are; the network may come back. */
function noAnswer(error: unknown, code: string): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const message = error instanceof Error ? error.message : String(error);
  const problem = code === '' || message.includes(code) ? message : `${message} (${code})`;
  const isRefusal =
    /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO|HPE_|ERR_OSSL)/.test(code);
  return new NoAnswer(isRefusal ? 'refused' : 'unreachable', problem, error);
}
