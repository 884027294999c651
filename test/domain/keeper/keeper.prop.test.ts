// The keeper over random lives of a task: what it must never do, what it must not fail to do, and that it tells each thing once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { factsOfLook } from '../../../lib/domain/keeper/facts-of-look.ts';
import { keep } from '../../../lib/domain/keeper/keeper.ts';
import type { KeeperDecision, KeeperMessage } from '../../../lib/domain/keeper/keeper-facts.ts';
import { decideLogTask, type OurTask } from '../../../lib/domain/log-task/log-task-decision.ts';
import type { KeeperRecord } from '../../../lib/domain/state/keeper-record.ts';
import type { LogTaskState } from '../../../lib/domain/state/log-task-state.ts';
import { recordShapes } from '../../../lib/ports/state/shapes.ts';
import { type ModelEvent, modelEvents, TaskModel } from '../../support/keeper-model.ts';
import { sightOf } from '../../support/keeper-model-sight.ts';
import { hour, keeperSettings, minute, noRuns, pathOf } from '../../support/keeper-stage.ts';
import { shopTask } from '../../support/recorded-log-tasks.ts';

const startMs = Date.UTC(2026, 10, 22);
const minutes = 14 * 60;
/** After so long a time in which nothing is broken, everything that the keeper may do is done. */
const healedWithinMs = 80 * minute;

interface Life {
  readonly isSigned: boolean;
  readonly attemptsPerHour: number;
  readonly events: readonly { readonly at: number; readonly event: ModelEvent }[];
}

const anyLife: fc.Arbitrary<Life> = fc.record({
  isSigned: fc.boolean(),
  attemptsPerHour: fc.constantFrom(1, 2, 3, 6),
  events: fc
    .array(
      fc.record({ at: fc.integer({ min: 5, max: minutes - 1 }), event: fc.constantFrom(...modelEvents) }),
      { maxLength: 14 },
    )
    .map((list) => [...list].sort((a, b) => a.at - b.at)),
});

interface Minute {
  readonly decision: KeeperDecision;
  /** The same question once more. */
  readonly again: () => KeeperDecision;
  readonly model: TaskModel;
  readonly wasOpen: boolean;
  /** For how long nothing happens, nothing is broken, nobody paused it, and no other task is there. */
  readonly goodMs: number;
}

/** Lives it, and shows every minute as it was decided, before the act begins. */
function live(life: Life, show: (at: Minute) => void): void {
  const model = new TaskModel(startMs, life.isSigned);
  const settings = { ...keeperSettings, attemptsPerHour: life.attemptsPerHour };
  let history: KeeperRecord | undefined;
  let task: LogTaskState | undefined;
  let goodSinceMs = startMs;
  for (let at = 0; at < minutes; at++) {
    model.tick();
    const events = life.events.filter((one) => one.at === at);
    for (const { event } of events) model.happen(event);
    const sight = sightOf(model);
    const own: OurTask = { ...shopTask, places: placesOf(model, history) };
    task = decideLogTask(sight, task, own, model.nowMs);
    const path = model.task?.name === 'pitr' ? model.task.path : '';
    const look = {
      sight,
      state: task,
      own,
      path,
      adopted: null,
      stores: [],
      bucketProblem: '',
      measured: undefined,
    };
    const facts = factsOfLook(look, { ...noRuns, changes: model.changes });
    const decision = keep(facts, history, settings, model.nowMs);
    if (events.length > 0 || !isGood(model)) goodSinceMs = model.nowMs;
    const again = () => keep(facts, history, settings, model.nowMs);
    show({ decision, again, model, wasOpen: model.open !== undefined, goodMs: model.nowMs - goodSinceMs });
    history = decision.record;
    if (decision.act?.kind === 'change') model.plan(decision.act);
  }
}

function placesOf(model: TaskModel, history: KeeperRecord | undefined): readonly string[] {
  const paths = ['log-backup', ...(history?.epochs ?? []).map(({ path }) => path)];
  const begun = model.task?.name === 'pitr' ? [pathOf(model.task.path)] : [];
  return [...paths, ...begun].map((path) => `s3://tidb-pitr-bucket/backup-data/${path}`);
}

function isGood(model: TaskModel): boolean {
  const isWhole = model.isStorageGood && model.isTidbThere && model.isBrGood && !model.isRestoring;
  return isWhole && !model.isDoubtful && model.task?.pause !== 'person' && model.task?.name !== 'other';
}

const property = (check: (life: Life) => void, numRuns = 300) =>
  fc.assert(fc.property(anyLife, check), { seed: 20261122, numRuns });

