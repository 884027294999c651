// The PD adapter as its tests open it: against a stand-in that serves a recorded situation, closed with the test.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { ErrorCode, PitrError } from '../../lib/domain/errors.ts';
import { openPdCluster, type PdCluster, type PdClusterOptions } from '../../lib/pdhttp/pd-cluster.ts';
import { FakePd } from './fake-pd.ts';
import { recordedPd } from './recorded-pd.ts';

type Options = Partial<PdClusterOptions> & { readonly addresses: readonly string[] };

export function openPd(t: TestContext, options: Options): PdCluster {
  const cluster = openPdCluster({ clock: { nowMs: Date.now }, timeoutMs: 2000, ...options });
  t.after(() => cluster.close());
  return cluster;
}

export async function startPd(
  t: TestContext,
  situation = 'shop/pd/5-before-end',
  options: ConstructorParameters<typeof FakePd>[1] = {},
): Promise<{ readonly pd: FakePd; readonly address: string }> {
  const pd = new FakePd(recordedPd(situation), options);
  const address = await pd.listen();
  t.after(() => pd.close());
  return { pd, address };
}

/** An address at which nobody listens. */
export async function silentAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${address.port}`;
}

/** For assert.rejects: an error of this code, whose message matches, with a hint. */
export function fails(code: ErrorCode, message: RegExp) {
  return (error: PitrError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok((error.hint ?? '').length > 10);
    return true;
  };
}
