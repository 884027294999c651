// What the name of a `.meta` object tells without opening it (FACTS §3.7): six formats, all of them in one bucket
// after upgrades. A name is a hint: whatever cannot be read from it means "open the object", never "skip it".

/**
 * `decimal`: TiKV 6.1–8.5.2. `hex`: 8.5.3–8.5.5. `synthetic`: 8.5.5 with a de-duplicated name, which br does not
 * parse either. `tagged`: 8.5.6. `flagged`: 8.5.7 and later. `unknown`: anything else.
 */
export type MetaNameFormat = 'decimal' | 'hex' | 'synthetic' | 'tagged' | 'flagged' | 'unknown';

export interface MetaName {
  readonly format: MetaNameFormat;
  readonly flushTs?: bigint;
  readonly storeId?: bigint;
  /** Smallest start_ts that a record inside may need from the default CF; 0n in an empty meta. */
  readonly minBeginTs?: bigint;
  readonly minTs?: bigint;
  readonly maxTs?: bigint;
  /** Bit 0: no DDL files inside. Bit 1: no file groups at all. */
  readonly flags?: bigint;
  readonly resolvedTs?: bigint;
}

const extension = '.meta';
const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const decimalName = new RegExp(`^([0-9]{12,20})-${uuid}$`);
const hexName = /^(?:[0-9a-fA-F]{16}-){3}[0-9a-fA-F]{16}$/;
const syntheticTail = /-SYNTHETIC[0-9a-fA-F]{1,32}$/;
const taggedName = /^[0-9a-fA-F]{32}-(?:[0-9A-Za-z][0-9a-fA-F]{16})+$/;
const maxTs64 = 0xffff_ffff_ffff_ffffn;
const noDdlBit = 1n;
const emptyBit = 2n;
const unknownName: MetaName = { format: 'unknown' };

/** Reads a name, with or without folders before it. Never throws: what is not one of the formats is `unknown`. */
export function parseMetaName(key: string): MetaName {
  if (!key.endsWith(extension)) return unknownName;
  const name = key.slice(key.lastIndexOf('/') + 1, -extension.length);
  if (taggedName.test(name)) return parseTagged(name);
  if (hexName.test(name)) return parseHex('hex', name);
  if (syntheticTail.test(name)) {
    const body = name.replace(syntheticTail, '');
    return hexName.test(body) ? parseHex('synthetic', body) : unknownName;
  }
  const decimal = decimalName.exec(name)?.[1];
  const resolvedTs = decimal === undefined ? undefined : BigInt(decimal);
  return resolvedTs === undefined || resolvedTs > maxTs64 ? unknownName : { format: 'decimal', resolvedTs };
}

function hexAt(text: string, at: number): bigint {
  return BigInt(`0x${text.slice(at, at + 16)}`);
}

function parseHex(format: 'hex' | 'synthetic', name: string): MetaName {
  return {
    format,
    flushTs: hexAt(name, 0),
    minBeginTs: hexAt(name, 17),
    minTs: hexAt(name, 34),
    maxTs: hexAt(name, 51),
  };
}

/** Tags `d`, `l`, `u` are mandatory in any order; a repeated tag makes the name no name; unknown tags are ignored. */
function parseTagged(name: string): MetaName {
  let minBeginTs: bigint | undefined;
  let minTs: bigint | undefined;
  let maxTs: bigint | undefined;
  let flags: bigint | undefined;
  let seen = '';
  for (let at = 33; at < name.length; at += 17) {
    const tag = name.charAt(at);
    if (seen.includes(tag)) return unknownName;
    seen += tag;
    if (tag === 'd') minBeginTs = hexAt(name, at + 1);
    else if (tag === 'l') minTs = hexAt(name, at + 1);
    else if (tag === 'u') maxTs = hexAt(name, at + 1);
    else if (tag === 'p') flags = hexAt(name, at + 1);
  }
  if (minBeginTs === undefined || minTs === undefined || maxTs === undefined) return unknownName;
  const told = { flushTs: hexAt(name, 0), storeId: hexAt(name, 16), minBeginTs, minTs, maxTs };
  return flags === undefined ? { format: 'tagged', ...told } : { format: 'flagged', ...told, flags };
}

