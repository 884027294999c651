// Answers: the error for bytes of a key or row that no version of TiDB writes. It must not know objects or tables:
// who has the name of the object or of the table adds it.

import { PitrError } from '../../domain/errors.ts';

/** What was found at the end of a sentence of rowDamaged; keys and values are cut at this many bytes. */
const shownBytes = 32;

/** ROW_DAMAGED with what was expected and found. */
export function rowDamaged(what: string, expected: string, found: string): PitrError {
  return new PitrError('ROW_DAMAGED', `${what}: expected ${expected}, found ${found}`, {
    hint: 'restore the object these bytes come from out of a copy or an older version of the bucket',
    details: { what, expected, found },
  });
}

/** Bytes as lower-case hex, cut after 32 bytes (64 characters) so that a message stays readable. */
export function hexForMessage(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const stop = Math.min(end, start + shownBytes);
  let text = '';
  for (let at = start; at < stop; at++) text += hexByte(bytes[at] ?? 0);
  return stop < end ? `${text}…` : text;
}

/** One byte as two lower-case hex digits. */
export function hexByte(byte: number): string {
  return byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
}
