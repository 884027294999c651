// The body of an answer of S3, whole or not at all. A connection that breaks in the middle, or stops giving bytes, is an
// error that can be retried; a short body must never be taken for the object.

import { Readable } from 'node:stream';
import { PitrError } from '../domain/errors.ts';

export interface BodyOptions {
  /** For messages: the URL of the object. */
  readonly place: string;
  /** What Content-Length promised, bytes; undefined when it was not sent. */
  readonly expectedBytes: number | undefined;
  /** So long may pass without a byte, milliseconds. */
  readonly stallMs: number;
}

/** All bytes of the body. STORAGE_UNAVAILABLE when it breaks, stalls, or is not as long as promised. */
export async function readBody(body: unknown, options: BodyOptions): Promise<Uint8Array> {
  if (!(body instanceof Readable))
    throw new PitrError('INTERNAL', `${options.place}: the answer has no stream of bytes`);
  const stall = setTimeout(() => {
    body.destroy(brokenBody(options, `no byte came for ${options.stallMs / 1000} s`));
  }, options.stallMs);
  try {
    const bytes = await collect(body, options, stall);
    if (options.expectedBytes !== undefined && bytes.length !== options.expectedBytes) {
      throw brokenBody(options, `${bytes.length} bytes came, expected ${options.expectedBytes}`);
    }
    return bytes;
  } catch (error) {
    if (error instanceof PitrError) throw error;
    throw brokenBody(options, error instanceof Error ? error.message : String(error), error);
  } finally {
    clearTimeout(stall);
    body.destroy();
  }
}

async function collect(body: Readable, options: BodyOptions, stall: NodeJS.Timeout): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const whole = options.expectedBytes === undefined ? undefined : new Uint8Array(options.expectedBytes);
  let length = 0;
  for await (const chunk of body) {
    stall.refresh();
    const part: Uint8Array = chunk;
    if (whole === undefined) chunks.push(part);
    else if (length + part.length > whole.length)
      throw brokenBody(options, `more bytes came than the ${whole.length} promised`);
    else whole.set(part, length);
    length += part.length;
  }
  return whole === undefined ? new Uint8Array(Buffer.concat(chunks, length)) : whole.subarray(0, length);
}

function brokenBody(options: BodyOptions, found: string, cause?: unknown): PitrError {
  return new PitrError('STORAGE_UNAVAILABLE', `${options.place}: the answer broke off: ${found}`, {
    hint: 'check the network between here and the storage',
    details: { place: options.place, expectedBytes: options.expectedBytes },
    cause,
  });
}
