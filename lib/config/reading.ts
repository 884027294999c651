// What reading a text gives: the value, or what was expected instead. Parsers of settings answer with it, so that several
// mistakes can be told at once. Must not throw, and not know where in a file the text stands.

/** The value, or what was expected (`a duration such as 30d`) and, where there is more to say, what to do. */
export type Reading<T> =
  | { readonly value: T }
  | { readonly expected: string; readonly hint?: string | undefined };

/** A refusal: what was expected, and what to do. */
export function expected(what: string, hint?: string): Reading<never> {
  return hint === undefined ? { expected: what } : { expected: what, hint };
}
