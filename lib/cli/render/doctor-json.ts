// The document `pitr.doctor/v1`. Field by field in docs/formats/json.md.

import type { DoctorReport } from '../../operations/cluster/check-cluster.ts';
import type { JsonValue } from './json.ts';

export function doctorJson({ name, atMs, findings }: DoctorReport): { readonly [key: string]: JsonValue } {
  return {
    name,
    at: new Date(atMs).toISOString(),
    failed: findings.filter(({ level }) => level === 'fail').length,
    warned: findings.filter(({ level }) => level === 'warn').length,
    findings: findings.map(({ check, about, level, found, expected, hint }) => ({
      check,
      about: about ?? null,
      level,
      found,
      expected,
      hint: hint === '' ? null : hint,
    })),
  };
}
