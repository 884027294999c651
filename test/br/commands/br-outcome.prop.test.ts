import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { BrCommandKind } from '../../../lib/br/commands/br-decision.ts';
import { outcome } from '../../../lib/br/commands/br-outcome.ts';
import { readBrOutput } from '../../../lib/br/commands/br-output.ts';
import { readBackLists } from '../../../lib/br/commands/read-back.ts';
import { errorCodes } from '../../../lib/domain/errors.ts';
import { recordedRun } from '../../support/recorded-runs.ts';

const seed = 20261122;
const kinds = Object.keys(readBackLists) as BrCommandKind[];
const good: readonly (readonly [string, BrCommandKind, RegExp])[] = [
  ['shop/br/04-backup-full', 'backup-full', /Full Backup success summary/],
  ['shop/restore/4-restore-point-t5', 'restore-point', /restore log success summary/],
  ['shop/br/02-log-start', 'log-start', /log start success summary/],
  ['shop/br/17-log-stop', 'log-stop', /log stop success summary/],
];

test('an output that ends anywhere before the words of success never counts as success, whatever the exit code', () => {
  for (const [name, kind, words] of good) {
    const { stdout } = recordedRun(name);
    const text = Buffer.from(stdout).toString('latin1');
    const line = text.split('\n').findIndex((one) => words.test(one));
    const end = text.split('\n').slice(0, line).join('\n').length;
    fc.assert(
      fc.property(
        fc.nat(end),
        fc.option(fc.integer({ min: -15, max: 255 }), { nil: undefined }),
        (cut, exit) => {
          assert.notEqual(outcome(exit, readBrOutput(stdout.subarray(0, cut)), kind).kind, 'succeeded');
        },
      ),
      { seed, numRuns: 15 },
    );
  }
});

test('only exit 0 succeeds; every failure has a code of the list, and every doubt about a change says where to look', () => {
  const outputs = [
    ...good.map(([name]) => name),
    'shop/br/03-log-start-again',
    'faults/truncate-2-again',
  ].map((name) => readBrOutput(recordedRun(name).stdout).filter(({ kind }) => kind !== 'line'));
  const events = fc.shuffledSubarray(outputs.flat());
  const exits = fc.option(fc.constantFrom(-9, 0, 1, 2, 126, 127, 137, 143), { nil: undefined });
  fc.assert(
    fc.property(events, exits, fc.constantFrom(...kinds), (some, exit, kind) => {
      const found = outcome(exit, some, kind);
      if (found.kind === 'succeeded') {
        assert.equal(exit, 0);
        return;
      }
      assert.ok(Object.hasOwn(errorCodes, found.code));
      if (found.kind === 'unclear') assert.ok(found.readBack.length > 0 && found.because !== '');
      else assert.equal(found.retry, errorCodes[found.code].retry);
    }),
    { seed, numRuns: 500 },
  );
});
