// Where the pages of a long listing of metas may end, guessed from their names (FACTS §3.7): they begin with the time of their flush, and
// flushes come about as often in one hour as in the next. Lists nothing.

import type { GuessBorders, KnownPage } from '../../ports/listing-in-ranges.ts';

/** Of a page, so that a range that is somewhat fuller than the last page still is one request. */
const fullnessOfRange = 0.94;

/**
 * Borders of metas below `prefix`. `endTs`: where the log ends, as far as anybody knows; behind it no ranges are cut, because what lies
 * there is little. Without it a few requests find nothing.
 */
export function guessMetaBorders(
  prefix: string,
  pageKeys: number,
  endTs: Promise<bigint | undefined>,
): GuessBorders {
  return async (page, most) => {
    const span = spanOf(prefix, page);
    if (span === undefined) return [];
    const { from, to, form } = span;
    const wanted = Math.max(1, Math.floor(pageKeys * fullnessOfRange));
    const step = ((to - from) * BigInt(wanted)) / BigInt(Math.max(1, page.keys - 1));
    if (step <= 0n) return [];
    const end = await endTs;
    const borders: string[] = [];
    for (let ts = to + step; borders.length < most && (end === undefined || ts < end); ts += step) {
      borders.push(prefix + textOf(ts, form));
    }
    return borders;
  };
}

type Form = 'hex' | 'decimal';

interface Span {
  readonly from: bigint;
  readonly to: bigint;
  readonly form: Form;
}

/** A page with names of both kinds says nothing of how close they lie. */
function spanOf(prefix: string, { first, last }: KnownPage): Span | undefined {
  const [from, to] = [timeOf(first.slice(prefix.length)), timeOf(last.slice(prefix.length))];
  if (from === undefined || to === undefined || from.form !== to.form) return undefined;
  return { from: from.ts, to: to.ts, form: to.form };
}

/** The number in front of a name: the time of the flush in hexadecimal digits, or what was resolved then in decimal ones. */
function timeOf(name: string): { readonly ts: bigint; readonly form: Form } | undefined {
  const decimal = /^([0-9]{12,20})-/.exec(name)?.[1];
  if (decimal !== undefined && !/^[0-9A-F]{16}-[0-9A-F]{16}-/.test(name))
    return { ts: BigInt(decimal), form: 'decimal' };
  const hex = /^[0-9A-F]{16}/.exec(name)?.[0];
  return hex === undefined ? undefined : { ts: BigInt(`0x${hex}`), form: 'hex' };
}

/** As it stands in front of names: TSOs of both forms have had the same number of digits for years, so that they sort as they count. */
function textOf(ts: bigint, form: Form): string {
  return form === 'decimal' ? `${ts}` : ts.toString(16).toUpperCase().padStart(16, '0');
}
