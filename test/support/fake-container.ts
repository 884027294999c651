// A container of one task, as a group of processes of this machine.
//
// What it does: its entry point is the one of our task definition, `sh -c 'exec "$@"' br WORDS`, without input and in a clean
// environment; a signal that ended it is told as 128 + its number, as container runtimes do; with its first process all of
// them end. What it prints comes as the awslogs driver gives it: line by line, both streams in one, without empty lines, with
// carriage returns; an unfinished last line follows at the end.
// What it does not: a pid namespace (a real first process is not killed by its own signals), limits, images, files.

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

export class FakeContainer {
  readonly exitCode: Promise<number>;
  readonly #child: ChildProcess;

  constructor(
    command: readonly string[],
    environment: readonly { readonly name: string; readonly value: string }[],
    print: (lines: readonly string[]) => void,
  ) {
    this.#child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'br', ...command], {
      env: {
        PATH: process.env['PATH'],
        ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exitCode = this.#run(print);
  }

  /** To the first process alone. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nobody is left.
    }
  }

  async #run(print: (lines: readonly string[]) => void): Promise<number> {
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      this.#child.on('exit', (...end) => resolve(end)),
    );
    const printed = this.#log(print);
    const [code, signal] = await ended;
    this.kill();
    await printed;
    return code ?? 128 + constants.signals[signal!];
  }

  async #log(print: (lines: readonly string[]) => void): Promise<void> {
    const give = (lines: readonly string[]): void => {
      const some = lines.filter((line) => line !== '');
      if (some.length > 0) print(some);
    };
    let rest = '';
    this.#child.stdout!.setEncoding('utf8');
    for await (const text of this.#child.stdout!) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      give(lines);
    }
    give([rest]);
  }
}
