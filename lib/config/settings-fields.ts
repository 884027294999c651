// The building blocks of the settings' shape: a text that a parser reads, with its words for people and its pattern for
// editors. Convention: the message of every issue is what was expected; `params.hint` is what to do.

import * as z from 'zod';
import { type NameForm, readName } from './aws-names.ts';
import { durationPattern, readDuration } from './duration.ts';
import { expected, type Reading } from './reading.ts';

/** What documents and editors tell of a field. */
export interface FieldWords {
  readonly description: string;
  /** The first one is shown when the field is missing. */
  readonly examples: readonly unknown[];
  readonly pattern?: string;
}

/** A text that `read` understands. `what` is said when it is no text at all. */
export function textField<T>(what: string, read: (text: string) => Reading<T>, words: FieldWords) {
  return z
    .string({ error: () => what })
    .meta({ ...words })
    .transform((text, context): T => {
      const reading = read(text);
      if ('value' in reading) return reading.value;
      context.issues.push({
        code: 'custom',
        message: reading.expected,
        input: text,
        params: { hint: reading.hint },
      });
      return z.NEVER;
    });
}

/** A name of one of the known forms. */
export function nameField(form: NameForm, description: string, ...examples: readonly string[]) {
  return textField(form.expected, (text) => readName(text, form), {
    description,
    examples,
    pattern: form.pattern,
  });
}

/** A length of time within bounds, in ms. */
export function durationField(
  least: string,
  most: string,
  description: string,
  ...examples: readonly string[]
) {
  const form = `a length of time from ${least} to ${most} such as ${examples[0] ?? least}`;
  const bound = (text: string): number => {
    const reading = readDuration(text);
    return 'value' in reading ? reading.value : Number.NaN;
  };
  const [leastMs, mostMs] = [bound(least), bound(most)];
  const read = (text: string): Reading<number> => {
    const reading = readDuration(text);
    if ('expected' in reading) return { ...reading, expected: form };
    return reading.value >= leastMs && reading.value <= mostMs ? reading : expected(form);
  };
  return textField(form, read, { description, examples, pattern: durationPattern });
}

/** A whole number within bounds. */
export function countField(least: number, most: number, description: string, ...examples: readonly number[]) {
  const form = `a whole number from ${least} to ${most}`;
  return z
    .int({ error: () => form })
    .min(least, { error: () => form })
    .max(most, { error: () => form })
    .meta({ description, examples });
}

/** One of a few words. */
export function choiceField<const T extends readonly [string, ...string[]]>(choices: T, description: string) {
  return z.enum(choices, { error: () => `one of ${choices.join(', ')}` }).meta({ description });
}

/** A list with at least `least` items, none twice. */
export function listField<T extends z.ZodType>(
  item: T,
  least: number,
  description: string,
  ...examples: readonly unknown[]
) {
  const form = least === 0 ? 'a list' : 'a list with at least one item';
  return z
    .array(item, { error: () => `${form}, each on a line of its own after "- "` })
    .min(least, { error: () => form })
    .max(64, { error: () => `${form} and at most 64` })
    .meta({ description, examples });
}

/** A mapping with exactly these keys. */
export function mapField<T extends z.ZodRawShape>(shape: T, description: string, extra: object = {}) {
  const keys = Object.keys(shape);
  const form = `a mapping with ${keys.length === 1 ? 'the key' : 'keys such as'} ${keys.slice(0, 4).join(', ')}`;
  return z.strictObject(shape, { error: () => form }).meta({ description, ...extra });
}
