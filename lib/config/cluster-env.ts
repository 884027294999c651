// One cluster's settings as the text of an environment variable, PITR_CLUSTER, and back: the item of `clusters` in pitr.yaml as
// JSON with every default written out, so that there is one form of settings only. Must not judge them again.

import { PitrError } from '../domain/errors.ts';
import { buildCluster } from './settings-build.ts';
import { clusterDocument } from './settings-document.ts';
import { formatPath, showValue } from './settings-problem.ts';
import { clusterSchema } from './settings-schema.ts';
import type { ClusterSettings } from './settings-types.ts';

/** JSON without blanks; `decodeCluster` reads the same settings from it. */
export function encodeCluster(cluster: ClusterSettings): string {
  return JSON.stringify(clusterDocument(cluster));
}

/** The settings of a text that `encodeCluster` made. Errors: INVALID_INPUT with the first field that is not as expected. */
export function decodeCluster(text: string): ClusterSettings {
  const shape = clusterSchema.safeParse(parseJson(text));
  if (!shape.success) {
    const [issue] = shape.error.issues;
    const keys = issue?.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : [];
    const path = formatPath([...(issue?.path ?? []).map(stepOf), ...keys]);
    throw unreadable(
      `${path === '' ? 'the whole' : path} is not as expected: ${issue?.message ?? 'an unknown form'}`,
    );
  }
  const { settings, findings } = buildCluster(shape.data);
  if (settings === undefined) throw unreadable(findings[0]?.message ?? 'fields do not go together');
  return settings;
}

const stepOf = (step: PropertyKey) => (typeof step === 'number' ? step : String(step));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${showValue(text)} is no JSON`, cause);
  }
}

function unreadable(problem: string, cause?: unknown): PitrError {
  return new PitrError('INVALID_INPUT', `PITR_CLUSTER: ${problem}`, {
    hint: 'the stack writes this variable: deploy it again from the settings file, and change nothing by hand',
    ...(cause === undefined ? {} : { cause }),
  });
}
