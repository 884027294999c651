// The name under which a flow runs for a piece of work: the same work has the same name, so that a second start is none. Pure.

import { shortName } from './short-name.ts';

/** Step Functions takes letters, digits, `-` and `_`, and at most 80 of them. */
const longestName = 80;

/** `ID-WORK` for the first, `ID-WORK-r2` for the second round; a long id is shortened to a digest. */
export function executionName(id: string, work: string, round = 1): string {
  const tail = round <= 1 ? `-${work}` : `-${work}-r${round}`;
  return `${shortName(id, longestName - tail.length)}${tail}`;
}
