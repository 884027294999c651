// A sorted source of records, read record by record: snapshot SSTs and sorted runs of the log look alike to the merge.

import type { VersionPicker } from './version-picker.ts';

export interface RowCursor {
  /** The current record's memcomparable key, without timestamp: `key[keyStart, keyEnd)`. Valid until the next call. */
  key: Uint8Array;
  keyStart: number;
  keyEnd: number;
  /** Moves on inside what is loaded; false = nothing more is loaded, ask `refill`. */
  next(): boolean;
  /** Loads more and moves to its first record; false = the end. Errors name the damaged object. */
  refill(): Promise<boolean>;
  /** Adds the current record; its value must stay valid until the cursor has been refilled twice. */
  addTo(picker: VersionPicker): void;
  close(): void;
}
