// A pin and a plan of the retention at once, in every order of their calls: what is pinned is there afterwards, or the pin was refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalog } from '../../../../lib/br/catalog.ts';
import { chooseBase } from '../../../../lib/domain/base.ts';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { Facts } from '../../../../lib/domain/state/run-identity.ts';
import { pin } from '../../../../lib/operations/control/retention/pin.ts';
import { retentionApply } from '../../../../lib/operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../../../../lib/operations/control/retention/retention-plan.ts';
import {
  beginEpoch,
  disturbedStage,
  type RetentionStage,
  retentionStage,
  shopSnapshots,
} from '../../../support/retention-stage.ts';

const [first] = shopSnapshots;
/** In the log of the old epoch, after the first snapshot. */
const oldMoment = '470632755500000000';
const wishes = [
  { what: 'snapshot', folder: first },
  { what: 'moment', at: oldMoment },
] as const;

/** A snapshot and the log of an old epoch are to go. */
async function plannedStage(): Promise<RetentionStage> {
  const stage = await retentionStage('window: 1h, minBases: 1, coolOff: 0s');
  await beginEpoch(stage, 'log-backup/epoch-20261122042450');
  const answer = await retentionPlan.run(stage, { dueMs: undefined, who: 'ann', dryRun: false });
  const kinds = (answer['steps'] as readonly Facts[]).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['delete-snapshot', 'delete-log', 'cut-log']);
  return stage;
}

type Deps = Pick<RetentionStage, 'settings' | 'store' | 'nowMs' | 'openBucket' | 'bucketName'>;

async function pinned(deps: Deps, wish: object): Promise<'pinned' | 'refused'> {
  try {
    await pin.run(deps, pin.parseInput({ cluster: 'shop', reason: 'an audit', ...wish }));
    return 'pinned';
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    assert.ok(
      ['BASE_MISSING', 'MOMENT_NOT_IN_WINDOW', 'OBJECT_DAMAGED'].includes(caught.code),
      String(caught),
    );
    return 'refused';
  }
}

async function applied(deps: Deps): Promise<Facts> {
  return await retentionApply.run(deps, { planId: undefined, who: 'a test' });
}

async function holds({ bucket }: RetentionStage, { what }: (typeof wishes)[number]): Promise<boolean> {
  const facts = await readCatalog({ snapshots: bucket, log: bucket, keys: {} });
  if (what === 'moment') return chooseBase(facts, BigInt(oldMoment)).kind !== 'refusal';
  return facts.snapshots.some(({ name, state }) => name === first && state.kind === 'complete');
}

describe('a pin beside a plan that is carried out', () => {
  for (const wish of wishes) {
    // Every call for the one, every third for the other: both go through the same calls.
    const stride = wish.what === 'snapshot' ? 1 : 3;
    test(`of a ${wish.what}, made before any call of the plan, holds or is refused`, async () => {
      const ends = new Map<string, number>();
      for (let at = 0; ; at += stride) {
        const stage = await plannedStage();
        let answer: string | undefined;
        const disturbed = disturbedStage(stage, at, async () => {
          answer = await pinned(stage, wish);
        });
        const { decision } = await applied(disturbed);
        if (answer === undefined) break;
        const isThere = await holds(stage, wish);
        if (answer === 'pinned') assert.ok(isThere, `pinned before call ${at}, and gone`);
        ends.set(`${answer} ${String(decision)}`, (ends.get(`${answer} ${String(decision)}`) ?? 0) + 1);
      }
      assert.ok((ends.get('pinned stopped') ?? 0) > 3, JSON.stringify([...ends]));
      assert.ok((ends.get('refused done') ?? 0) > 3, JSON.stringify([...ends]));
    });

    test(`of a ${wish.what}, into any call of which the whole plan falls, holds or is refused`, async () => {
      const ends = new Set<string>();
      for (let at = 0; ; at += stride) {
        const stage = await plannedStage();
        let decision: unknown;
        const disturbed = disturbedStage(stage, at, async () => {
          ({ decision } = await applied(stage));
        });
        const answer = await pinned(disturbed, wish);
        if (decision === undefined) break;
        if (answer === 'pinned') assert.ok(await holds(stage, wish), `the plan fell into call ${at}`);
        ends.add(`${answer} ${String(decision)}`);
      }
      assert.ok(ends.has('refused done'), JSON.stringify([...ends]));
    });
  }
});
