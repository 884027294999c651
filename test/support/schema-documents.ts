// Small documents of databases, tables and jobs in TiDB's own form, for tests of the schema codec.

type Members = Readonly<Record<string, unknown>>;

/** JSON text of a document; bigint members become integers without loss, undefined members are left out. */
export function documentText(document: unknown): string {
  const integers: string[] = [];
  const text = JSON.stringify(document, (_name, value) =>
    typeof value === 'bigint' ? `\u0001${integers.push(value.toString()) - 1}\u0001` : value,
  );
  return text.replace(/"\\u0001(\d+)\\u0001"/g, (_all, index: string) => integers[Number(index)]!);
}

export function documentBytes(document: unknown): Uint8Array {
  return new TextEncoder().encode(documentText(document));
}

const nameOf = (name: string): Members => ({ O: name, L: name.toLowerCase() });

export function typeDocument(overrides: Members = {}): Members {
  return {
    Tp: 3,
    Flag: 0,
    Flen: 11,
    Decimal: 0,
    Charset: 'binary',
    Collate: 'binary',
    Elems: null,
    ElemsIsBinaryLit: null,
    Array: false,
    ...overrides,
  };
}

export function columnDocument(
  name: string,
  offset: number,
  type: Members = {},
  overrides: Members = {},
): Members {
  return {
    id: offset + 1,
    name: nameOf(name),
    offset,
    origin_default: null,
    origin_default_bit: null,
    default: null,
    default_bit: null,
    default_is_expr: false,
    generated_expr_string: '',
    generated_stored: false,
    dependences: null,
    type: typeDocument(type),
    state: 5,
    comment: '',
    hidden: false,
    change_state_info: null,
    version: 2,
    ...overrides,
  };
}

export function indexDocument(
  name: string,
  columns: readonly (readonly [string, number, number?])[],
  overrides: Members = {},
): Members {
  return {
    id: 1,
    idx_name: nameOf(name),
    tbl_name: nameOf(''),
    idx_cols: columns.map(([column, offset, length]) => ({
      name: nameOf(column),
      offset,
      length: length ?? -1,
    })),
    state: 5,
    backfill_state: 0,
    comment: '',
    index_type: 1,
    is_unique: false,
    is_primary: false,
    is_invisible: false,
    is_global: false,
    mv_index: false,
    ...overrides,
  };
}

/** A table document, by default id 7, name `t`, one INT column `a`. */
export function tableDocument(overrides: Members & { readonly called?: string } = {}): Members {
  const { called, ...rest } = overrides;
  return {
    id: 7,
    name: nameOf(called ?? 't'),
    charset: 'utf8mb4',
    collate: 'utf8mb4_bin',
    cols: [columnDocument('a', 0)],
    index_info: null,
    constraint_info: null,
    fk_info: null,
    state: 5,
    pk_is_handle: false,
    is_common_handle: false,
    common_handle_version: 0,
    comment: '',
    auto_inc_id: 0,
    auto_id_cache: 0,
    auto_rand_id: 0,
    max_col_id: 1,
    update_timestamp: 1,
    ShardRowIDBits: 0,
    max_shard_row_id_bits: 0,
    auto_random_bits: 0,
    auto_random_range_bits: 0,
    pre_split_regions: 0,
    partition: null,
    compression: '',
    view: null,
    sequence: null,
    Lock: null,
    version: 5,
    tiflash_replica: null,
    temp_table_type: 0,
    cache_table_status: 0,
    policy_ref_info: null,
    ttl_info: null,
    ...rest,
  };
}

export function dbDocument(id: number | bigint, name: string, overrides: Members = {}): Members {
  return {
    id,
    db_name: nameOf(name),
    charset: 'utf8mb4',
    collate: 'utf8mb4_bin',
    Deprecated: {},
    state: 5,
    policy_ref_info: null,
    ...overrides,
  };
}
