// Answers: one row, a key and a value in either format, as cells at the end of a row batch, by the schema of the moment
// (CODEC §6.4, §12). It must not leave half a row behind, nor guess: what the bytes do not tell is an error.

import { PitrError } from '../../domain/errors.ts';
import { pushCell, pushDatum } from './cell-reader.ts';
import type { VectorForm } from './column-kind.ts';
import { Datum } from './datum.ts';
import { type HandleForm, handleForm } from './handle.ts';
import { handleOffset, intRowKeyLength, readU32 } from './keys.ts';
import { type ColumnVector, defaultDataLimit, RowBatch } from './row-batch.ts';
import { hexForMessage, rowDamaged } from './row-damage.ts';
import { newRowVersion, RowLayout } from './row-layout.ts';
import type { CellPlan, OutputColumn } from './row-plan.ts';
import { rowPlan } from './row-plan.ts';
import type { TableInfo } from './table-info.ts';

export interface RowDecoderOptions {
  /** The cluster's `new_collation_enabled`; true (the default since 6.0) when it is not known. */
  readonly newCollation?: boolean;
}

/**
 * A decoder of the rows of one table as of one schema. Virtual generated columns are not stored and are left out; their
 * names are in `skipped`. Errors: UNSUPPORTED for a column type that TiDB does not store, ROW_DAMAGED for a document
 * that contradicts itself.
 */
export function compileRowDecoder(table: TableInfo, options: RowDecoderOptions = {}): RowDecoder {
  return new RowDecoder(table, options.newCollation ?? true);
}

export class RowDecoder {
  readonly table: TableInfo;
  readonly columns: readonly OutputColumn[];
  /** The physical forms of `columns`, for a RowBatch. */
  readonly forms: readonly VectorForm[];
  /** Names of visible columns that are virtual generated ones. */
  readonly skipped: readonly string[];
  readonly #plans: readonly CellPlan[];
  readonly #planOfId: ReadonlyMap<number, number>;
  readonly #handle: HandleForm;
  readonly #layout = new RowLayout();
  readonly #datum = new Datum();
  /** Per datum of a common handle: its offset in the key at hand. */
  readonly #datumOffsets: Int32Array;
  /** Per plan: offset of its datum in the old-format row at hand, or -1. */
  readonly #valueOffsets: Int32Array;

  constructor(table: TableInfo, newCollation: boolean) {
    this.table = table;
    this.#handle = handleForm(table, newCollation);
    const plan = rowPlan(table, this.#handle);
    this.columns = plan.columns;
    this.forms = plan.columns.map((column) => column.form);
    this.skipped = plan.skipped;
    this.#plans = plan.cells;
    this.#planOfId = new Map(this.#plans.map((plan, i) => [plan.id, i]));
    this.#datumOffsets = new Int32Array(this.#handle.kind === 'common' ? this.#handle.columns.length : 0);
    this.#valueOffsets = new Int32Array(this.#plans.length);
  }

  /** An empty batch for this decoder's rows; dataLimit as of ColumnVector. */
  newBatch(capacity: number, dataLimit: number = defaultDataLimit): RowBatch {
    return new RowBatch(this.forms, capacity, dataLimit);
  }

  /**
   * Appends the row of the raw key rawKey[keyStart, keyEnd) and the value value[start, end) to `into`, a batch of
   * newBatch that is not full. Errors: ROW_DAMAGED and UNSUPPORTED naming the table and the key; the batch is then as
   * it was before.
   */
  decode(
    rawKey: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    into: RowBatch,
  ): void {
    if (into.isFull) throw new PitrError('INTERNAL', `a row batch of ${into.capacity} rows is full`);
    try {
      this.#checkHandle(rawKey, keyStart, keyEnd);
      if (start >= end) throw rowDamaged('row value', 'at least one byte', 'none');
      if (value[start] === newRowVersion) this.#decodeNew(rawKey, keyStart, keyEnd, value, start, end, into);
      else this.#decodeOld(rawKey, keyStart, keyEnd, value, start, end, into);
      into.endRow();
    } catch (caught) {
      into.dropOpenRow();
      throw this.#named(caught, rawKey, keyStart, keyEnd);
    }
  }

  /** Checks the form of the key; of a common handle, finds its datums. */
  #checkHandle(key: Uint8Array, keyStart: number, keyEnd: number): void {
    if (this.#handle.kind === 'int') {
      if (keyEnd - keyStart === intRowKeyLength) return;
      throw rowDamaged('row key', `${intRowKeyLength} bytes`, String(keyEnd - keyStart));
    }
    let at = keyStart + handleOffset;
    for (let i = 0; i < this.#datumOffsets.length; i++) {
      this.#datumOffsets[i] = at;
      this.#datum.parse(key, at, keyEnd);
      if (this.#datum.shape === 'nil') throw rowDamaged('clustered key', 'a value that is not NULL', 'NULL');
      at = this.#datum.next;
    }
    for (; at < keyEnd; at++) {
      if (key[at] === 0 && keyEnd - keyStart - handleOffset <= shortestCommonHandle) continue;
      throw rowDamaged('clustered key', `its end at ${at - keyStart}`, `more bytes`);
    }
  }

  #decodeNew(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    into: RowBatch,
  ): void {
    const layout = this.#layout;
    layout.parse(value, start, end);
    const present = layout.present;
    const all = present + layout.nulls;
    let place = 0;
    let nullPlace = present;
    for (let i = 0; i < this.#plans.length; i++) {
      const plan = this.#plans[i] as CellPlan;
      const vector = into.columns[plan.position] as ColumnVector;
      if (plan.isHandle) {
        pushHandle(key, keyStart, vector);
        continue;
      }
      while (place < present && layout.id(place) < plan.id) place++;
      if (place < present && layout.id(place) === plan.id) {
        pushCell(plan.shape, value, layout.start(place), layout.end(place), vector);
        continue;
      }
      while (nullPlace < all && layout.id(nullPlace) < plan.id) nullPlace++;
      this.#pushAbsent(plan, nullPlace < all && layout.id(nullPlace) === plan.id, key, keyEnd, vector);
    }
  }

