// What the keeper of the log task did and will do: for a person as aligned rows, for programs as a part of the status document.

import type { AdoptedTask, AlarmLevel, KeeperEpoch, KeeperRecord } from '../../domain/state/keeper-record.ts';
import type { TextPage } from '../command-context.ts';
import { instantJson, instantText, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { Paint, Style } from './style.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

const utc = (ms: number) => new Date(ms).toISOString();
const optionalUtc = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : utc(ms));
const labelWidth = 13;
/** Epochs that a person reads about. */
const shownEpochs = 5;

export function keeperLines(keeper: KeeperRecord, page: TextPage): readonly string[] {
  const { state, sinceMs, cause, reason, attempts, next, alarms, epochs, adopted } = keeper;
  const why = [cause === 'none' ? '' : cause, reason].filter((part) => part !== '').join(': ');
  const last = attempts.at(-1);
  const plain = (text: string) => text;
  return [
    ...row('state', `${state} since ${utc(sinceMs)}${why === '' ? '' : `, ${why}`}`, plain, page),
    ...(adopted === null ? [] : row('task', adoptedWords(adopted), plain, page)),
    ...row(
      'did last',
      last === undefined
        ? 'nothing within a day'
        : `${last.action} at ${utc(last.atMs)}: ${outcomeWords[last.outcome]}; ${last.why}`,
      plain,
      page,
    ),
    ...row(
      'does next',
      next === null ? 'nothing' : `${next.action} at ${utc(next.atMs)}: ${next.why}`,
      plain,
      page,
    ),
    ...alarms
      .filter(({ level }) => level !== 'ok')
      .flatMap(({ name, level, sentence }) =>
        row('alarm', `${level} ${name}: ${sentence}`, paintOf(level, page.style), page),
      ),
    ...epochs.slice(-shownEpochs).flatMap((epoch) => row('epoch', epochWords(epoch), plain, page)),
  ];
}

function adoptedWords({ name, path, atMs, who }: AdoptedTask): string {
  return `${name} in ${path}, adopted at ${utc(atMs)} by ${who}`;
}

const outcomeWords = { open: 'not proven yet', worked: 'it helped', failed: 'it did not help' } as const;

function epochWords({ path, startTs, endTs, why }: KeeperEpoch): string {
  const end = endTs === null ? 'goes on' : `to ${instantText(endTs)}: ${why}`;
  return `${path}, from ${instantText(startTs)}, ${end}`;
}

function paintOf(level: AlarmLevel, style: Style): Paint {
  return level === 'critical' ? style.bad : style.warn;
}

function row(label: string, value: string, paint: Paint, { style, columns }: TextPage): readonly string[] {
  const lines = wrapWords(oneLine(value), columns - labelWidth - 2);
  return lines.map((line, index) => {
    const head = index === 0 ? style.faint(padEndTo(label, labelWidth)) : ' '.repeat(labelWidth);
    return `  ${head}${paint(line)}`.trimEnd();
  });
}

export function keeperJson(keeper: KeeperRecord): JsonValue {
  const { state, sinceMs, decidedMs, cause, reason, pausedBy, attempts, next, alarms, epochs, adopted } =
    keeper;
  const last = attempts.at(-1);
  return {
    state,
    since: utc(sinceMs),
    decided: utc(decidedMs),
    cause: cause === 'none' ? null : cause,
    reason: reason === '' ? null : reason,
    pausedBy: pausedBy === 'nobody' ? null : pausedBy,
    adopted: {
      task: adopted?.name ?? null,
      path: adopted?.path ?? null,
      at: optionalUtc(adopted?.atMs),
      by: adopted?.who ?? null,
    },
    did: {
      action: last?.action ?? null,
      at: optionalUtc(last?.atMs),
      outcome: last?.outcome ?? null,
      why: last?.why ?? null,
    },
    next: { action: next?.action ?? null, at: optionalUtc(next?.atMs), why: next?.why ?? null },
    alarms: alarms.map(({ name, level, sinceMs: since, sentence }) => ({
      name,
      level,
      since: utc(since),
      sentence,
    })),
    epochs: epochs.map(({ path, startTs, sinceMs: since, endTs, endedMs, why }) => ({
      path,
      start: instantJson(startTs),
      since: utc(since),
      end: optionalInstantJson(endTs ?? undefined),
      ended: optionalUtc(endedMs),
      why: why === '' ? null : why,
    })),
  };
}
