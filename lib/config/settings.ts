// The operator's one file, `pitr.yaml`: read once at the edge into typed settings, or every mistake in it at once, each with
// its place. Pure: text in, values out; opens no file and asks nobody.

import { PitrError } from '../domain/errors.ts';
import { redactSecrets } from './secret-forms.ts';
import { buildCluster } from './settings-build.ts';
import { findingsOf } from './settings-issues.ts';
import { type Finding, formatPath, type SettingsProblem } from './settings-problem.ts';
import { judgeCluster, judgeTogether } from './settings-rules.ts';
import { clusterSchema, fileSchema } from './settings-schema.ts';
import { findSecrets } from './settings-secrets.ts';
import { readSource, type SettingsSource } from './settings-source.ts';
import type { ClusterSettings, Settings } from './settings-types.ts';

export interface SettingsCheck {
  /** undefined when a problem is an error. */
  readonly settings: Settings | undefined;
  /** In the order of the file. */
  readonly problems: readonly SettingsProblem[];
}

/** Reads `pitr.yaml` and tells everything that is wrong or doubtful in it. Never throws, and never repeats a secret. */
export function checkSettings(text: string): SettingsCheck {
  const source = readSource(text);
  const secrets = findSecrets(text, source);
  if (source.problems.length > 0)
    return { settings: undefined, problems: inOrder([...source.problems, ...secrets]) };
  const { clusters, findings } = readClusters(source);
  const secretPaths = new Set(secrets.map(({ path }) => path));
  const told = findings
    .map((finding) => placed(finding, source))
    .filter(({ path }) => !secretPaths.has(path));
  const problems = inOrder([...secrets, ...told]);
  const isRight = problems.every(({ severity }) => severity === 'warning');
  return { settings: isRight ? { clusters: [...clusters.values()] } : undefined, problems };
}

/** The settings of a text. Errors: INVALID_INPUT with the first mistake as its sentence and all of them in `details.problems`. */
export function parseSettings(text: string, name = 'pitr.yaml'): Settings {
  const { settings, problems } = checkSettings(text);
  if (settings !== undefined) return settings;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new PitrError('INVALID_INPUT', `${name}:${first?.line}:${first?.column}: ${first?.message}${more}`, {
    hint: `pitr settings check ${name} explains all of them`,
    details: { file: name, problems },
  });
}

interface ReadClusters {
  /** Those that are right, by their index in the file. */
  readonly clusters: ReadonlyMap<number, ClusterSettings>;
  readonly findings: readonly Finding[];
}

function readClusters(source: SettingsSource): ReadClusters {
  const findings: Finding[] = [];
  const clusters = new Map<number, ClusterSettings>();
  const file = fileSchema.safeParse(source.data ?? {});
  if (!file.success) findings.push(...findingsOf(file.error.issues, [], source));
  const list = source.valueAt(['clusters']);
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  for (const [index, item] of items.entries()) {
    const base = ['clusters', index];
    const shape = clusterSchema.safeParse(item);
    if (!shape.success) {
      findings.push(...findingsOf(shape.error.issues, base, source));
      continue;
    }
    const built = buildCluster(shape.data);
    const judged = built.settings === undefined ? [] : judgeCluster(built.settings);
    findings.push(...[...built.findings, ...judged].map((finding) => within(base, finding)));
    if (built.settings !== undefined) clusters.set(index, built.settings);
  }
  findings.push(...judgeTogether(clusters));
  return { clusters, findings };
}

/** A finding about a field of a cluster, with the cluster in its path; its sentence begins with the field. */
function within(base: readonly (string | number)[], finding: Finding): Finding {
  return { ...finding, path: [...base, ...finding.path], message: `${formatPath(base)}.${finding.message}` };
}

function placed(finding: Finding, source: SettingsSource): SettingsProblem {
  const { severity, path, message, hint } = finding;
  return {
    severity,
    path: formatPath(path),
    ...source.placeOf(path, finding.isAboutKey),
    message: redactSecrets(message),
    hint: hint === undefined ? undefined : redactSecrets(hint),
  };
}

function inOrder(problems: readonly SettingsProblem[]): readonly SettingsProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
