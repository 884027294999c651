// The settings of a cluster in one environment variable: back as they were, refused with the field when they are not ours.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { decodeCluster, encodeCluster } from '../../lib/config/cluster-env.ts';
import { checkSettings } from '../../lib/config/settings.ts';
import type { ClusterSettings } from '../../lib/config/settings-types.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { arbitrarySettings } from '../support/arbitrary-settings.ts';

const seed = 20_261_122;

const clusters = arbitrarySettings.map((document): readonly ClusterSettings[] => {
  const { settings } = checkSettings(stringify(document));
  assert.ok(settings);
  return settings.clusters;
});
const cluster = clusters.map((all) => all[0] as ClusterSettings);

/** The code and message of the error that `call` throws. */
function refusalOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof PitrError, String(error));
    assert.ok((error.hint ?? '').length > 0);
    return `${error.code} ${error.message}`;
  }
  return 'nothing was refused';
}

test('settings that went through the environment are the settings that were written', () => {
  fc.assert(
    fc.property(clusters, (all) => {
      for (const one of all) assert.deepEqual(decodeCluster(encodeCluster(one)), one);
    }),
    { seed, numRuns: 150 },
  );
});

test('the same settings give the same text, so that a second deployment changes nothing', () => {
  fc.assert(
    fc.property(cluster, (one) => {
      const text = encodeCluster(one);
      assert.equal(encodeCluster(decodeCluster(text)), text);
      assert.doesNotMatch(text, /\s\s|\n/);
    }),
    { seed, numRuns: 100 },
  );
});

test('a field that is not ours is refused by its name, wherever it stands', () => {
  fc.assert(
    fc.property(cluster, fc.constantFrom('policy', 'bucket', 'runner', ''), (one, below) => {
      const document = JSON.parse(encodeCluster(one));
      (below === '' ? document : document[below]).surprise = 1;
      assert.match(
        refusalOf(() => decodeCluster(JSON.stringify(document))),
        /^INVALID_INPUT PITR_CLUSTER: .*surprise/,
      );
    }),
    { seed, numRuns: 60 },
  );
});

test('a needed field that is missing, and one of another kind, are refused by their names', () => {
  fc.assert(
    fc.property(cluster, fc.constantFrom('name', 'tidbVersion', 'pd'), fc.boolean(), (one, field, isGone) => {
      const { [field]: _, ...rest } = JSON.parse(encodeCluster(one));
      const text = JSON.stringify(isGone ? rest : { ...rest, [field]: 7 });
      assert.match(
        refusalOf(() => decodeCluster(text)),
        new RegExp(`^INVALID_INPUT PITR_CLUSTER: ${field}`),
      );
    }),
    { seed, numRuns: 60 },
  );
});

test('fields that do not go together are refused with the sentence of the settings file', () => {
  const [one] = fc.sample(
    cluster.filter(({ runner }) => runner.kind !== 'local'),
    { seed, numRuns: 1 },
  );
  assert.ok(one);
  const { vpc: _, ...rest } = JSON.parse(encodeCluster(one));
  assert.match(
    refusalOf(() => decodeCluster(JSON.stringify(rest))),
    /^INVALID_INPUT PITR_CLUSTER: vpc is missing/,
  );
});

test('no text makes the reader throw anything but INVALID_INPUT', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.match(
        refusalOf(() => decodeCluster(text)),
        /^INVALID_INPUT PITR_CLUSTER: /,
      );
    }),
    { seed, numRuns: 200 },
  );
});
