// Whether a pid is still the process that it was: pids are used again, so one is believed only together with the
// time its process began. Must not signal anything.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that can be told from every other one that ever had its pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own words: ticks since boot (Linux) or a date (macOS). Survives exec. */
  readonly began: string;
  /** Where pids have this meaning: a boot of a machine, and on Linux a namespace. */
  readonly machine: string;
}

/** The pids of which machine we see. Constant for the life of a process. */
export function thisMachine(): string {
  if (process.platform !== 'linux') return `${process.platform}:${hostname()}`;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `linux:${boot}:${readlinkSync('/proc/self/ns/pid')}`;
}

/** Who has this pid now; undefined when nobody does, or only a dead one that was not yet cleared away. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const began = process.platform === 'linux' ? beganByProc(pid) : beganByPs(pid);
  return began === undefined ? undefined : { pid, began, machine: thisMachine() };
}

/** Whether this very process lives. Only to be asked about pids of this machine. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.began === identity.began;
}

/** From /proc/PID/stat: the name may hold anything, so fields are counted from the last `)`; see proc(5). */
function beganByProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = fields[0] === 'Z' || fields[0] === 'X';
  return isDead ? undefined : fields[19];
}

/** By `ps`, which macOS has and which Linux agrees with; to the second, in UTC so that no change of zone moves it. */
export function beganByPs(pid: number): string | undefined {
  const result = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  const match = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(result.stdout ?? '');
  if (match === null || (match[1] ?? '').startsWith('Z')) return undefined;
  return match[2];
}

/**
 * Who carries this mark in its environment, as it was given at its start: what a dead program left running. Linux only;
 * elsewhere nobody is found, because nobody else's environment can be read there.
 */
export function markedProcesses(mark: string): readonly ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const marked = pids.filter((pid) => environmentOf(pid).includes(`\0${mark}\0`));
  return marked.flatMap((pid) => identityOf(Number(pid)) ?? []);
}

function environmentOf(pid: string): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return '';
  }
}
