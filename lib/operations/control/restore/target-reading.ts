// What the target of a restore says of itself, read from its PD and from the status address of each TiKV. Judges nothing.

import type { StoreFacts } from '../../../domain/cluster-facts.ts';
import {
  gcRatioSetting,
  ratioOf,
  type StoreGcRatio,
  type TargetLook,
  tikvStores,
} from '../../../domain/target/target-look.ts';
import { mapBounded } from '../../../ports/bounded-parallel.ts';
import type { Cluster } from '../../../ports/cluster.ts';
import type { ClusterDeps } from '../control-deps.ts';

const parallel = 8;

/** Opens the cluster at these addresses for as long as `read` takes. Errors: those of the port and of `read`. */
export async function withTarget<T>(
  { openCluster }: ClusterDeps,
  pd: readonly string[],
  read: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { cluster, close } = await openCluster(pd);
  try {
    return await read(cluster);
  } finally {
    close();
  }
}

/** Imports and gc.ratio-threshold. Errors: PD_UNREACHABLE, PD_REFUSED; a store that does not answer is a fact. */
export async function lookAtTarget(cluster: Cluster): Promise<TargetLook> {
  const { imports } = await cluster.readLogTask();
  const { stores } = await cluster.readStores();
  return { imports, gcRatios: await readGcRatios(cluster, stores) };
}

export async function readGcRatios(
  cluster: Cluster,
  stores: readonly StoreFacts[],
): Promise<readonly StoreGcRatio[]> {
  const ratios: StoreGcRatio[] = [];
  for await (const ratio of mapBounded(tikvStores(stores), parallel, (store) => readRatio(cluster, store))) {
    ratios.push(ratio);
  }
  return ratios;
}

async function readRatio(cluster: Cluster, store: StoreFacts): Promise<StoreGcRatio> {
  const { id: storeId, address } = store;
  const setting = await cluster.readStoreSetting(store, gcRatioSetting);
  if (setting.kind === 'unknown') return { storeId, address, ratio: undefined, problem: setting.problem };
  const ratio = ratioOf(setting.value);
  const problem = ratio === undefined ? `it is ${JSON.stringify(setting.value.slice(0, 40))}` : '';
  return { storeId, address, ratio, problem };
}
