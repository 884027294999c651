// Who this process is in a lock of BR's: a fresh id for each run, and where to look whether it still lives.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { LockHolder } from '../br/lock-protocol.ts';

export function lockHolder(detail: string): LockHolder {
  return { ownerId: randomUUID(), host: hostname(), pid: process.pid, startedMs: Date.now(), detail };
}
