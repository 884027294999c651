// `pitr cost`: what a backup costs a month, from names and sizes alone. One listing; no meta is opened.

import { readCatalog } from '../br/catalog.ts';
import { meaningOf } from '../br/layout.ts';
import { parseMetaName } from '../br/log/meta-name.ts';
import { BucketBytes, type ByteUse } from '../domain/cost/byte-sums.ts';
import { type CostReport, costReport } from '../domain/cost/cost-report.ts';
import type { Price } from '../domain/cost/prices.ts';
import type { CatalogFacts } from '../domain/facts.ts';
import { formatTs, isPlausibleTs } from '../domain/ts.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { isElsewhere, type Place, Places } from './audit/audit-places.ts';
import type { BackupSource, ReadDeps } from './deps.ts';

export interface CostInput {
  /** For every class of storage; undefined: those of the table. */
  readonly price: Price | undefined;
  readonly windowsMs: readonly number[];
}

export interface CostView extends CostReport {
  readonly storage: readonly string[];
}

/** Errors: those of the storage. */
export async function costBucket({ backup }: ReadDeps, { price, windowsMs }: CostInput): Promise<CostView> {
  const facts = await readCatalog(backup);
  const bytes = new BucketBytes();
  const stores = [...new Set([backup.snapshots, backup.log])].filter((store) => store !== undefined);
  for (const store of stores) {
    const places = new Places(placesOf(store, backup, facts));
    for await (const { key, size, storageClass } of store.list('')) {
      if (isElsewhere(key, store, backup)) continue;
      bytes.add(useOf(places.of(key), key), BigInt(size), storageClass ?? '');
    }
  }
  return { storage: stores.map(({ url }) => url), ...costReport(facts, bytes, price, windowsMs) };
}

function placesOf(
  store: ObjectStore,
  { snapshots, log }: BackupSource,
  facts: CatalogFacts,
): readonly Place[] {
  const prefixOf = (folder: string) => (folder === '' ? '' : `${folder}/`);
  const logs = facts.logs.map((one) => {
    return { kind: 'log' as const, prefix: prefixOf(one.path), facts: one, migrations: undefined };
  });
  const found = facts.snapshots.map((one) => ({
    kind: 'snapshot' as const,
    prefix: prefixOf(one.name),
    facts: one,
  }));
  return [...(store === log ? logs : []), ...(store === snapshots ? found : [])];
}

function useOf(place: Place | undefined, key: string): ByteUse {
  if (place === undefined) return { kind: 'other' };
  if (place.kind === 'snapshot') return { kind: 'snapshot', folder: place.facts.name };
  const { path } = place.facts;
  const meaning = meaningOf(key.slice(place.prefix.length));
  if (meaning.kind === 'log-data') return { kind: 'log', path, day: meaning.day };
  const day = meaning.kind === 'log-meta' ? dayOfMeta(meaning.name) : undefined;
  return day === undefined ? { kind: 'log-rest', path } : { kind: 'log', path, day };
}

/** The day of the flush, or of what was resolved by it. */
function dayOfMeta(name: string): string | undefined {
  const { flushTs, resolvedTs } = parseMetaName(name);
  const ts = flushTs ?? resolvedTs;
  return ts === undefined || !isPlausibleTs(ts) ? undefined : formatTs(ts).slice(0, 10).replaceAll('-', '');
}
