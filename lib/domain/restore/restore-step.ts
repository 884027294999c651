// Which half of a restore br is in, from what it calls its step (FACTS §1.11). Names of later versions are taken for more of the
// same half.

/** Steps of the log's half, of every version; their names may be followed by more. */
const logSteps = ['Restore Meta Files', 'Restore KV Files', 'Restore Files(SST + Log)'] as const;

/** `before`: the half it was in; a restore never goes back. */
export function brStepOf(step: string, before: 'snapshot' | 'log'): 'snapshot' | 'log' {
  return before === 'log' || logSteps.some((name) => step.startsWith(name)) ? 'log' : 'snapshot';
}
