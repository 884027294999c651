// Services of AWS in the process of a test: HTTP on a loopback port, what they do given by handlers.
//
// What it does: the JSON protocol (by X-Amz-Target), the query protocol (`Action` of a form → `SNS.Publish`; answers and
// errors in XML) and REST calls (`POST /path`). Strict where clients are careless: a request without signature, of an
// unknown operation, or whose body is not of its protocol is refused with the error that AWS has for it.
// What it does not: check signatures, regions, throttle by itself, or validate shapes: handlers do what matters.
// Faults: `fail()` puts an answer before the next matching requests: an error, silence, a connection that is cut.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type AwsInput = Readonly<Record<string, unknown>>;
/** The answer's fields; for a REST call also its status (`$status`) and headers (`$headers`). */
export type AwsHandler = (input: AwsInput) => AwsInput | { readonly $status: number };

/** Thrown by a handler: an error of the service, by its name on the wire. */
export class AwsFault extends Error {
  readonly status: number;
  /** Further fields of the error's body; of the JSON protocol only. */
  readonly fields: AwsInput;
  constructor(name: string, status = 400, message = 'told so', fields: AwsInput = {}) {
    super(message);
    this.name = name;
    this.status = status;
    this.fields = fields;
  }
}

export interface PendingFault {
  /** Part of the operation's name that a request must have; any when not given. */
  readonly match?: string;
  /** How many requests it hits; once unless told. */
  readonly times?: number;
  readonly answer: AwsFault | 'silence' | 'hang-up';
}

type Protocol = 'json' | 'query' | 'rest';

export class FakeAws {
  readonly requests: { readonly operation: string; readonly input: AwsInput }[] = [];
  readonly #handlers = new Map<string, AwsHandler>();
  readonly #faults: { readonly fault: PendingFault; left: number }[] = [];
  #server: Server | undefined;

  /** `AWSEvents.PutEvents`, `SNS.Publish`, `POST /2015-03-31/functions/x/invocations`. */
  on(operation: string, handler: AwsHandler): void {
    this.#handlers.set(operation, handler);
  }

  fail(fault: PendingFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
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

  /** The inputs of one operation, in the order in which they came. */
  inputsOf(operation: string): readonly AwsInput[] {
    return this.requests.filter((request) => request.operation === operation).map(({ input }) => input);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { protocol, operation, input } = read(request, await textOf(request));
    if (!/^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? '')) {
      return refuse(response, protocol, new AwsFault('MissingAuthenticationTokenException', 403));
    }
    this.requests.push({ operation, input: input ?? {} });
    const fault = this.#takeFault(operation);
    if (fault === 'silence') return undefined;
    if (fault === 'hang-up') return response.destroy();
    if (fault !== undefined) return refuse(response, protocol, fault);
    if (input === undefined) return refuse(response, protocol, new AwsFault('SerializationException'));
    const handler = this.#handlers.get(operation);
    if (handler === undefined)
      return refuse(response, protocol, new AwsFault('UnknownOperationException', 404));
    try {
      return grant(response, protocol, operation, handler(input));
    } catch (error) {
      if (error instanceof AwsFault) return refuse(response, protocol, error);
      throw error;
    }
  }

  #takeFault(operation: string): PendingFault['answer'] | undefined {
    const pending = this.#faults.find(({ fault, left }) => left > 0 && operation.includes(fault.match ?? ''));
    if (pending === undefined) return undefined;
    pending.left -= 1;
    return pending.fault.answer;
  }
}

/** input undefined: the body is not of the protocol. */
function read(
  request: IncomingMessage,
  body: string,
): { readonly protocol: Protocol; readonly operation: string; readonly input: AwsInput | undefined } {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return { protocol: 'json', operation: target, input: parsed(body) };
  if (/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')) {
    const form = Object.fromEntries(new URLSearchParams(body));
    return { protocol: 'query', operation: `SNS.${form['Action']}`, input: form };
  }
  const input = body === '' ? {} : parsed(body);
  const headers = { $invocationType: request.headers['x-amz-invocation-type'] };
  const operation = `${request.method} ${request.url}`;
  return { protocol: 'rest', operation, input: input && { ...input, ...headers } };
}

function parsed(body: string): AwsInput | undefined {
  try {
    return JSON.parse(body) as AwsInput;
  } catch {
    return undefined;
  }
}

function grant(response: ServerResponse, protocol: Protocol, operation: string, output: AwsInput): unknown {
  if (protocol === 'query') {
    const action = operation.replace(/^.*\./, '');
    const fields = Object.entries(output).map(([name, value]) => `<${name}>${value}</${name}>`);
    response.writeHead(200, { 'content-type': 'text/xml' });
    return response.end(
      `<${action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${action}Result>${fields.join('')}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
    );
  }
  const status = typeof output['$status'] === 'number' ? output['$status'] : 200;
  const { $headers, ...body } = output;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...Object($headers) });
  return response.end(status === 202 || status === 204 ? '' : JSON.stringify(body));
}

function refuse(
  response: ServerResponse,
  protocol: Protocol,
  { name, status, message, fields }: AwsFault,
): unknown {
  if (protocol === 'query') {
    response.writeHead(status, { 'content-type': 'text/xml' });
    return response.end(
      `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    );
  }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name });
  return response.end(JSON.stringify({ __type: name, message, ...fields }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
