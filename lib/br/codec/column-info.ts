// The columns of a table document: their types, defaults and states (CODEC §6).
// It must not turn defaults into values (the row decoder does) nor into SQL (show-create-column.ts does).
import type { JsonNode } from './json-node.ts';

/** CODEC §6.2; type codes and flag bits are those of §6.3. */
export interface FieldType {
  readonly tp: number;
  readonly flag: number;
  /** −1 = unspecified; BIT(n): n. */
  readonly flen: number;
  /** Scale of DECIMAL, fraction digits of time types, −1 = unspecified. */
  readonly decimal: number;
  readonly charset: string;
  readonly collate: string;
  /** Members of ENUM and SET. */
  readonly elems: readonly string[];
  /** Only for hidden columns of multi-valued indexes. */
  readonly array: boolean;
}

/** CODEC §6.1. */
export interface ColumnInfo {
  readonly id: bigint;
  readonly name: string;
  readonly offset: number;
  readonly type: FieldType;
  /** The new type while a MODIFY is in progress. */
  readonly changingType: FieldType | undefined;
  readonly state: number;
  /** Made for an expression index. */
  readonly hidden: boolean;
  readonly defaultValue: unknown;
  /** base64 of the bytes of a BIT default; `defaultValue` is corrupted then. */
  readonly defaultBit: string | undefined;
  readonly defaultIsExpr: boolean;
  /** Text of the value that rows without this column have. */
  readonly originDefault: string | null;
  /** base64, for BIT. */
  readonly originDefaultBit: string | undefined;
  /** Empty when the column is not generated. */
  readonly generatedExpr: string;
  readonly generatedStored: boolean;
  readonly comment: string;
  /** 0: TIMESTAMP defaults are in the system time zone; ≥ 1: in UTC. */
  readonly version: number;
}

function fieldType(node: JsonNode): FieldType {
  return {
    tp: node.field('Tp').small(),
    flag: node.field('Flag').small(),
    flen: node.field('Flen').small(),
    decimal: node.field('Decimal').small(),
    charset: node.field('Charset').text(''),
    collate: node.field('Collate').text(''),
    elems: node
      .field('Elems')
      .items()
      .map((one) => one.text()),
    array: node.field('Array').flag(false),
  };
}

/** Old versions wrote numbers where newer ones write their text. */
function scalarText(node: JsonNode): string | null {
  if (node.absent) return null;
  return typeof node.value === 'bigint' || typeof node.value === 'number' ? String(node.value) : node.text();
}

function optionalText(node: JsonNode): string | undefined {
  return node.absent ? undefined : node.text();
}

/** One element of `cols`. */
export function columnInfo(node: JsonNode): ColumnInfo {
  const changing = node.field('changing_type');
  return {
    id: node.field('id').integer(),
    name: node.field('name').field('O').text(),
    offset: node.field('offset').small(),
    type: fieldType(node.field('type')),
    changingType: changing.absent ? undefined : fieldType(changing),
    state: node.field('state').small(),
    hidden: node.field('hidden').flag(false),
    defaultValue: node.field('default').value ?? null,
    defaultBit: optionalText(node.field('default_bit')),
    defaultIsExpr: node.field('default_is_expr').flag(false),
    originDefault: scalarText(node.field('origin_default')),
    originDefaultBit: optionalText(node.field('origin_default_bit')),
    generatedExpr: node.field('generated_expr_string').text(''),
    generatedStored: node.field('generated_stored').flag(false),
    comment: node.field('comment').text(''),
    version: node.field('version').small(0),
  };
}
