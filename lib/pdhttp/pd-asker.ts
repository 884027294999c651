// One question to a cluster's PDs: to one after the other, until one gives an answer that can be used. What no PD answers
// becomes PD_UNREACHABLE or PD_REFUSED, with every address and its problem.

import { PitrError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { PdAddresses } from './pd-addresses.ts';
import { type HttpAnswer, NoAnswer, type PdHttp } from './pd-http.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** An answer, and our clock before and after it. */
export interface TimedAnswer extends HttpAnswer {
  readonly what: string;
  readonly sentMs: number;
  readonly receivedMs: number;
}

export class PdAsker {
  readonly #addresses: PdAddresses;
  readonly #http: PdHttp;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(addresses: PdAddresses, http: PdHttp, clock: Pick<Clock, 'nowMs'>) {
    this.#addresses = addresses;
    this.#http = http;
    this.#clock = clock;
  }

  /** The next question goes to this address first, if it is one of ours. */
  prefer(url: string): void {
    this.#addresses.prefer(url);
  }

  /** One address after the other until one gives an answer that `read` takes. */
  async ask<T>(question: Question, read: (answer: TimedAnswer) => T): Promise<T> {
    const failures: { readonly address: string; readonly problem: NoAnswer }[] = [];
    for (const address of this.#addresses.order) {
      try {
        const answer = await this.#askOne(address, question);
        const result = read(answer);
        this.#addresses.prefer(address);
        return result;
      } catch (error) {
        failures.push({ address, problem: asNoAnswer(error) });
      }
    }
    throw nobodyAnswered(question, failures);
  }

  async #askOne(address: string, { path, ...rest }: Question): Promise<TimedAnswer> {
    const sentMs = this.#clock.nowMs();
    const answer = await this.#http.ask({ ...rest, url: `${address}${path}` });
    const receivedMs = this.#clock.nowMs();
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) {
      throw new NoAnswer('unreachable', describeStatus(answer));
    }
    return { ...answer, what: `${rest.method} ${address}${path}`, sentMs, receivedMs };
  }
}

/** The body of an answer with status 200. Errors: NoAnswer, for the asker to go on to the next address. */
export function mustBeOk(answer: TimedAnswer): Uint8Array {
  if (answer.status === 200) return answer.bytes;
  const isRedirect = answer.status >= 300 && answer.status < 400;
  throw new NoAnswer(
    'refused',
    `${describeStatus(answer)}${isRedirect ? ', a redirect, which is not followed' : ''}`,
  );
}

function describeStatus({ status, bytes }: HttpAnswer): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 200)).replace(/\s+/g, ' ').trim();
  return text === '' ? `status ${status}` : `status ${status}: ${text}`;
}

function asNoAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (error instanceof PitrError && error.code === 'PD_REFUSED')
    return new NoAnswer('refused', error.message, error);
  throw error;
}

/** PD_REFUSED when an address refused: the silent ones would hardly be of another mind. */
function nobodyAnswered(
  question: Question,
  failures: readonly { readonly address: string; readonly problem: NoAnswer }[],
): PitrError {
  const isRefused = failures.some(({ problem }) => problem.kind === 'refused');
  const list = failures.map(({ address, problem }) => `${address}: ${problem.message}`).join('; ');
  // A TLS port closes a connection that speaks plainly without a word (etcd does).
  const isCutPlain = failures.some(
    ({ address, problem }) =>
      address.startsWith('http:') && /ECONNRESET|socket hang up/.test(problem.message),
  );
  const isGateway = question.path.startsWith('/v3/') && list.includes('status 404');
  return new PitrError(
    isRefused ? 'PD_REFUSED' : 'PD_UNREACHABLE',
    `no PD answered ${question.method} ${question.path}: ${list}`,
    {
      hint: hintFor(isGateway, isRefused, isCutPlain),
      details: { addresses: failures.map(({ address, problem }) => ({ address, problem: problem.message })) },
      cause: failures.at(-1)?.problem,
    },
  );
}

function hintFor(isGateway: boolean, isRefused: boolean, isCutPlain: boolean): string {
  if (isGateway)
    return "switch etcd's JSON gateway on in PD (enable-grpc-gateway = true, the default) and restart it";
  if (isRefused) return 'check scheme (http or https), certificates and addresses of PD';
  const reach = 'check that PD is up and that its client port can be reached from here';
  return isCutPlain ? `${reach}; if PD speaks TLS, write https:// and give the certificates` : reach;
}
