// The document `pitr.audit/v1`. Field by field in docs/formats/json.md.

import type { AuditReport } from '../../operations/audit/audit-bucket.ts';
import type { JsonValue } from './json.ts';

export function auditJson(report: AuditReport): { readonly [key: string]: JsonValue } {
  const { storage, atMs, objects, bytes, findings, notes } = report;
  return {
    storage,
    at: new Date(atMs).toISOString(),
    objects,
    bytes,
    failed: findings.filter(({ level }) => level === 'fail').length,
    warned: findings.filter(({ level }) => level === 'warn').length,
    findings: findings.map(
      ({ id, kind, level, place, what, proof, advice, count, bytes, keys, namedBy }) => ({
        ...{ id, kind, level, place, what },
        proof: { proven: proof.proven, text: proof.text },
        advice: advice === '' ? null : advice,
        ...{ count, bytes, keys, namedBy },
      }),
    ),
    notes,
  };
}
