// An operation as a Lambda function: checks the input, runs, writes one line of log, and fails by the name that a state
// machine matches. Must not decide anything, nor read the environment (deps.ts does, at the first call).

import { checkOwnCluster } from '../config/own-cluster.ts';
import { type PitrError, toPitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { Operation } from '../operations/control/operation.ts';

/** What every operation is given: whose function this is. */
export interface OfCluster {
  readonly settings: { readonly name: string };
}

export interface FunctionParts<Deps extends OfCluster, Input, Output extends Facts> {
  readonly operation: Operation<Deps, Input, Output>;
  /** Called by every invocation, after its input was found good. */
  readonly openDeps: () => Promise<Deps>;
  /** What the operation is given of the event that AWS sends; the event itself unless told. */
  readonly inputOf?: (event: unknown) => unknown;
}

/** What an entry needs of the machine. */
export interface EntryHost {
  readonly nowMs: () => number;
  /** One line without its end. */
  readonly write: (line: string) => void;
}

const lambdaHost: EntryHost = {
  nowMs: () => Date.now(),
  write: (line) => void process.stdout.write(`${line}\n`),
};

export type LambdaHandler = (event: unknown) => Promise<unknown>;

/**
 * The handler. It answers plain JSON, u64 as decimal text, and no input of another cluster. It throws errors whose name, Lambda's `errorType`, is the code of ours
 * (docs/runbook.md) and whose message, `errorMessage`, is the sentence and the hint.
 */
export function lambdaHandler<Deps extends OfCluster, Input, Output extends Facts>(
  { operation, openDeps, inputOf }: FunctionParts<Deps, Input, Output>,
  host: EntryHost = lambdaHost,
): LambdaHandler {
  return async (event) => {
    const startedMs = host.nowMs();
    let about: Subject = {};
    const log = (level: 'info' | 'error', rest: object) => {
      const ms = host.nowMs() - startedMs;
      host.write(JSON.stringify({ level, operation: operation.name, ...about, ms, ...rest }, asJson));
    };
    try {
      const value = inputOf === undefined ? event : inputOf(event);
      about = subjectOf(value);
      const input = operation.parseInput(value);
      const deps = await openDeps();
      checkOwnCluster(operation.name, value, deps.settings.name);
      const output = await operation.run(deps, input);
      log('info', { outcome: outcomeOf(output) });
      return JSON.parse(JSON.stringify(output, asJson));
    } catch (caught) {
      const error = toPitrError(caught);
      log('error', { code: error.code, message: error.message, details: error.details, ...traceOf(error) });
      throw functionError(error);
    }
  };
}

interface Subject {
  readonly cluster?: string;
  readonly id?: string;
}

/** What an operator looks for in the log. */
function subjectOf(value: unknown): Subject {
  const { cluster, id }: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  return {
    ...(typeof cluster === 'string' ? { cluster } : {}),
    ...(typeof id === 'string' ? { id } : {}),
  };
}

/** What was answered, as long as it fits a line of log. */
function outcomeOf(output: Facts): unknown {
  const whole = JSON.stringify(output, asJson);
  return whole.length <= 2_000 ? output : `${whole.slice(0, 1_999)}…`;
}

/** Only a fault of our own is looked for in the code. */
function traceOf({ code, cause, stack }: PitrError): { readonly stack?: string } {
  if (code !== 'INTERNAL') return {};
  return { stack: (cause instanceof Error ? cause.stack : undefined) ?? stack ?? '' };
}

function asJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Without cause: Lambda shows the error to whoever may see the execution. */
function functionError({ code, message, hint }: PitrError): Error {
  const error = new Error(hint === undefined || hint === '' ? message : `${message}; ${hint}`);
  error.name = code;
  return error;
}
