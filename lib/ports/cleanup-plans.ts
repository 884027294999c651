// The port of plans of a cleanup, kept between the command that shows one and the command that carries it out. Adapter:
// lib/local/cleanup-plan-files.ts.

import type { CleanupRecord } from '../domain/audit/cleanup-record.ts';

export interface CleanupPlans {
  /** undefined when there is none. Errors: PLAN_UNUSABLE for an id that is none, or what cannot be read as a plan; LOCAL_IO. */
  read(id: string): Promise<CleanupRecord | undefined>;

  /** Keeps it in place of any of the same id, whole or not at all. Errors: LOCAL_IO. */
  write(record: CleanupRecord): Promise<void>;
}
