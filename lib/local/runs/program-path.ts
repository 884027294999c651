// Where a program is, as the shell would find it. Must not run it.

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { PitrError } from '../../domain/errors.ts';

/** The absolute path of an executable file; DEPENDENCY_MISSING when there is none on the path or at that place. */
export function findProgram(name: string, path: string, workFolder: string): string {
  const places = name.includes('/')
    ? [resolve(workFolder, name)]
    : path.split(delimiter).map((folder) => resolve(workFolder, folder, name));
  const found = name === '' ? undefined : places.find(isExecutable);
  if (found !== undefined) return found;
  throw new PitrError(
    'DEPENDENCY_MISSING',
    `the program ${JSON.stringify(name)} is not ${name.includes('/') ? 'there, or may not be executed' : 'on the path'}`,
    {
      hint: "install br of the cluster's own version on this machine, or name its place in the settings",
      details: { program: name, path },
    },
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
