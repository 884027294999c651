// Where secrets stand in a settings file, in values, keys and comments: each is refused with the reason and with what to do
// instead. Must not print what it finds.

import { roleInstead, secretForms, secretKeyName } from './secret-forms.ts';
import { formatPath, type SettingsProblem } from './settings-problem.ts';
import type { SettingsSource } from './settings-source.ts';

/** Each secret once, at its place. */
export function findSecrets(text: string, source: SettingsSource): readonly SettingsProblem[] {
  const found = new Map<string, SettingsProblem>();
  for (const { what, pattern, instead } of secretForms) {
    for (const match of text.matchAll(pattern)) {
      const path = formatPath(source.pathAt(match.index));
      const place = source.placeAt(match.index);
      const key = path === '' ? `${place.line}` : path;
      if (!found.has(key)) found.set(key, problem(path, place, `holds ${what}`, instead));
    }
  }
  for (const path of secretKeys(source.data, [])) {
    const name = formatPath(path);
    if (!found.has(name)) {
      found.set(name, problem(name, source.placeOf(path, true), 'is a secret by its name', roleInstead));
    }
  }
  return [...found.values()];
}

function problem(
  path: string,
  place: { readonly line: number; readonly column: number },
  what: string,
  instead: string,
): SettingsProblem {
  return {
    severity: 'error',
    path,
    ...place,
    message: `${path === '' ? 'this line' : path} ${what}: settings hold no secrets, they are read by many and kept in git`,
    hint: `${instead}; then change the secret, since it was in a file`,
  };
}

function* secretKeys(
  value: unknown,
  path: readonly (string | number)[],
): Iterable<readonly (string | number)[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    const plain = key.replace(/([a-z])([A-Z])/g, '$1_$2');
    if (!Array.isArray(value) && secretKeyName.test(plain) && typeof item !== 'object') yield below;
    else yield* secretKeys(item, below);
  }
}
