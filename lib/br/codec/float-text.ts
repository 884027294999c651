// Answers: floating-point numbers as TiDB prints them, in rows and inside JSON (CODEC §5, §11).
// It must not round: what is printed reads back as the same number (FLOAT beyond its limits excepted, as in TiDB).

const plainFrom = 1e-15;
const plainBelow = 1e15;

/** A DOUBLE cell: plain notation for 1e-15 ≤ |x| < 1e15 and 0, otherwise an exponent without plus (CODEC §11). */
export function doubleText(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < plainBelow) return String(x === 0 ? 0 : x);
  if (!Number.isFinite(x)) return x > 0 ? '+Inf' : x < 0 ? '-Inf' : 'NaN';
  return isPlain(x) ? plainText(x) : x.toExponential().replace('+', '');
}

/** A FLOAT cell, whose value was rounded to float32: shortest float32 digits, five decimals beyond the limits. */
export function floatText(x: number): string {
  if (!Number.isFinite(x) || isPlain(x)) return doubleText(shortestFloat32(x));
  const [mantissa = '', exponent = ''] = x.toExponential(5).split('e');
  return `${withoutTrailingZeros(mantissa)}e${exponent.replace('+', '')}`;
}

/** A double inside JSON: like a DOUBLE cell, with `.0` where plain notation has no point (CODEC §5). */
export function jsonDoubleText(x: number): string {
  if (Object.is(x, -0)) return '-0.0';
  const text = doubleText(x);
  return isPlain(x) && !text.includes('.') ? `${text}.0` : text;
}

/** A float32 in plain notation at any size, as a VECTOR prints its elements (CODEC §11). */
export function plainFloat32Text(x: number): string {
  if (!Number.isFinite(x)) return doubleText(x);
  return plainText(shortestFloat32(x));
}

/** The double whose shortest digits are the shortest digits that read back as the float32 `x`. */
export function shortestFloat32(x: number): number {
  if (!Number.isFinite(x)) return x;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.fround(candidate) === x) return candidate;
  }
  return Number(x.toPrecision(9));
}

function isPlain(x: number): boolean {
  const size = Math.abs(x);
  return x === 0 || (size >= plainFrom && size < plainBelow);
}

/** Shortest digits of a finite double, never with an exponent. */
function plainText(x: number): string {
  const text = String(x === 0 ? 0 : x);
  const at = text.indexOf('e');
  if (at < 0) return text;
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.slice(negative ? 1 : 0, at).split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(text.slice(at + 1));
  const sign = negative ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

function withoutTrailingZeros(mantissa: string): string {
  return mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
}
