// The newest snapshots, cuts and restores as an aligned list, a failure below its run.

import type { RecentRun } from '../../operations/recent-runs.ts';
import type { TextPage } from '../command-context.ts';
import type { Paint, Style } from './style.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

export function runLines(runs: readonly RecentRun[], page: TextPage): readonly string[] {
  if (runs.length === 0) return ['  none yet'];
  return runs.flatMap((run) => [oneRun(run, page.style), ...failureLines(run, page)]);
}

function oneRun({ work, atMs, state, about, progress }: RecentRun, style: Style): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
  const share = progress === undefined ? '' : ` ${Math.floor(progress * 100)}%`;
  const shown = paintOf(state, style)(padEndTo(oneLine(`${state}${share}`), 12));
  return `  ${style.faint(`${time} UTC`)}  ${padEndTo(work, 10)}  ${shown}  ${oneLine(about)}`.trimEnd();
}

function failureLines({ failure }: RecentRun, { columns }: TextPage): readonly string[] {
  if (failure === undefined) return [];
  const { code, message } = failure;
  return wrapWords(oneLine(`${code}: ${message}`), columns - 27).map((line) => `${' '.repeat(27)}${line}`);
}

function paintOf(state: string, style: Style): Paint {
  if (state === 'failed' || state === 'refused') return style.bad;
  return state === 'complete' || state === 'done' ? style.good : style.accent;
}
