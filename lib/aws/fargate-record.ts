// What is written down of a run on Fargate, since ECS forgets a task an hour after its end: every try to start it, its task,
// and how it ended. One log stream per run, beside those of the containers. Must not decide what follows from it.

import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { FargatePlace } from '../config/runner-place.ts';
import { awsError } from './aws-errors.ts';
import {
  formatEntry,
  type RecordEntry,
  type RunRecord,
  readEntry,
  recordOf,
  type TimedEntry,
} from './fargate-record-entries.ts';

export class FargateRecords {
  readonly #logs: CloudWatchLogsClient;
  readonly #group: string;
  readonly #prefix: string;
  readonly #nowMs: () => number;

  constructor(logs: CloudWatchLogsClient, place: FargatePlace, nowMs: () => number) {
    this.#logs = logs;
    this.#group = place.logGroup;
    this.#prefix = place.logStreamPrefix;
    this.#nowMs = nowMs;
  }

  /** Where a person finds it. Not below the prefix itself, where the driver puts the containers' streams. */
  streamOf(runId: string): string {
    return `${this.#prefix}-runs/${runId}`;
  }

  /** Nothing at all is known of a run without a stream. Errors: RUNNER_UNAVAILABLE, AWS_DENIED, INVALID_INPUT. */
  async read(runId: string): Promise<RunRecord> {
    const entries: TimedEntry[] = [];
    for await (const { message, timestamp } of this.#events(runId)) {
      const entry = readEntry(message ?? '');
      if (entry !== undefined) entries.push({ atMs: timestamp ?? 0, entry });
    }
    return recordOf(entries);
  }

  /** Makes the stream when there is none. Errors as above. */
  async write(runId: string, entry: RecordEntry): Promise<void> {
    const put = new PutLogEventsCommand({
      logGroupName: this.#group,
      logStreamName: this.streamOf(runId),
      logEvents: [{ timestamp: this.#nowMs(), message: formatEntry(entry) }],
    });
    try {
      await this.#logs.send(put).catch(async (error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await this.#make(runId);
        await this.#logs.send(put);
      });
    } catch (error) {
      throw this.#failed(error, runId, 'logs:PutLogEvents');
    }
  }

  async #make(runId: string): Promise<void> {
    const names = { logGroupName: this.#group, logStreamName: this.streamOf(runId) };
    try {
      await this.#logs.send(new CreateLogStreamCommand(names));
    } catch (error) {
      if (error instanceof ResourceAlreadyExistsException) return;
      throw this.#failed(error, runId, 'logs:CreateLogStream');
    }
  }

  async *#events(runId: string) {
    let token: string | undefined;
    for (;;) {
      const command = new GetLogEventsCommand({
        logGroupName: this.#group,
        logStreamName: this.streamOf(runId),
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      });
      const page = await this.#logs.send(command).catch((error: unknown) => {
        if (isNoStream(error)) return undefined;
        throw this.#failed(error, runId, 'logs:GetLogEvents');
      });
      yield* page?.events ?? [];
      if (page?.nextForwardToken === undefined || page.nextForwardToken === token) return;
      token = page.nextForwardToken;
    }
  }

  #failed(error: unknown, runId: string, action: string): Error {
    const place = `log stream ${this.streamOf(runId)} of ${this.#group}`;
    return awsError(error, { place, action, unavailable: 'RUNNER_UNAVAILABLE' });
  }
}

/** A stream that was not made yet, in a group that is there: CloudWatch has one name for both, and words for each. */
export function isNoStream(error: unknown): boolean {
  return error instanceof ResourceNotFoundException && !/log group/i.test(error.message);
}
