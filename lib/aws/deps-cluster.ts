// PD of a function's cluster, with the certificates of its secret. A secret that is changed counts within minutes, and is not
// paid for at every look.

import type { ClusterSettings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import type { ClusterDeps } from '../operations/control/control-deps.ts';
import { openPdCluster } from '../pdhttp/pd-cluster.ts';
import type { PdTls } from '../pdhttp/pd-tls.ts';
import { awsClock } from './aws-clock.ts';

/** An interface endpoint and a read per minute would cost more than all else that `observe` does. */
const secretFreshMs = 5 * 60_000;

/** A cluster without TLS has no secret, and does not wait for the client of secrets. */
async function readSecretOfAws(name: string): Promise<PdTls> {
  const { readTlsSecret } = await import('./secret.ts');
  return readTlsSecret(name);
}

export interface ClusterParts {
  readonly nowMs: () => number;
  readonly readSecret: (name: string) => Promise<PdTls>;
}

/** Errors of `openCluster`: those of the secret; INVALID_INPUT for an address or a certificate that is none. */
export function clusterDeps(
  env: { readonly PITR_TLS_SECRET?: string },
  settings: Pick<ClusterSettings, 'name' | 'pd' | 'tls'>,
  parts: ClusterParts = { nowMs: awsClock.nowMs, readSecret: readSecretOfAws },
): ClusterDeps {
  const tlsOf = freshTls(env.PITR_TLS_SECRET, settings, parts);
  return {
    openCluster: async (pd = settings.pd) => {
      const tls = await tlsOf();
      const cluster = openPdCluster({
        addresses: pd,
        clock: awsClock,
        ...(tls === undefined ? {} : { tls }),
      });
      return { cluster, close: () => cluster.close() };
    },
  };
}

/** Two who ask at once share one reading; one that failed is not kept. */
function freshTls(
  secret: string | undefined,
  { name, tls }: Pick<ClusterSettings, 'name' | 'tls'>,
  { nowMs, readSecret }: ClusterParts,
): () => Promise<PdTls | undefined> {
  if (tls === undefined) return async () => undefined;
  let kept: { readonly sinceMs: number; readonly tls: Promise<PdTls> } | undefined;
  return async () => {
    if (secret === undefined) {
      throw new PitrError('INVALID_INPUT', `PITR_TLS_SECRET is not set, and ${name} has TLS`, {
        hint: 'the stack sets it when the settings name tls.secret: deploy it again',
      });
    }
    const atMs = nowMs();
    if (kept === undefined || atMs - kept.sinceMs >= secretFreshMs) {
      kept = { sinceMs: atMs, tls: readSecret(secret) };
      kept.tls.catch(() => {
        kept = undefined;
      });
    }
    return await kept.tls;
  };
}