  #decodeOld(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    into: RowBatch,
  ): void {
    this.#findOldValues(value, start, end);
    for (let i = 0; i < this.#plans.length; i++) {
      const plan = this.#plans[i] as CellPlan;
      const vector = into.columns[plan.position] as ColumnVector;
      if (plan.isHandle) {
        pushHandle(key, keyStart, vector);
        continue;
      }
      const at = this.#valueOffsets[i] as number;
      if (at >= 0) this.#datum.parse(value, at, end);
      if (at >= 0 && this.#datum.shape !== 'nil') pushDatum(plan.shape, this.#datum, vector);
      else this.#pushAbsent(plan, at >= 0, key, keyEnd, vector);
    }
  }

  /** Walks the pairs of id and value of an old row; the single byte 0x00 is a row without columns (CODEC §2). */
  #findOldValues(value: Uint8Array, start: number, end: number): void {
    const datum = this.#datum;
    this.#valueOffsets.fill(-1);
    if (end - start === 1 && value[start] === 0) return;
    let at = start;
    while (at < end) {
      datum.parse(value, at, end);
      if (datum.shape !== 'int') throw rowDamaged('column id of a row', 'an integer', datum.shape);
      const plan = datum.hi === 0 ? this.#planOfId.get(datum.lo >>> 0) : undefined;
      at = datum.next;
      datum.parse(value, at, end);
      if (plan !== undefined) {
        if (this.#valueOffsets[plan] !== -1) throw rowDamaged('row value', 'each column once', 'one twice');
        this.#valueOffsets[plan] = at;
      }
      at = datum.next;
    }
  }

  /** A column without a value in the row: the key before NULL, NULL before the original default (CODEC §6.4). */
  #pushAbsent(plan: CellPlan, isNull: boolean, key: Uint8Array, keyEnd: number, vector: ColumnVector): void {
    if (plan.datumPlace >= 0) {
      if (!plan.datumReadable) {
        throw rowDamaged(
          `column ${plan.name}`,
          'its value in the row, as the key has only its sort key',
          'none',
        );
      }
      this.#datum.parse(key, this.#datumOffsets[plan.datumPlace] as number, keyEnd);
      pushDatum(plan.shape, this.#datum, vector);
    } else if (isNull || plan.absent.kind === 'null') vector.pushNull();
    else if (plan.absent.kind === 'cell') {
      pushCell(plan.shape, plan.absent.bytes, 0, plan.absent.bytes.length, vector);
    } else {
      throw new PitrError('UNSUPPORTED', `column ${plan.name} is not in the row: ${plan.absent.reason}`, {
        hint: 'leave the table out with --tables, or restore it with br',
      });
    }
  }

  #named(caught: unknown, key: Uint8Array, keyStart: number, keyEnd: number): unknown {
    if (!(caught instanceof PitrError) || caught.code === 'INTERNAL') return caught;
    const keyHex = hexForMessage(key, keyStart, keyEnd);
    const message = `row of table ${this.table.name} with key ${keyHex}: ${caught.message}`;
    return new PitrError(caught.code, message, {
      ...(caught.hint === undefined ? {} : { hint: caught.hint }),
      details: { ...caught.details, table: this.table.name, key: keyHex },
      cause: caught,
    });
  }
}

/** A common handle is filled with zeros up to this many bytes (CODEC §1.4). */
const shortestCommonHandle = 9;

function pushHandle(key: Uint8Array, keyStart: number, vector: ColumnVector): void {
  const at = keyStart + handleOffset;
  vector.pushWords(readU32(key, at + 4), readU32(key, at) ^ 0x80000000);
}
