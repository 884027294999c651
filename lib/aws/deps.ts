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
  let opened: Promise<Deps> | undefined;
  const openNow = async () => await open(readEnvironment(name, process.env));
  return () => {
    opened ??= openNow().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
