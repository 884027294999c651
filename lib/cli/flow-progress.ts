// A restore as it goes on, on stderr: on a terminal a line per state that is over and one that is drawn again and again, plain lines
// elsewhere. Silent with --quiet, and with --json where nobody looks.

import type { RestoreClusterEvent } from '../operations/restore-cluster.ts';
import type { CliHost, Sink } from './host.ts';
import type { RawOptions } from './program.ts';
import { barOf } from './progress.ts';
import { formatDuration } from './render/quantity.ts';
import { stateWords, stepWords } from './render/restore-cluster-words.ts';
import { chooseStyle, type Style } from './render/style.ts';
import { cutTo, oneLine, padEndTo } from './render/text-width.ts';

export interface FlowProgress {
  tell(event: RestoreClusterEvent): void;
  /** Takes the live line away. May be called twice. */
  finish(): Promise<void>;
}

export function flowProgress(host: CliHost, options: RawOptions): FlowProgress {
  const { stderr, nowMs, env } = host;
  const isLive = stderr.isTty;
  if (options.quiet === true || (options.json === true && !isLive)) {
    return { tell: () => {}, finish: async () => {} };
  }
  const style = chooseStyle(isLive, env);
  return isLive ? liveLines(stderr, nowMs, style) : plainLines(stderr, style);
}

/** Lines that stay, in both forms. */
function notesOf(event: RestoreClusterEvent, style: Style): readonly string[] {
  switch (event.kind) {
    case 'started':
      return [
        `${style.strong('begun')} ${oneLine(event.execution)}`,
        `  ${style.faint(oneLine(event.place))}`,
      ];
    case 'trouble':
      return [`${style.warn('note:')} ${oneLine(event.problem)}`];
    default:
      return [];
  }
}

type WorkEvent = Extract<RestoreClusterEvent, { readonly kind: 'work' }>;

/** A tenth further, another step, another attempt: then there is a new line. */
function plainLines(sink: Sink, style: Style): FlowProgress {
  let told = '';
  const write = (line: string) => void sink.write(`${line}\n`);
  return {
    tell(event) {
      for (const line of notesOf(event, style)) write(line);
      if (event.kind === 'state') {
        const words = stateWords(event.at);
        if (words !== undefined) write(words);
        told = '';
      } else if (event.kind === 'work') {
        const key = `${event.attempt} ${event.step} ${Math.floor((event.fraction ?? 0) * 10)}`;
        if (key !== told) write(`  ${workText(event)}`);
        told = key;
      }
    },
    finish: async () => {},
  };
}

function workText({ step, fraction, attempt }: WorkEvent): string {
  const share = fraction === null ? '' : `, ${Math.floor(fraction * 100)}%`;
  return `${stepWords(step)}${share}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
}

const eraseLine = '\r\u001b[K';

interface Shown {
  readonly words: string;
  readonly sinceMs: number;
}

function liveLines(sink: Sink, nowMs: () => number, style: Style): FlowProgress {
  let shown: Shown | undefined;
  let line = '';
  const write = (text: string) => void sink.write(text);
  const draw = (text: string) => {
    line = cutTo(text, Math.max(20, sink.columns - 1));
    write(eraseLine + line);
  };
  const endState = () => {
    if (shown === undefined) return;
    const took = style.faint(`in ${formatDuration(nowMs() - shown.sinceMs)}`);
    write(`${eraseLine}${style.good('✓')} ${padEndTo(shown.words, 28)}  ${took}\n`);
  };
  const finish = async () => {
    if (line === '') return;
    line = '';
    shown = undefined;
    await sink.write(eraseLine);
  };
  return {
    tell(event) {
      for (const note of notesOf(event, style)) write(`${eraseLine}${note}\n${line}`);
      if (event.kind === 'work') draw(`  ${liveWork(event, style)}`);
      if (event.kind !== 'state') return;
      const words = stateWords(event.at);
      if (words === undefined || words === shown?.words) return;
      endState();
      shown = { words, sinceMs: nowMs() };
      draw(`  ${words} …`);
    },
    finish,
  };
}

function liveWork(event: WorkEvent, { accent }: Style): string {
  const { step, fraction, attempt } = event;
  const bar =
    fraction === null
      ? '…'
      : `${accent(barOf(fraction, 20))} ${`${Math.floor(fraction * 100)}%`.padStart(4)}`;
  return `${padEndTo(stepWords(step), 28)}  ${bar}${attempt > 1 ? `  attempt ${attempt}` : ''}`;
}
