// A cluster and the program br as this machine reaches them: certificates from files, the system's clock and search path.
// Asks nothing of them yet.

import { openPdCluster } from '../pdhttp/pd-cluster.ts';
import { type PdTls, readPdTls } from '../pdhttp/pd-tls.ts';
import type { BrProgram } from '../ports/br-program.ts';
import type { Cluster } from '../ports/cluster.ts';
import { openBrProgram } from './br-program.ts';
import { systemClock } from './system-clock.ts';

export interface ClusterPlace {
  /** `host:port` or URLs of the PDs. */
  readonly pd: readonly string[];
  /** Each a file, or the PEM text itself. */
  readonly tls: { readonly [name in keyof PdTls]: string | undefined } | undefined;
}

/** Errors: INVALID_INPUT for an address or a file of TLS that is none. */
export async function openCluster(
  place: ClusterPlace,
): Promise<{ readonly cluster: Cluster; readonly close: () => void }> {
  const { ca, cert, key } = place.tls ?? {};
  const tls =
    place.tls === undefined
      ? undefined
      : await readPdTls({
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        });
  const cluster = openPdCluster({
    addresses: place.pd,
    clock: systemClock,
    ...(tls === undefined ? {} : { tls }),
  });
  return { cluster, close: () => cluster.close() };
}

/** name: `br`, or a path. */
export function openBr(name: string): BrProgram {
  return openBrProgram({ name, path: process.env['PATH'] ?? '', workFolder: process.cwd() });
}
