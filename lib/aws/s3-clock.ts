// The clock of S3 beside ours, from the `Date` of its answers: whole seconds. Needs no request of its own.

import type { S3Client } from '@aws-sdk/client-s3';
import type { ClockFacts } from '../domain/cluster-facts.ts';
import type { Clock } from '../ports/clock.ts';

/** Gives what the quickest answer so far told, refusals too; undefined before the first. */
export function clockOfAnswers(
  client: S3Client,
  { nowMs }: Pick<Clock, 'nowMs'>,
): () => ClockFacts | undefined {
  let best: ClockFacts | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = nowMs();
      const result = await next(args);
      const seen = clockOf(dateOf(result.response), sentMs, nowMs());
      if (seen !== undefined && (best === undefined || seen.uncertaintyMs < best.uncertaintyMs)) best = seen;
      return result;
    },
    // Innermost: an answer that is an error is thrown further out.
    { step: 'deserialize', priority: 'low', name: 'clockOfAnswers' },
  );
  return () => best;
}

function dateOf(response: unknown): number {
  const headers: unknown =
    typeof response === 'object' && response !== null ? Reflect.get(response, 'headers') : undefined;
  const date: unknown =
    typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'date') : undefined;
  return typeof date === 'string' ? Date.parse(date) : Number.NaN;
}

/** The header tells the second that had begun: the middle of it is at most half a second wrong. */
function clockOf(dateMs: number, sentMs: number, heardMs: number): ClockFacts | undefined {
  if (Number.isNaN(dateMs)) return undefined;
  const halfMs = Math.max(0, heardMs - sentMs) / 2;
  return {
    serverMs: dateMs + 500,
    localMs: Math.round(sentMs + halfMs),
    uncertaintyMs: Math.ceil(500 + halfMs),
  };
}
