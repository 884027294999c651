// Plans of a cleanup as files of one folder, `ID.json` each. Must not judge what a plan says.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCleanup, parseCleanup } from '../domain/audit/cleanup-record.ts';
import { PitrError } from '../domain/errors.ts';
import type { CleanupPlans } from '../ports/cleanup-plans.ts';
import { errnoOf, isAbsent } from './file-errors.ts';
import { writeText } from './runs/run-folder.ts';

/** folder: absolute; made when the first plan is kept. */
export function openCleanupPlans(folder: string): CleanupPlans {
  return {
    read: async (id) => {
      // The id is a person's word, and becomes the name of a file.
      if (!/^\d{14}-audit(-\d{1,3})?$/.test(id)) throw noId(id);
      try {
        return parseCleanup(id, readFileSync(join(folder, `${id}.json`), 'utf8'));
      } catch (caught) {
        if (isAbsent(caught)) return undefined;
        throw caught instanceof PitrError ? caught : fileError(caught, folder, 'read');
      }
    },
    write: async (record) => {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeText(folder, `${record.id}.json`, formatCleanup(record));
      } catch (caught) {
        throw fileError(caught, folder, 'written');
      }
    },
  };
}

function noId(id: string): PitrError {
  return new PitrError('PLAN_UNUSABLE', `${JSON.stringify(id)} is no id of a plan of pitr audit`, {
    hint: 'pitr audit --plan tells the id of its plan, such as 20261122120000-audit',
    details: { plan: id },
  });
}

function fileError(caught: unknown, folder: string, action: string): PitrError {
  return new PitrError(
    'LOCAL_IO',
    `plans in ${folder} cannot be ${action} (${errnoOf(caught) ?? String(caught)})`,
    {
      hint: 'name another folder with --state FOLDER, or make room there',
      details: { folder },
      cause: caught,
    },
  );
}
