// `pitr pins` in both of its forms, and the document `pitr.pins/v1`; field by field in docs/formats/json.md.

import { formatTs } from '../../domain/ts.ts';
import type { TextPage } from '../command-context.ts';
import type { CallReport } from '../control-operations.ts';
import { mapsIn, textIn, u64In } from './answer-facts.ts';
import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import { listTable } from './text-table.ts';

export interface PinsView {
  readonly cluster: string;
  readonly place: string;
  readonly pins: readonly PinView[];
}

interface PinView {
  readonly id: string;
  readonly name: string;
  /** snapshot, moment or range. */
  readonly what: string;
  readonly folder: string;
  readonly from: bigint;
  readonly to: bigint;
  /** ISO; empty: until it is released. */
  readonly until: string;
  readonly reason: string;
  readonly madeAt: string;
  readonly madeBy: string;
  /** held, over or released. */
  readonly state: string;
}

export function pinsView({ cluster, place, answer }: CallReport): PinsView {
  const pins = mapsIn(answer, 'pins').map((one) => ({
    ...{ id: textIn(one, 'id'), name: textIn(one, 'name'), what: textIn(one, 'what') },
    ...{ folder: textIn(one, 'folder'), from: u64In(one, 'fromTs') ?? 0n, to: u64In(one, 'toTs') ?? 0n },
    ...{ until: textIn(one, 'until'), reason: textIn(one, 'reason'), madeAt: textIn(one, 'madeAt') },
    ...{ madeBy: textIn(one, 'madeBy'), state: textIn(one, 'state') },
  }));
  return { cluster, place, pins };
}

export function pinsJson({ cluster, place, pins }: PinsView): { readonly [key: string]: JsonValue } {
  return {
    cluster,
    place,
    pins: pins.map(({ name, folder, from, to, until, ...rest }) => ({
      id: rest.id,
      name: name === '' ? null : name,
      what: rest.what,
      folder: folder === '' ? null : folder,
      from: instantJson(from),
      to: instantJson(to),
      until: until === '' ? null : until,
      reason: rest.reason,
      madeAt: rest.madeAt,
      madeBy: rest.madeBy,
      state: rest.state,
    })),
  };
}

export function pinsText({ cluster, pins }: PinsView, { style }: TextPage): readonly string[] {
  if (pins.length === 0) return [`Nothing is pinned of ${cluster}`];
  const titles = ['pin', 'what', 'holds', 'until', 'by', 'why'];
  return listTable(
    titles.map((title) => ({ title })),
    pins.map((pin) => [
      pin.id,
      pin.name === '' ? pin.what : `${pin.what} ${JSON.stringify(pin.name)}`,
      heldText(pin),
      pin.state === 'held' ? pin.until || 'pitr unpin' : pin.state,
      pin.madeBy,
      pin.reason,
    ]),
    style,
  );
}

function heldText({ what, folder, from, to }: PinView): string {
  if (what === 'snapshot') return folder;
  return from === to ? formatTs(from) : `${formatTs(from)} to ${formatTs(to)}`;
}
