// What the states of the flow restore-to-point, and the steps of br, are called for a person. Must not know their order.

const states: Readonly<Record<string, string>> = {
  '': 'waiting to begin',
  Plan: 'making the plan',
  CheckTarget: 'looking at the target',
  RunRestore: 'br restores',
  Pause: 'waiting before br goes on',
  Verify: 'reading back what is there',
  PauseVerify: 'waiting until it can be told',
  LookAtTarget: 'looking what is left',
  Settle: 'writing down how it ended',
};

/** undefined for a state that only chooses the next one. */
export function stateWords(state: string): string | undefined {
  return states[state];
}

export function stepWords(step: string): string {
  switch (step) {
    case 'snapshot':
      return 'restoring the snapshot';
    case 'log':
      return 'replaying the log';
    default:
      return step;
  }
}
