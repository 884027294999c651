// A doctor's findings about what can be looked at without a cluster: the settings file, the program br, the bucket.
// Decides and changes nothing.

import { type BucketLook, newestSnapshot, windowLine } from '../bucket-look.ts';
import { describeTs } from '../ts.ts';
import { type DoctorFinding, duration, ok } from './doctor-finding.ts';

/** What was found of the settings file; undefined when none was asked for. */
export interface SettingsLook {
  /** As the person named it. */
  readonly file: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** The program br where we would run it. */
export type BrProgramLook =
  /** It runs elsewhere (Fargate, Systems Manager, tiup): nothing to look at here. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'found'; readonly path: string; readonly version: string }
  /** isNeeded: the settings say that br runs on this machine. */
  | {
      readonly kind: 'missing';
      readonly problem: string;
      readonly hint: string;
      readonly isNeeded: boolean;
    };

export interface Surroundings {
  readonly settings: SettingsLook | undefined;
  readonly brProgram: BrProgramLook;
  readonly bucket: BucketLook;
}

/** A row for each thing that was looked at. */
export function surroundingsFindings(look: Surroundings): readonly DoctorFinding[] {
  return [
    ...settingsFindings(look.settings),
    ...brProgramFindings(look.brProgram),
    ...bucketFindings(look.bucket),
  ];
}

function settingsFindings(look: SettingsLook | undefined): readonly DoctorFinding[] {
  if (look === undefined) return [];
  const { file, errors, warnings } = look;
  const check = 'settings';
  const expected = 'settings without a mistake';
  const [first] = [...errors, ...warnings];
  if (first === undefined) return [ok(check, `${file} is right`, expected)];
  const more = errors.length + warnings.length - 1;
  const found = `${file}: ${first}${more > 0 ? ` (and ${more} more)` : ''}`;
  const hint = `pitr settings check ${file} explains each at its place`;
  return [{ check, level: errors.length > 0 ? 'fail' : 'warn', found, expected, hint }];
}

function brProgramFindings(look: BrProgramLook): readonly DoctorFinding[] {
  const check = 'br-program';
  switch (look.kind) {
    case 'elsewhere':
      return [];
    case 'found':
      return [ok(check, `${look.path}, version ${look.version}`, 'br on this machine')];
    case 'missing': {
      const { problem, isNeeded } = look;
      const expected = isNeeded ? 'br on this machine' : 'br on the machine that runs snapshots and restores';
      return [{ check, level: isNeeded ? 'fail' : 'warn', found: problem, expected, hint: look.hint }];
    }
    default:
      return look satisfies never;
  }
}

function bucketFindings(bucket: BucketLook): readonly DoctorFinding[] {
  const check = 'storage';
  const expected = 'a bucket that can be read';
  switch (bucket.kind) {
    case 'not-asked': {
      const { reason } = bucket;
      if (reason === undefined) return [];
      const hint = 'name the bucket with --storage to have it looked at, too';
      return [{ check, level: 'warn', found: reason, expected, hint }];
    }
    case 'failed':
      return [{ check, level: 'fail', found: bucket.problem, expected, hint: bucket.hint }];
    case 'read': {
      const { snapshots, logs } = bucket.facts;
      const found = `${bucket.url}: ${count(snapshots.length, 'snapshot')}, ${count(logs.length, 'log')}`;
      return [ok(check, found, expected), windowFinding(bucket)];
    }
    default:
      return bucket satisfies never;
  }
}

function windowFinding({ facts, window }: Extract<BucketLook, { readonly kind: 'read' }>): DoctorFinding {
  const check = 'window';
  const expected = 'moments that can be brought back';
  const { from, to, lengthMs, intervals } = windowLine(window);
  if (from === undefined || to === undefined) {
    if (facts.snapshots.length === 0 && facts.logs.length === 0)
      return ok(
        check,
        'nothing was backed up yet',
        'moments that can be brought back, once there is a backup',
      );
    const hint = 'pitr window tells why each moment cannot; take a snapshot';
    return { check, level: 'fail', found: 'none', expected, hint };
  }
  const newest = newestSnapshot(facts)?.name ?? 'none';
  const holes = intervals > 1 ? ` in ${count(intervals, 'interval')}` : '';
  const found = `${duration(lengthMs)}${holes} up to ${describeTs(to)}, newest snapshot ${newest}`;
  const broken = facts.logs.find(({ problem }) => problem !== undefined);
  if (broken?.problem === undefined) return ok(check, found, expected);
  const hint = 'restore this object from an older version of it; pitr window shows what it costs';
  return {
    check,
    level: 'fail',
    found: `${found}; the log ${broken.path} serves nothing: ${broken.problem.object}: ${broken.problem.problem}`,
    expected,
    hint,
  };
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
