// zod's issues as findings in our words: what stands there, what was expected, what to do; misspelt and misplaced keys with
// the key that was meant. Must not know single fields.

import type * as z from 'zod';
import { nearestWord } from './nearest-word.ts';
import { placesOf, type SchemaNode, schemaAt } from './settings-json-schema.ts';
import { type Finding, formatPath, showValue } from './settings-problem.ts';
import type { Path, SettingsSource } from './settings-source.ts';

/** A mapping with more unknown keys is another kind of file. */
const mostKeys = 20;

type Issue = z.core.$ZodIssue;

/** All findings of a failed parse of what stands at `base`. */
export function findingsOf(issues: readonly Issue[], base: Path, source: SettingsSource): readonly Finding[] {
  const unknown = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    return issue.keys.slice(0, mostKeys).map((key) => unknownKey([...base, ...pathOf(issue)], key, source));
  });
  const meant = new Set(unknown.map((finding) => finding.meant).filter((path) => path !== undefined));
  const others = issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map((issue) => valueFinding(issue, [...base, ...pathOf(issue)], source))
    // A key that is misspelt is not told as missing, too.
    .filter((finding) => !meant.has(formatPath(finding.path)));
  return [...unknown.map(({ finding }) => finding), ...others];
}

function pathOf(issue: Issue): Path {
  return issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
}

function valueFinding(issue: Issue, path: Path, source: SettingsSource): Finding {
  const value = source.valueAt(path);
  const choices = choicesOf(issue, path, source);
  if (choices !== undefined && value !== undefined) return wrongChoice(path, value, choices);
  const hint = issue.code === 'custom' ? hintOf(issue.params) : undefined;
  const name = formatPath(path) || 'the file';
  if (value !== undefined) {
    const message = `${name} is ${showValue(value)}, expected ${issue.message}`;
    return { severity: 'error', path, message, hint: hint ?? wrongKindHint(value, issue) };
  }
  if (hint !== undefined)
    return { severity: 'error', path, message: `${name} is missing: ${issue.message}`, hint };
  const schema = schemaAt(path, source.valueAt);
  return {
    severity: 'error',
    path,
    message: `${name} is missing, expected ${issue.message}`,
    hint: exampleHint(path, schema),
  };
}

/** The words of which one was expected, when it is so. */
function choicesOf(issue: Issue, path: Path, source: SettingsSource): readonly string[] | undefined {
  if (issue.code === 'invalid_value' && issue.values.length > 1) return issue.values.map(String);
  if (issue.code !== 'invalid_union' || path.at(-1) !== 'kind') return undefined;
  const forms = schemaAt(path.slice(0, -1), source.valueAt)?.oneOf ?? [];
  return forms.map((form) => String(form.properties?.['kind']?.const));
}

function wrongChoice(path: Path, value: unknown, choices: readonly string[]): Finding {
  const near = typeof value === 'string' ? nearestWord(value, choices) : undefined;
  return {
    severity: 'error',
    path,
    message: `${formatPath(path)} is ${showValue(value)}, expected one of ${choices.join(', ')}`,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  };
}

function hintOf(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const hint = params?.['hint'];
  return typeof hint === 'string' ? hint : undefined;
}

/** YAML reads 8.5 as a number and `a: b` as a mapping: say so where text was meant. */
function wrongKindHint(value: unknown, issue: Issue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return 'put it in quotes if it is meant as text';
  }
  if (issue.expected === 'array' && typeof value === 'string') return `write it as a list of one: [${value}]`;
  return undefined;
}

function exampleHint(path: Path, schema: SchemaNode | undefined): string | undefined {
  const key = path.at(-1);
  const isList = schema?.items !== undefined;
  const example = schema?.const ?? schema?.examples?.[0] ?? schema?.items?.examples?.[0];
  if (typeof key !== 'string' || typeof example === 'object' || example === undefined) return undefined;
  return `add for example ${key}: ${isList ? `[${String(example)}]` : String(example)}`;
}

interface UnknownKey {
  readonly finding: Finding;
  /** The path that was meant, when it is clear. */
  readonly meant: string | undefined;
}

function unknownKey(parent: Path, key: string, source: SettingsSource): UnknownKey {
  const schema = schemaAt(parent, source.valueAt);
  const known = Object.keys(schema?.properties ?? {});
  const where = parent.length === 0 ? 'the file' : formatPath(parent);
  const taken = known.filter((name) => source.valueAt([...parent, name]) === undefined);
  const near = nearestWord(key, taken) ?? nearestWord(key, known);
  const places = placesOf(key).map((place) => (place === '' ? 'the top of the file' : place));
  const hint =
    places.length > 0 && known.every((name) => name.toLowerCase() !== key.toLowerCase())
      ? `${key} belongs below ${places.join(' or ')}`
      : near === undefined
        ? `known are ${known.join(', ')}`
        : `did you mean ${near}?`;
  return {
    finding: {
      severity: 'error',
      path: [...parent, key],
      isAboutKey: true,
      message: `${formatPath([...parent, key])} is not known in ${where}`,
      hint,
    },
    meant: near === undefined ? undefined : formatPath([...parent, near]),
  };
}
