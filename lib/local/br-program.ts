// The program br on this machine, asked for its version: found as the shell would, run once with --version, bounded in
// time and output. Runs no backup and no restore (lib/local/process-runner.ts does).

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PitrError } from '../domain/errors.ts';
import type { BrProgram, BrProgramFacts } from '../ports/br-program.ts';
import { findProgram } from './runs/program-path.ts';

const run = promisify(execFile);
const answersWithinMs = 10_000;

export interface BrProgramPlace {
  /** `br`, or a path. */
  readonly name: string;
  /** The search path of the shell. */
  readonly path: string;
  readonly workFolder: string;
}

export function openBrProgram(place: BrProgramPlace): BrProgram {
  return {
    async describe(): Promise<BrProgramFacts> {
      const path = findProgram(place.name, place.path, place.workFolder);
      const version = /^Release Version: *(\S+)/m.exec(await askVersion(path))?.[1];
      if (version === undefined) {
        throw new PitrError(
          'BR_FAILED',
          `${path} --version told no version, expected "Release Version: v…"`,
          {
            hint: 'is this the br of TiDB?',
            details: { program: path },
          },
        );
      }
      return { path, version };
    },
  };
}

async function askVersion(path: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(path, ['--version'], {
      timeout: answersWithinMs,
      maxBuffer: 1 << 16,
    });
    return `${stdout}\n${stderr}`;
  } catch (cause) {
    const problem = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new PitrError('BR_FAILED', `${path} --version ended with an error: ${problem}`, {
      hint: 'is this the br of TiDB, and made for this machine?',
      details: { program: path },
      cause,
    });
  }
}
