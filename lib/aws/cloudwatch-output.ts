// What a container printed, out of its CloudWatch log stream: events as lines, an offset for each, pages from any offset on.
// Must not judge whether the run is over; whoever knows that says so.
//
// The offset of a line is the number of bytes of all lines before it, each with one byte for its end: the same whoever reads,
// as one container writes its stream in order. CloudWatch finds a place by its own tokens only (good for a day), so that this
// remembers which token begins at which offset; who knows none reads from the head, a mebibyte a call.

import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  type GetLogEventsCommandOutput,
  InvalidParameterException,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import type { OutputLine, OutputPage, OutputPosition } from '../ports/runner.ts';
import { awsError } from './aws-errors.ts';
import { isNoStream } from './fargate-record.ts';

/** A page of ours ends at the first page of CloudWatch (up to a mebibyte) that fills it so far. */
const enoughBytes = 512 * 1024;
/** Looks backwards for the last event: pages of CloudWatch may be empty although there is more. */
const mostLooksBack = 5;

interface Mark {
  readonly token: string | undefined;
  readonly offset: number;
}

export class CloudWatchOutput {
  readonly #logs: CloudWatchLogsClient;
  readonly #stream: { readonly logGroupName: string; readonly logStreamName: string };
  /** Ascending; the first is the head. */
  #marks: Mark[] = [{ token: undefined, offset: 0 }];

  constructor(logs: CloudWatchLogsClient, group: string, stream: string) {
    this.#logs = logs;
    this.#stream = { logGroupName: group, logStreamName: stream };
  }

  /**
   * Lines from a position on; all are of stdout, as the driver puts both streams into one. `isComplete`: nothing more can
   * come, so that the end of the stream is the end of the output. Errors: RUNNER_UNAVAILABLE, AWS_DENIED, INVALID_INPUT.
   */
  async page(from: OutputPosition, isComplete: boolean): Promise<OutputPage> {
    const lines: OutputLine[] = [];
    let mark = this.#marks.findLast(({ offset }) => offset <= from.stdout) ?? { token: undefined, offset: 0 };
    for (;;) {
      const page = await this.#get(mark);
      if (page === 'expired') {
        this.#marks = this.#marks.slice(0, 1);
        return await this.page(from, isComplete);
      }
      const read = linesOf(page === 'no stream' ? [] : (page.events ?? []), mark.offset);
      for (const line of read.lines) if (line.offset >= from.stdout) lines.push(line);
      const next = { stdout: Math.max(read.end, from.stdout), stderr: from.stderr };
      const token = page === 'no stream' ? undefined : page.nextForwardToken;
      const isAtEnd = token === undefined || token === mark.token;
      if (isAtEnd) return { lines, next, droppedBytes: 0, isEnd: isComplete };
      mark = { token, offset: read.end };
      this.#remember(mark);
      if (read.end - from.stdout >= enoughBytes) return { lines, next, droppedBytes: 0, isEnd: false };
    }
  }

  /** The last line and when it was printed, Unix milliseconds; undefined as long as there is none. */
  async last(): Promise<{ readonly atMs: number; readonly text: string } | undefined> {
    let token: string | undefined;
    for (let look = 0; look < mostLooksBack; look++) {
      const page = await this.#send({
        limit: 1,
        startFromHead: false,
        ...(token === undefined ? {} : { nextToken: token }),
      });
      if (page === 'no stream') return undefined;
      const event = page.events?.at(-1);
      if (event?.timestamp !== undefined) return { atMs: event.timestamp, text: event.message ?? '' };
      if (page.nextBackwardToken === undefined || page.nextBackwardToken === token) return undefined;
      token = page.nextBackwardToken;
    }
    return undefined;
  }

  #remember(mark: Mark): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && mark.offset > last.offset) this.#marks.push(mark);
  }

  async #get({ token }: Mark): Promise<GetLogEventsCommandOutput | 'no stream' | 'expired'> {
    try {
      return await this.#send({
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (token !== undefined && cause instanceof InvalidParameterException) return 'expired';
      throw error;
    }
  }

  async #send(
    how: Omit<ConstructorParameters<typeof GetLogEventsCommand>[0], 'logStreamName' | 'logGroupName'>,
  ): Promise<GetLogEventsCommandOutput | 'no stream'> {
    try {
      return await this.#logs.send(new GetLogEventsCommand({ ...this.#stream, ...how }));
    } catch (error) {
      if (isNoStream(error)) return 'no stream';
      const { logGroupName, logStreamName } = this.#stream;
      const place = `log stream ${logStreamName} of ${logGroupName}`;
      throw awsError(error, { place, action: 'logs:GetLogEvents', unavailable: 'RUNNER_UNAVAILABLE' });
    }
  }
}

/** The events' lines from `start` on, and where the next line begins. */
function linesOf(
  events: readonly OutputLogEvent[],
  start: number,
): { readonly lines: readonly OutputLine[]; readonly end: number } {
  const lines: OutputLine[] = [];
  let end = start;
  for (const { message = '' } of events) {
    for (const line of message.split('\n')) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      lines.push({ stream: 'stdout', offset: end, text, isCut: false });
      end += Buffer.byteLength(line) + 1;
    }
  }
  return { lines, end };
}
