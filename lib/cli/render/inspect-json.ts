// The document `pitr.inspect/v1`: the object, what it is, and its content; bytes as lower-case hex.

import { type JsonValue, toJsonValue } from './json.ts';
import type { InspectView } from './report-views.ts';

export function inspectJson(view: InspectView): { readonly [key: string]: JsonValue } {
  return { object: view.object, kind: view.kind, document: toJsonValue(view.document) };
}
