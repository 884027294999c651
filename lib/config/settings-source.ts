// The text of a settings file as data that remembers where each value stands. Reads YAML 1.2 with merge keys; tells every
// mistake of syntax with its place, never with the text around it (it may hold a secret). Knows nothing of settings.

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
  YAMLParseError,
} from 'yaml';
import { redactSecrets } from './secret-forms.ts';
import type { SettingsProblem } from './settings-problem.ts';

export type Path = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface SettingsSource {
  /** Plain data, keys with empty values left out; undefined when the syntax is wrong. */
  readonly data: unknown;
  readonly problems: readonly SettingsProblem[];
  /** Of the value at the path, or of the nearest mapping around it; of its key on request. */
  readonly placeOf: (path: Path, isAboutKey?: boolean) => Place;
  /** What stands at the path; undefined when nothing does. */
  readonly valueAt: (path: Path) => unknown;
  /** The path of the innermost value around an offset of the text. */
  readonly pathAt: (offset: number) => Path;
  readonly placeAt: (offset: number) => Place;
}

/** A settings file is a page, not a book: longer texts are refused before they are read. */
const longestText = 128 * 1024;
/** The parser of YAML recurses; nothing of ours is deeper than eight. */
const deepestNesting = 100;

/** One slip in YAML can be told a thousand times. */
const mostFaults = 20;

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with blanks: YAML takes no tabs',
  BAD_INDENT: 'keys of one mapping stand below each other, two blanks deeper than the key they belong to',
  DUPLICATE_KEY: 'keep one of the two',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line, with a colon and a blank after it',
  MISSING_CHAR: 'close the quote or the bracket that was opened before',
  BAD_ALIAS: 'an alias (*name) needs its anchor (&name) before it',
  MULTIPLE_DOCS: 'a settings file holds one document: take the line --- away',
};

/** Never throws, whatever the text. */
export function readSource(text: string): SettingsSource {
  if (text.length > longestText) {
    return refused(
      `the file has ${text.length} characters, expected at most ${longestText}`,
      'is this the right file?',
    );
  }
  if (deepestOf(text) > deepestNesting) {
    return refused(`the file nests deeper than ${deepestNesting} levels`, 'is this the right file?');
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: 'error',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: readonly YAMLError[] = [
    ...document.errors,
    ...document.warnings,
    ...danglingAliases(document),
  ];
  const problems = faults.slice(0, mostFaults).map(
    (error): SettingsProblem => ({
      severity: 'error',
      path: '',
      ...placeAt(error.pos[0]),
      message: `this is not YAML: ${sentence(error.message)}`,
      hint:
        syntaxHints[error.code] ??
        'look at the line and the one before it: quotes, colons, blanks at the beginning',
    }),
  );
  const data = problems.length > 0 ? undefined : plainData(document);
  if (data instanceof Error)
    return refused(`the aliases of the file cannot be followed: ${sentence(data.message)}`);
  return {
    data,
    problems,
    placeAt,
    placeOf: (path, isAboutKey = false) => placeAt(offsetOf(document, path, isAboutKey)),
    valueAt: (path) => valueAt(data, path),
    pathAt: (offset) => pathAt(document, offset),
  };
}

function refused(message: string, hint?: string): SettingsSource {
  const start = { line: 1, column: 1 };
  return {
    data: undefined,
    problems: [{ severity: 'error', path: '', ...start, message, hint }],
    placeAt: () => start,
    placeOf: () => start,
    valueAt: () => undefined,
    pathAt: () => [],
  };
}

/** The most brackets open at once, or marks and blanks before a line's content: by these the parser recurses. */
function deepestOf(text: string): number {
  let open = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '[' || char === '{') deepest = Math.max(deepest, ++open);
    else if (char === ']' || char === '}') open -= 1;
  }
  for (const [before] of text.matchAll(/^[ \t?:-]+/gm)) {
    const marks = before.replace(/[ \t]/g, '').length;
    deepest = Math.max(deepest, marks, Math.floor((before.length - marks) / 8));
  }
  return deepest;
}

/** The library tells these only when data is made, and without their place. */
function danglingAliases(document: Document): readonly YAMLError[] {
  const found: YAMLError[] = [];
  visit(document, {
    Alias: (_, alias) => {
      const [from, to] = alias.range ?? [0, 0];
      const message = 'an alias has no anchor of its name before it';
      if (alias.resolve(document) === undefined)
        found.push(new YAMLParseError([from, to], 'BAD_ALIAS', message));
    },
  });
  return found;
}

function sentence(message: string): string {
  const first = redactSecrets((message.split('\n')[0] ?? '').slice(0, 160));
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, '');
}

function plainData(document: Document): unknown {
  try {
    return withoutEmpty(document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `key:` with nothing after it says as much as no key at all: the commented lines below it are its value. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutEmpty(item)]));
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** Walks as far as the path goes: what came by a merge or is missing has the place of what is around it. */
function offsetOf(document: Document, path: Path, isAboutKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) return offset;
    const isLast = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      offset = (isLast && isAboutKey ? undefined : startOf(pair.value)) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      node = node.get(step, true);
      offset = startOf(node) ?? offset;
    }
  }
  return offset;
}

/** Of an empty value its key counts. */
function startOf(node: unknown): number | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return isScalar(node) && node.value === null && node.range[0] === node.range[1] ? undefined : node.range[0];
}

function pathAt(document: Document, offset: number): Path {
  const path: (string | number)[] = [];
  let node: unknown = document.contents;
  while (isCollection(node)) {
    const items: readonly unknown[] = node.items;
    const index = items.findIndex((item) => {
      const first = isPair(item) ? item.key : item;
      const last = isPair(item) ? (item.value ?? item.key) : item;
      const [from, to] = [
        isNode(first) ? first.range?.[0] : undefined,
        isNode(last) ? last.range?.[1] : undefined,
      ];
      return from !== undefined && to !== undefined && from <= offset && offset <= to;
    });
    const item = items[index];
    if (item === undefined) break;
    path.push(isPair(item) ? String(isScalar(item.key) ? item.key.value : '') : index);
    node = isPair(item) ? item.value : item;
  }
  return path;
}
