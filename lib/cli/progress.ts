// The live display of a long run, on a terminal only: a line per finished phase and one line that is drawn again and
// again: phase, bar, bytes, rows, speed, time left. Must stay silent where nobody watches.

import type { Sink } from './host.ts';
import { formatBytes, formatCount, formatDuration, formatSpeed } from './render/quantity.ts';
import type { Style } from './render/style.ts';
import { cutTo, oneLine, padEndTo } from './render/text-width.ts';

/** What an operation tells while it works; bytes, rows (of an audit: objects) and tables (of a cut: metas) are sums since the phase began. */
export interface ProgressView {
  readonly phase: 'plan' | 'log' | 'tables' | 'load' | 'cut' | 'audit' | 'done';
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly tablesDone: number;
  readonly tablesTotal: number;
}

export interface Progress {
  report(event: ProgressView): void;
  /** A line that stays, above the live one. */
  note(text: string): void;
  /** Takes the live line away, so that what follows starts on a clean one. */
  finish(): Promise<void>;
}

export const silentProgress: Progress = { report: () => {}, note: () => {}, finish: async () => {} };

const phaseTitles: Readonly<Record<ProgressView['phase'], string>> = {
  plan: 'planning',
  log: 'reading log',
  tables: 'reading tables',
  load: 'writing',
  cut: 'cutting log',
  audit: 'auditing',
  done: 'done',
};

const redrawMs = 100;
const speedWindowMs = 4000;
const eraseLine = '\r\u001b[K';

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** A display on `sink`; times come from `nowMs`. */
export function liveProgress(sink: Sink, nowMs: () => number, style: Style): Progress {
  let phase: ProgressView | undefined;
  let phaseStartMs = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let samples: readonly Sample[] = [];
  let line = '';
  const write = (text: string): void => {
    void sink.write(text);
  };
  const endPhase = (): void => {
    if (phase === undefined || phase.phase === 'plan') return;
    write(`${eraseLine}${finishedLine(phase, nowMs() - phaseStartMs, style)}\n`);
  };
  return {
    report(event) {
      const now = nowMs();
      if (event.phase !== phase?.phase) {
        endPhase();
        phaseStartMs = now;
        samples = [];
        drawnMs = Number.NEGATIVE_INFINITY;
      }
      phase = event.phase === 'done' ? undefined : event;
      if (phase === undefined) {
        line = '';
        write(eraseLine);
        return;
      }
      samples = [
        ...samples.filter((sample) => now - sample.atMs <= speedWindowMs && sample.bytes <= event.bytesDone),
        { atMs: now, bytes: event.bytesDone },
      ];
      if (now - drawnMs < redrawMs) return;
      drawnMs = now;
      line = cutLine(phase, samples, now - phaseStartMs, sink.columns, style);
      write(eraseLine + line);
    },
    note(text) {
      write(`${eraseLine}${style.faint(`· ${oneLine(text)}`)}\n${line}`);
    },
    async finish() {
      if (line === '') return;
      line = '';
      phase = undefined;
      await sink.write(eraseLine);
    },
  };
}

function finishedLine(event: ProgressView, tookMs: number, style: Style): string {
  const parts = [
    event.bytesDone > 0 ? formatBytes(event.bytesDone) : '',
    event.rows > 0 ? `${formatCount(event.rows)} ${event.phase === 'audit' ? 'objects' : 'rows'}` : '',
    `in ${formatDuration(tookMs)}`,
    event.bytesDone > 1e6 && tookMs >= 500 ? formatSpeed(event.bytesDone, tookMs) : '',
  ];
  const facts = parts.filter((part) => part !== '').join('  ');
  return `${style.good('✓')} ${padEndTo(phaseTitles[event.phase], 14)}  ${style.faint(facts)}`;
}

function cutLine(
  event: ProgressView,
  samples: readonly Sample[],
  tookMs: number,
  columns: number,
  style: Style,
): string {
  const share = shareOf(event);
  const bytesPerMs = speedOf(samples);
  const unit = event.phase === 'cut' ? 'metas' : 'tables';
  // The least important last: a narrow terminal cuts from there.
  const facts = [
    share === undefined ? '' : `${Math.floor(share * 100)}%`.padStart(4),
    event.bytesTotal > 0
      ? `${formatBytes(event.bytesDone)} of ${formatBytes(event.bytesTotal)}`
      : event.bytesDone > 0
        ? formatBytes(event.bytesDone)
        : '',
    bytesPerMs === undefined || bytesPerMs <= 0 ? '' : formatSpeed(bytesPerMs * 1000, 1000),
    timeLeft(event, bytesPerMs, tookMs),
    event.rows > 0 ? `${formatCount(event.rows)} ${event.phase === 'audit' ? 'objects' : 'rows'}` : '',
    event.tablesTotal > 0 && event.phase !== 'log' ? `${event.tablesDone}/${event.tablesTotal} ${unit}` : '',
  ];
  const title = `  ${padEndTo(phaseTitles[event.phase], 14)}`;
  const bar = share === undefined ? '' : `  ${barOf(share, 20)}`;
  const tail = facts.filter((fact) => fact !== '').join('  ');
  const plain = cutTo(`${title}${bar}  ${tail}`, Math.max(20, columns - 1));
  return bar === '' ? plain : plain.replace(bar.trim(), style.accent(bar.trim()));
}

/** By bytes where they are known, else by tables; undefined when neither tells. */
function shareOf(event: ProgressView): number | undefined {
  // No table is done before the log is sorted: tables would tell 0 % all the time.
  if (event.phase === 'log' && event.bytesTotal === 0) return undefined;
  if (event.bytesTotal > 0) return Math.min(1, event.bytesDone / event.bytesTotal);
  return event.tablesTotal > 0 ? Math.min(1, event.tablesDone / event.tablesTotal) : undefined;
}

/** Bytes per millisecond over the last seconds; undefined while too little was seen to tell. */
function speedOf(samples: readonly Sample[]): number | undefined {
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (first === undefined || last === undefined || last.atMs - first.atMs < 300) return undefined;
  return (last.bytes - first.bytes) / (last.atMs - first.atMs);
}

function timeLeft(event: ProgressView, bytesPerMs: number | undefined, tookMs: number): string {
  if (bytesPerMs === undefined || bytesPerMs <= 0 || tookMs < 1000) return '';
  if (event.bytesDone >= event.bytesTotal) return '';
  const ms = Math.max(0, event.bytesTotal - event.bytesDone) / bytesPerMs;
  return `${formatDuration(Math.ceil(ms / 1000) * 1000)} left`;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of `width` columns, in eighths of a column. */
export function barOf(share: number, width: number): string {
  const filled = Math.floor(share * width * 8);
  const whole = '█'.repeat(Math.floor(filled / 8)) + (eighths[filled % 8] ?? '');
  return padEndTo(whole, width).replaceAll(' ', '░');
}