/** The three bounds of a name that may be used for decisions: br trusts min_begin only when 0 < min_begin ≤ min. */
function trustedBounds(name: MetaName): { minBeginTs: bigint; minTs: bigint; maxTs: bigint } | undefined {
  if (name.format === 'synthetic') return undefined;
  const { minBeginTs, minTs, maxTs } = name;
  if (minBeginTs === undefined || minTs === undefined || maxTs === undefined) return undefined;
  return minBeginTs === 0n || minBeginTs > minTs ? undefined : { minBeginTs, minTs, maxTs };
}

/** Whether the name says that there is no file inside at all (a flush of an idle store, FACTS §3.5). */
export function isEmptyMeta(name: MetaName): boolean {
  return name.flags !== undefined && (name.flags & emptyBit) !== 0n;
}

/** Whether the meta may name DDL files (`m` keys): false only when its flags say that it has none. */
export function mayContainDdl(name: MetaName): boolean {
  return name.flags === undefined || (name.flags & (noDdlBit | emptyBit)) === 0n;
}

/**
 * Whether the meta must be opened to find every record with a timestamp in [start, until]: the skip rule of FACTS
 * §3.7. False is a proof by the name; true is "it may".
 */
export function mayContain(name: MetaName, start: bigint, until: bigint): boolean {
  if (isEmptyMeta(name)) return false;
  const bounds = trustedBounds(name);
  return bounds === undefined || (until >= bounds.minBeginTs && bounds.maxTs >= start);
}

/** Whether something inside may begin before the moment: false is a proof by the name. Not for empty metas. */
export function mayBeginBefore(name: MetaName, ts: bigint): boolean {
  const bounds = trustedBounds(name);
  return bounds === undefined || bounds.minTs < ts;
}

/**
 * What the name adds to the shift of [start, until] (FACTS §3.7, §4.7 step 2): a TSO that can be used without
 * opening, `undefined` = nothing, `'open'` = the object itself has to say it. Only tagged names are used unopened.
 */
export function shiftFromName(name: MetaName, start: bigint, until: bigint): bigint | 'open' | undefined {
  if (isEmptyMeta(name)) return undefined;
  const bounds = trustedBounds(name);
  if (bounds === undefined) return 'open';
  if (bounds.minTs > until || bounds.maxTs < start) return undefined;
  return name.format === 'hex' ? 'open' : bounds.minBeginTs;
}

const hex16 = (value: bigint): string => value.toString(16).toUpperCase().padStart(16, '0');

/** The facts that a name is made from; `uuid` has dashes, `syntheticId` is a 128-bit number. */
export type MetaNameParts =
  | { readonly format: 'decimal'; readonly resolvedTs: bigint; readonly uuid: string }
  | (Bounds & { readonly format: 'hex'; readonly flushTs: bigint })
  | (Bounds & { readonly format: 'synthetic'; readonly flushTs: bigint; readonly syntheticId: bigint })
  | (Bounds & { readonly format: 'tagged'; readonly flushTs: bigint; readonly storeId: bigint })
  | (Bounds & {
      readonly format: 'flagged';
      readonly flushTs: bigint;
      readonly storeId: bigint;
      readonly flags: bigint;
    });

interface Bounds {
  readonly minBeginTs: bigint;
  readonly minTs: bigint;
  readonly maxTs: bigint;
}

/** The name, with `.meta` and without folders, as the TiKV of that format writes it (FACTS §3.7). */
export function metaFileName(parts: MetaNameParts): string {
  return `${stem(parts)}${extension}`;
}

function stem(parts: MetaNameParts): string {
  switch (parts.format) {
    case 'decimal':
      return `${parts.resolvedTs.toString().padStart(12, '0')}-${parts.uuid}`;
    case 'hex':
      return hexStem(parts);
    case 'synthetic':
      return `${hexStem(parts)}-SYNTHETIC${parts.syntheticId.toString(16)}`;
    case 'tagged':
      return taggedStem(parts);
    case 'flagged':
      return `${taggedStem(parts)}p${hex16(parts.flags)}`;
    default:
      return parts satisfies never;
  }
}

function hexStem(parts: Bounds & { readonly flushTs: bigint }): string {
  return [parts.flushTs, parts.minBeginTs, parts.minTs, parts.maxTs].map(hex16).join('-');
}

function taggedStem(parts: Bounds & { readonly flushTs: bigint; readonly storeId: bigint }): string {
  const bounds = `d${hex16(parts.minBeginTs)}l${hex16(parts.minTs)}u${hex16(parts.maxTs)}`;
  return `${hex16(parts.flushTs)}${hex16(parts.storeId)}-${bounds}`;
}
