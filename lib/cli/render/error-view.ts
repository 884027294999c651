// An error for a person (stderr) and for a program (stdout with --json): the sentence, what is damaged, the nearest
// moments ready to paste, and what to do. Must not invent advice that the error does not carry.

import { errorCodes, type PitrError } from '../../domain/errors.ts';
import { instantJson, instantOf, instantText } from './instant.ts';
import { renderJson, toJsonValue } from './json.ts';
import type { Style } from './style.ts';
import { oneLine } from './text-width.ts';

/** Exit code of an interrupted run: 128 + SIGINT, as shells expect it. */
export const interruptedExit = 130;

/** 0 to 4 as the codes say, except that a stop is 130. */
export function exitCodeOf(error: PitrError): number {
  return error.code === 'INTERRUPTED' ? interruptedExit : error.exitCode;
}

/** The nearest restorable moments of a refusal: `details.nearest` with `before` and `after`. */
function nearestOf(error: PitrError): readonly (readonly ['before' | 'after', bigint])[] {
  const nearest = error.details['nearest'];
  if (typeof nearest !== 'object' || nearest === null) return [];
  const found: (readonly ['before' | 'after', bigint])[] = [];
  for (const [side, value] of Object.entries(nearest)) {
    const ts = instantOf(value);
    if ((side === 'before' || side === 'after') && ts !== undefined) found.push([side, ts]);
  }
  return found;
}

/** Lines for stderr: `error: …`, facts, nearest moments, `hint: …`. */
export function errorText(error: PitrError, style: Style): string {
  const lines = [`${style.bad('error:')} ${safeLines(error.message)}`];
  if (errorCodes[error.code].exit === 4) {
    for (const fact of ['object', 'expected', 'found']) {
      const value = error.details[fact];
      if (value !== undefined && !error.message.includes(String(value)))
        lines.push(`  ${style.faint(fact.padEnd(8))}  ${oneLine(String(value))}`);
    }
  }
  const nearest = nearestOf(error);
  if (nearest.length > 0) lines.push('nearest moments that can be brought back:');
  for (const [side, ts] of nearest) {
    lines.push(
      `  ${style.faint(side.padEnd(6))}  --at ${style.accent(String(ts))}  ${style.faint(`# ${instantText(ts)}`)}`,
    );
  }
  if (error.hint !== undefined && !repeats(error.hint, nearest))
    lines.push(`${style.warn('hint:')} ${safeLines(error.hint)}`);
  if (error.code === 'INTERNAL') lines.push(...internalLines(error, style));
  return `${lines.join('\n')}\n`;
}

/** A hint that only names the nearest moments says nothing that is not on the lines above it. */
function repeats(hint: string, nearest: ReturnType<typeof nearestOf>): boolean {
  return nearest.length > 0 && nearest.every(([, ts]) => hint.includes(String(ts)));
}

/** Messages may quote bytes of a backup: line breaks stay, nothing else may steer a terminal. */
function safeLines(text: string): string {
  return text.split('\n').map(oneLine).join('\n  ');
}

function internalLines(error: PitrError, style: Style): readonly string[] {
  const hint = `${style.warn('hint:')} this is a fault of pitr itself; PITR_DEBUG=1 prints where it happened`;
  return error.hint === undefined ? [hint] : [];
}

/** The document `pitr.error/v1`. */
export function errorJson(error: PitrError): string {
  const { nearest: _nearest, ...details } = error.details;
  const nearest = Object.fromEntries(nearestOf(error).map(([side, ts]) => [side, instantJson(ts)]));
  return renderJson('pitr.error/v1', {
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    nearest: { before: nearest['before'] ?? null, after: nearest['after'] ?? null },
    details: toJsonValue(details),
    exitCode: exitCodeOf(error),
    retryable: error.retryable,
  });
}
