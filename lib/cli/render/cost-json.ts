// The document `pitr.cost/v1`. Field by field in docs/formats/json.md.

import { formatDurationSetting } from '../../config/duration.ts';
import type { Priced } from '../../domain/cost/cost-report.ts';
import { formatNanos, type Price, pricesSource } from '../../domain/cost/prices.ts';
import type { CostView } from '../../operations/cost-bucket.ts';
import { optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';

const pricedJson = ({ objects, bytes, nanos }: Priced) => ({ objects, bytes, monthly: formatNanos(nanos) });
const money = (nanos: bigint | undefined) => (nanos === undefined ? null : formatNanos(nanos));

/** price: the person's, if there is one. */
export function costJson(view: CostView, price: Price | undefined): { readonly [key: string]: JsonValue } {
  const { total, snapshots, days, months, logRest, other, classes, growth, windows } = view;
  return {
    storage: view.storage,
    prices: price === undefined ? pricesSource : 'as given',
    total: pricedJson(total),
    snapshots: snapshots.map((one) => ({
      name: one.name,
      backup: optionalInstantJson(one.backupTs),
      ...pricedJson(one),
    })),
    days: days.map((one) => ({ day: one.day, ...pricedJson(one) })),
    months: months.map((one) => ({
      ...{ month: one.month, logBytes: one.logBytes, snapshotBytes: one.snapshotBytes },
      ...pricedJson(one),
    })),
    logRest: pricedJson(logRest),
    other: pricedJson(other),
    classes: classes.map((one) => ({
      ...{ name: one.name === '' ? null : one.name, pricePerGb: formatNanos(one.price.nanosPerGb) },
      ...pricedJson(one),
    })),
    growth: {
      logBytesPerDay: growth.logBytesPerDay,
      snapshotBytes: growth.snapshotBytes,
      snapshotEveryMs: growth.snapshotEveryMs === undefined ? null : Math.round(growth.snapshotEveryMs),
      bytesPerDay: growth.bytesPerDay,
    },
    windows: windows.map((one) => ({
      window: formatDurationSetting(one.windowMs),
      keptBytes: one.keptBytes,
      keptMonthly: money(one.keptNanos),
      fullBytes: one.fullBytes,
      fullMonthly: money(one.fullNanos),
    })),
  };
}
