// What can be seen of the target of a restore from its PD and its stores: leases of imports, and the setting that a log restore
// turns off. As plain values, and how they are told. Judges nothing.

import type { StoreFacts } from '../cluster-facts.ts';
import type { ImportLeaseFacts } from '../log-task/log-task-facts.ts';

/** TiKV's setting that a log restore sets to −1, so that nothing of what it brings in is collected (FACTS §6.4). */
export const gcRatioSetting = 'gc.ratio-threshold';
/** Puts it back, in TiDB (FACTS §6.7). */
export const gcRatioSql = "SET CONFIG tikv `gc.ratio-threshold` = '1.1'";

/** What one TiKV says of it. */
export interface StoreGcRatio {
  readonly storeId: bigint;
  readonly address: string;
  /** undefined when the store did not tell. */
  readonly ratio: number | undefined;
  /** Why not; empty when it did. */
  readonly problem: string;
}

export interface TargetLook {
  readonly imports: readonly ImportLeaseFacts[];
  readonly gcRatios: readonly StoreGcRatio[];
}

/** TiKVs that hold data: TiFlash has no such setting. */
export function tikvStores(stores: readonly StoreFacts[]): readonly StoreFacts[] {
  return stores.filter(({ engine, state }) => engine === 'tikv' && state !== 'Tombstone');
}

/** The setting as a store wrote it; undefined for what is no number. */
export function ratioOf(value: string): number | undefined {
  return /^-?\d{1,9}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : undefined;
}

/** Nothing is collected on them. */
export function withoutCollection(ratios: readonly StoreGcRatio[]): readonly StoreGcRatio[] {
  return ratios.filter(({ ratio }) => ratio !== undefined && ratio < 0);
}

export function untold(ratios: readonly StoreGcRatio[]): readonly StoreGcRatio[] {
  return ratios.filter(({ ratio }) => ratio === undefined);
}

/** `-1 on 10.0.2.21:20160 and 10.0.2.22:20160`: of stores that say the same, together. */
export function describeRatios(ratios: readonly StoreGcRatio[]): string {
  const byRatio = new Map<string, string[]>();
  for (const { ratio, address } of ratios) {
    const name = ratio === undefined ? 'not told' : String(ratio);
    byRatio.set(name, [...(byRatio.get(name) ?? []), address]);
  }
  return [...byRatio].map(([ratio, addresses]) => `${ratio} on ${listed(addresses)}`).join(', ');
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `restore/restore-78b5…`, as PD's key ends. */
export function describeImport({ name, hasLease }: ImportLeaseFacts): string {
  return `${name}${hasLease ? '' : ' (without a lease)'}`;
}