test('the keeper never undoes a person’s pause, and never touches a task that is not ours', () => {
  let pauses = 0;
  property((life) =>
    live(life, ({ decision: { act }, model }) => {
      if (model.task?.pause === 'person') pauses += 1;
      if (act?.kind !== 'change') return;
      assert.notEqual(model.task?.pause, 'person', `${act.action} of a task that a person paused`);
      assert.notEqual(model.task?.name, 'other', `${act.action} beside another task`);
    }),
  );
  assert.ok(pauses > 1000, `${pauses}`);
});

test('it plans nothing while a change is open, and no more in any hour than the settings allow', () => {
  let most = 0;
  property((life) => {
    const at: number[] = [];
    live(life, ({ decision: { act }, model, wasOpen }) => {
      if (act?.kind !== 'change') return;
      assert.ok(!wasOpen, `${act.action} while another change was open`);
      if (act.action === 'stop') return;
      at.push(model.nowMs);
      const inHour = at.filter((one) => one > model.nowMs - hour).length;
      assert.ok(inHour <= life.attemptsPerHour, `${inHour} in an hour, allowed ${life.attemptsPerHour}`);
      most = Math.max(most, inHour);
    });
  });
  assert.ok(most >= 3, `${most}`);
});

test('history is never lost where a permitted act would have saved it, and what is broken no more is healed', () => {
  let lost = 0;
  let healed = 0;
  property((life) => {
    let before: KeeperRecord['state'] = 'none';
    live(life, ({ decision: { record }, goodMs }) => {
      if (record.state === 'lost' && before !== 'lost') {
        lost += 1;
        assert.ok(goodMs < healedWithinMs, `lost after ${goodMs / minute} good minutes`);
      }
      if (goodMs >= healedWithinMs) {
        assert.equal(record.state, 'healthy', `after ${goodMs / minute} good minutes: ${record.reason}`);
        if (before !== 'healthy') healed += 1;
      }
      before = record.state;
    });
  });
  assert.ok(lost > 10, `${lost} lives lost history: the model is too kind to tell`);
  assert.ok(healed >= 0);
});

test('each trouble is told once, its end once, and an alarm again only when it rises', () => {
  const counts = { troubles: 0, ends: 0, alarms: 0 };
  property((life) => {
    const told = new Told(counts);
    live(life, ({ decision }) => {
      for (const message of decision.messages) told.hear(message);
    });
  });
  assert.ok(counts.troubles > 100 && counts.ends > 50 && counts.alarms > 50, JSON.stringify(counts));
});

test('the same question has the same answer, and what is remembered survives the table', () => {
  property((life) => {
    live(life, ({ decision, again }) => {
      assert.deepEqual(again(), decision);
      const { record } = decision;
      assert.deepEqual(recordShapes.keeper.read(recordShapes.keeper.write(record), 'the record'), record);
    });
  }, 30);
});

/** Who listens, and complains about what was said before or never began. */
class Told {
  readonly #troubles = new Set<string>();
  readonly #alarms = new Map<string, string>();
  readonly #occasions = new Set<string>();
  readonly #counts: { troubles: number; ends: number; alarms: number };
  #isIntroduced = false;

  constructor(counts: { troubles: number; ends: number; alarms: number }) {
    this.#counts = counts;
  }

  hear({ topic, occasion, facts, title, happened, done, todo }: KeeperMessage): void {
    const id = `${topic}/${occasion}`;
    assert.ok(!this.#occasions.has(id), `${id} is told twice`);
    this.#occasions.add(id);
    for (const part of [title, happened, done, todo]) assert.match(part, /\S/, `${id} has an empty part`);
    const { state, cause, alarm, level } = facts;
    switch (topic) {
      case 'log-task-trouble': {
        const key = `${state}/${cause}`;
        assert.ok(!this.#troubles.has(key), `${key} is told while it goes on`);
        this.#troubles.add(key);
        this.#counts.troubles += 1;
        return;
      }
      case 'log-task-well':
        assert.ok(this.#troubles.size > 0 || !this.#isIntroduced, 'an end of nothing');
        this.#counts.ends += this.#troubles.size > 0 ? 1 : 0;
        this.#isIntroduced = true;
        this.#troubles.clear();
        return;
      case 'alarm-raised':
        assert.ok(
          !(this.#alarms.get(`${alarm}`) === level && tellsEnd(`${alarm}`)),
          `${alarm} is told twice`,
        );
        this.#alarms.set(`${alarm}`, `${level}`);
        this.#counts.alarms += 1;
        return;
      case 'alarm-over':
        assert.ok(this.#alarms.delete(`${alarm}`), `${alarm} is over and never was`);
        return;
      case 'log-task-epoch':
        return;
      default:
        topic satisfies never;
    }
  }
}

/** The end of the others is told with that of the trouble. */
const tellsEnd = (alarm: string) => alarm !== 'paused' && alarm !== 'fuse';
