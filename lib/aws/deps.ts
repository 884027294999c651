// From a function's environment to what its operation needs, when it is first called and once per sandbox: importing a
// function reads no environment and makes no client. One file per need beside it, so that a bundle holds no other.

import { type EnvironmentOf, type FunctionName, readEnvironment } from '../config/functions.ts';

/**
 * Opens at the first call and gives the same from then on; what failed is tried again by the next invocation. Errors:
 * INVALID_INPUT naming a variable that is missing or not as expected, and those of `open`.
 */
export function depsOnce<N extends FunctionName, Deps>(
  name: N,
  open: (env: EnvironmentOf<N>) => Deps | Promise<Deps>,
): () => Promise<Deps> {
  return onFirstUse(async () => await open(readEnvironment(name, process.env)));
}

/** Makes something when it is first asked for, and once; what could not be made is made anew by who asks next. */
export function onFirstUse<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
