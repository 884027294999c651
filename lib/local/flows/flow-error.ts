// An error of a flow by the name that Retry and Catch match, with the cause that Step Functions would give; and the end of a
// runner, which is no error of the flow and which nothing in it may catch.

import { toPitrError } from '../../domain/errors.ts';

/** AWS, "Error handling in Step Functions": States.ALL does not match these, so nothing tries them again or catches them. */
const fatal: readonly string[] = ['States.Runtime', 'States.DataLimitExceeded'];

/** `name` is the error's name and `message` its cause: the interpreter makes the error output of these two. */
export class FlowError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }

  /** Asked by the interpreter. */
  get isRetryable(): boolean {
    return !fatal.includes(this.name);
  }
  get isCatchable(): boolean {
    return this.isRetryable;
  }
}

/** The runner was closed while the step was under way: the execution stays unfinished, and goes on when it is resumed. */
export class Abandoned extends Error {
  readonly isRetryable = false;
  readonly isCatchable = false;
}

/**
 * What a flow sees of an operation's failure, as lib/aws/lambda-entry.ts gives it: the error is the code, and the cause is JSON
 * with the sentence and, behind it, the hint.
 */
export function errorOfOperation(caught: unknown): FlowError {
  if (caught instanceof FlowError) return caught;
  const { code, message, hint } = toPitrError(caught);
  const errorMessage = hint === undefined || hint === '' ? message : `${message}; ${hint}`;
  return new FlowError(code, JSON.stringify({ errorType: code, errorMessage, trace: [] }));
}
