// Flows and operations that only note that they were begun; a name is started once per flow.

import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import {
  checkExecutionName,
  type FlowName,
  type LaunchedOperation,
  type Launcher,
} from '../../lib/ports/launcher.ts';

export class FakeLauncher implements Launcher {
  /** `flow name`. */
  readonly started: string[] = [];
  readonly invoked: { readonly operation: LaunchedOperation; readonly input: Facts }[] = [];
  /** Of executions, by their names. */
  readonly inputs = new Map<string, Facts>();
  /** How many of the next calls fail. */
  failing = 0;

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    this.#failIfTold();
    checkExecutionName(name);
    const whole = `${flow} ${name}`;
    if (this.started.includes(whole)) return 'exists';
    this.started.push(whole);
    this.inputs.set(name, input);
    return 'started';
  }

  async invoke(operation: LaunchedOperation, input: Facts): Promise<void> {
    this.#failIfTold();
    this.invoked.push({ operation, input });
  }

  #failIfTold(): void {
    if (this.failing <= 0) return;
    this.failing -= 1;
    throw new PitrError('RUNNER_UNAVAILABLE', 'the flows do not answer', { hint: 'try again' });
  }
}
