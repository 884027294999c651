// One name pattern of a table filter: reading it, and matching a name against it in at most pattern × name steps
// (a regular expression could take for ever on patterns such as *a*a*a*b).

import { PitrError } from './errors.ts';

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'one' }
  | { readonly kind: 'sign'; readonly sign: string }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

export type Glob = readonly Token[];

/** Signs that stand for themselves without quotes: as br, and `-`, which many database names have. */
function isPlain(sign: string): boolean {
  return sign >= '\u0080' || /[0-9A-Za-z_$-]/.test(sign);
}

/** Reads one pattern at `from` (0-based) and tells where it ends. Throws INVALID_TABLE_FILTER. */
export function readGlob(
  text: string,
  from: number,
  expected: string,
): { readonly glob: Glob; readonly end: number } {
  const quote = text[from];
  if (quote === '`' || quote === '"') return readQuoted(text, from, quote);
  if (quote === '/') throw invalidFilter(text, from, `${expected}; regular expressions are not read`);
  if (quote === '@') throw invalidFilter(text, from, `${expected}; filter files are not read`);
  const glob: Token[] = [];
  let at = from;
  while (at < text.length) {
    const read = readToken(text, at);
    if (read === undefined) break;
    glob.push(...read.tokens);
    at = read.end;
  }
  if (glob.length === 0) throw invalidFilter(text, from, expected);
  return { glob, end: at };
}

function readToken(text: string, at: number): { tokens: Token[]; end: number } | undefined {
  const sign = signAt(text, at);
  if (sign === '*') return { tokens: [{ kind: 'star' }], end: at + 1 };
  if (sign === '?') return { tokens: [{ kind: 'one' }], end: at + 1 };
  if (sign === '[') return readClass(text, at);
  if (sign === '\\') {
    const next = signAt(text, at + 1);
    if (next === '' || /[0-9A-Za-z]/.test(next))
      throw invalidFilter(text, at + 1, 'a sign that is no letter or digit');
    return { tokens: literal(next), end: at + 1 + next.length };
  }
  return isPlain(sign) ? { tokens: literal(sign), end: at + sign.length } : undefined;
}

function signAt(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? '' : String.fromCodePoint(point);
}

/** The lower case of one sign can be two. */
function literal(sign: string): Token[] {
  return [...sign.toLowerCase()].map((lower) => ({ kind: 'sign', sign: lower }));
}

/** `[a-z0-9_]` or `[!…]`; `]`, `\` and a first `^` inside are written with a backslash. */
function readClass(text: string, from: number): { tokens: Token[]; end: number } {
  let at = from + 1;
  const negated = text[at] === '!';
  if (negated) at++;
  else if (text[at] === '^') throw invalidFilter(text, at, '! to negate the class');
  const ranges: [string, string][] = [];
  while (text[at] !== ']') {
    const low = readClassSign(text, at);
    at = low.end;
    if (text[at] !== '-' || text[at + 1] === ']') {
      ranges.push([low.sign, low.sign]);
      continue;
    }
    const high = readClassSign(text, at + 1);
    if (pointOf(high.sign) < pointOf(low.sign)) {
      throw invalidFilter(text, at + 1, `a sign that is not before "${low.sign}"`);
    }
    ranges.push([low.sign, high.sign]);
    at = high.end;
  }
  if (ranges.length === 0) throw invalidFilter(text, at, 'a sign of the class');
  return { tokens: [{ kind: 'class', negated, ranges }], end: at + 1 };
}

function readClassSign(text: string, at: number): { sign: string; end: number } {
  const start = text[at] === '\\' ? at + 1 : at;
  const sign = signAt(text, start);
  if (sign === '') throw invalidFilter(text, text.length, '] to close the class');
  return { sign, end: start + sign.length };
}

function readQuoted(text: string, from: number, quote: string): { glob: Glob; end: number } {
  const glob: Token[] = [];
  let at = from + 1;
  for (;;) {
    const sign = signAt(text, at);
    if (sign === '') throw invalidFilter(text, text.length, `${quote} to close the name`);
    at += sign.length;
    if (sign === quote) {
      if (text[at] !== quote) break;
      at++;
    }
    glob.push(...literal(sign));
  }
  if (glob.length === 0) throw invalidFilter(text, at - 1, 'a name between the quotes');
  return { glob, end: at };
}

/** Whether the whole name (lower case, split into signs) fits the pattern. */
export function matchesGlob(glob: Glob, name: readonly string[]): boolean {
  let token = 0;
  let sign = 0;
  let star = -1;
  let starSign = 0;
  while (sign < name.length) {
    const current = glob[token];
    if (current?.kind === 'star') {
      star = token++;
      starSign = sign;
    } else if (current !== undefined && fits(current, name[sign] as string)) {
      token++;
      sign++;
    } else if (star >= 0) {
      // Only the last star has to give way: what came before it already fits in the earliest place.
      token = star + 1;
      sign = ++starSign;
    } else return false;
  }
  while (glob[token]?.kind === 'star') token++;
  return token === glob.length;
}

function fits(token: Token, sign: string): boolean {
  switch (token.kind) {
    case 'star':
    case 'one':
      return true;
    case 'sign':
      return token.sign === sign;
    case 'class': {
      const upper = sign.toUpperCase();
      const inside = inRanges(token.ranges, sign) || (upper.length === 1 && inRanges(token.ranges, upper));
      return inside !== token.negated;
    }
    default:
      return token satisfies never;
  }
}

function inRanges(ranges: readonly (readonly [string, string])[], sign: string): boolean {
  const point = pointOf(sign);
  return ranges.some(([low, high]) => pointOf(low) <= point && point <= pointOf(high));
}

function pointOf(sign: string): number {
  return sign.codePointAt(0) ?? 0;
}

/** The one error of this syntax. `at` is 0-based. */
export function invalidFilter(text: string, at: number, expected: string): PitrError {
  const found = at < text.length ? `"${String.fromCodePoint(text.codePointAt(at) ?? 0)}"` : 'the end';
  return new PitrError(
    'INVALID_TABLE_FILTER',
    `the table filter "${text}" is not understood at position ${at + 1}: found ${found}, expected ${expected}`,
    {
      hint: 'write rules such as shop.* or !shop.tmp_*, separated by commas; quote other names as `my.table`',
      details: { text, position: at + 1, expected },
    },
  );
}
