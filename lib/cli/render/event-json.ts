// One line of `pitr local up --json`: an object of the schema `pitr.event/v1`. docs/formats/json.md has its fields.

import { toJsonValue } from './json.ts';

/** Without its line break: an object per line is what collectors of logs read. */
export function eventLine(fields: { readonly kind: string; readonly [name: string]: unknown }): string {
  return JSON.stringify({ schema: 'pitr.event/v1', ...Object(toJsonValue(fields)) });
}
