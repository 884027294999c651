// The document `pitr.operation/v1`. Field by field in docs/formats/json.md.

import type { CallReport } from '../control-operations.ts';
import { type JsonValue, toJsonValue } from './json.ts';

export function callJson({ cluster, operation, dryRun, place, answer, notes }: CallReport): {
  readonly [key: string]: JsonValue;
} {
  return { operation, cluster, dryRun, place, answer: toJsonValue(answer), notes };
}
