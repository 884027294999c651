// The environment of each function as text, by the names that lib/config/functions.ts declares: a variable that is missing here
// does not compile, and one that is too long for Lambda is told at synth. Must not choose values.

import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type FunctionName, factsOf, type VariableName } from '../config/functions.ts';
import { PitrError } from '../domain/errors.ts';

/** A text for every variable that any function reads; undefined: this cluster has none. */
export type VariableTexts = Readonly<Record<VariableName, string | undefined>>;

/** What Lambda allows for all names and values of one function. */
const mostBytes = 4096;
/** How long what is known at deployment only may become; anything else is counted as an ARN with a long name. */
const longest: Readonly<Record<string, number>> = {
  'AWS::AccountId': 12,
  'AWS::Partition': 10,
  'AWS::Region': 16,
  'AWS::URLSuffix': 18,
};
const longestArn = 150;

/** The variables of a function. Errors: INVALID_INPUT when they may be too long for Lambda, with what to shorten. */
export function environmentOf(
  scope: Construct,
  name: FunctionName,
  texts: VariableTexts,
): Readonly<Record<string, string>> {
  const { environment, withTls = [] } = factsOf(name);
  const missing = environment.find((variable) => texts[variable] === undefined);
  if (missing !== undefined) throw new PitrError('INTERNAL', `${name} has no ${missing}`);
  const entries = [...environment, ...withTls].flatMap((variable) => {
    const text = texts[variable];
    return text === undefined ? [] : [[variable, text] as const];
  });
  checkLength(scope, name, entries);
  return Object.fromEntries(entries);
}

function checkLength(
  scope: Construct,
  name: FunctionName,
  entries: readonly (readonly [VariableName, string])[],
): void {
  const sizes = entries.map(([variable, text]) => ({
    variable,
    bytes: variable.length + lengthOf(scope, text),
  }));
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  if (bytes <= mostBytes) return;
  const parts = sizes.toSorted((a, b) => b.bytes - a.bytes).map((size) => `${size.variable} ${size.bytes}`);
  throw new PitrError(
    'INVALID_INPUT',
    `the environment of ${name} of the cluster ${scope.node.id} takes ${bytes} bytes (${parts.join(', ')}), expected at most ${mostBytes}`,
    {
      hint: 'shorten what the settings list: addresses of PD, SNS topics, tags of machines; name a secret instead of a long URL of a webhook',
      details: { function: name, bytes, limit: mostBytes },
    },
  );
}

/** Bytes of a text, what is known at deployment only as long as it may become. */
function lengthOf(scope: Construct, text: string): number {
  return lengthOfValue(Stack.of(scope).resolve(text));
}

/** Of a resolved value: a text, a reference, or texts and references joined. */
function lengthOfValue(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const { Ref, 'Fn::Join': join }: Readonly<Record<string, unknown>> = { ...(value as object) };
  if (typeof Ref === 'string') return longest[Ref] ?? longestArn;
  if (Array.isArray(join) && Array.isArray(join[1])) {
    return join[1].reduce((sum: number, part) => sum + lengthOfValue(part), 0);
  }
  return longestArn;
}
