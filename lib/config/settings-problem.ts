// One mistake or doubt in a settings file, with its place. Values in, values out.

import { redactSecrets } from './secret-forms.ts';

export type Severity = 'error' | 'warning';

export interface SettingsProblem {
  /** An error refuses the file; a warning does not. */
  readonly severity: Severity;
  /** `clusters[0].policy.snapshot.zone`; empty for the file as a whole. */
  readonly path: string;
  /** From 1; of the value, of the key when it is the key that is wrong, of the mapping when something is missing in it. */
  readonly line: number;
  readonly column: number;
  /** What was found and what was expected; lower case, no period. */
  readonly message: string;
  readonly hint: string | undefined;
}

/** A finding before its place in the file is known. */
export interface Finding {
  readonly severity: Severity;
  readonly path: readonly (string | number)[];
  /** Whether the key itself is wrong, not its value. */
  readonly isAboutKey?: boolean;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** `['clusters', 0, 'name']` → `clusters[0].name`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      return /^[A-Za-z0-9_-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** A value as a message shows it: short, on one line, with its kind where that is the surprise. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (typeof value === 'string') {
    const shown = redactSecrets(value);
    return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 77)}…` : shown);
  }
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}
