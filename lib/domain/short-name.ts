// Names that were made elsewhere as parts of names of ours: only certain characters, only so long, and two different names never
// become one. Pure; knows no rule of who takes which.

/**
 * The text with every character outside `A-Z a-z 0-9 -` as `_` and its code, so that it can be told back, and shortened to
 * `longest` with a digest of the whole at its end. Begins with a letter or digit. Empty for an empty text.
 */
export function shortName(text: string, longest: number): string {
  const plain = [...text]
    .map((one) => (/[A-Za-z0-9-]/.test(one) ? one : `_${(one.codePointAt(0) ?? 0).toString(16)}_`))
    .join('');
  // No escape begins like this, so that it is nobody else's name.
  const begun = /^[A-Za-z0-9]/.test(plain) || plain === '' ? plain : `x_${plain}`;
  if (begun.length <= longest) return begun;
  return `${begun.slice(0, longest - 17)}-${digestOf(text)}`;
}

/** FNV-1a, 64 bits, 16 hex digits: tells names apart, and keeps nobody from making two alike on purpose. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
