// Colours, only where a person looks: a terminal, and NO_COLOR not set. Meaning never hangs on colour alone.
// Must not be asked for by anything whose output a program reads.

export type Paint = (text: string) => string;

export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly accent: Paint;
}

const same: Paint = (text) => text;

/** No colours at all. */
export const plainStyle: Style = {
  strong: same,
  faint: same,
  good: same,
  warn: same,
  bad: same,
  accent: same,
};

const sequence = (open: number, close: number): Paint => {
  return (text) => (text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`);
};

/** The sixteen colours every terminal has, in the person's own palette. */
export const ansiStyle: Style = {
  strong: sequence(1, 22),
  faint: sequence(2, 22),
  good: sequence(32, 39),
  warn: sequence(33, 39),
  bad: sequence(31, 39),
  accent: sequence(36, 39),
};

/** https://no-color.org: colours are off when NO_COLOR is there and not empty. */
export function chooseStyle(isTty: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  if (!isTty || env['TERM'] === 'dumb') return plainStyle;
  return (env['NO_COLOR'] ?? '') === '' ? ansiStyle : plainStyle;
}
