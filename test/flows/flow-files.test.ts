// What must hold in every flow's file, read as data. How they run is in test/local/flows.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import aslValidator from 'asl-validator';
import { retryList } from '../../lib/config/flow-lists.ts';
import { flowNames } from '../../lib/ports/launcher.ts';

interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Parameters?: {
    readonly FunctionName?: string;
    readonly Payload?: Readonly<Record<string, unknown>>;
  };
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly (Readonly<Record<string, unknown>> & { readonly Next: string })[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Retry?: unknown;
  readonly TimeoutSeconds?: number;
  readonly HeartbeatSeconds?: number;
  readonly ItemProcessor?: Omit<Flow, 'Comment'> & { readonly ProcessorConfig: object };
  readonly MaxConcurrency?: number;
  readonly ToleratedFailureCount?: number;
}

interface Flow {
  readonly Comment: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const textOf = (name: string): string => readFileSync(`lib/flows/${name}.asl.json`, 'utf8');
const flowOf = (name: string): Flow => JSON.parse(textOf(name));
const nextsOf = (state: State): string[] => [
  ...[state.Next, state.Default].filter((next) => next !== undefined),
  ...(state.Choices ?? []).map(({ Next }) => Next),
  ...(state.Catch ?? []).map(({ Next }) => Next),
];

/** Where the flow can get to from a state, without passing through the states of `without`. */
function reachable(flow: Flow, from: readonly string[], without: readonly string[] = []): Set<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || without.includes(name)) continue;
    found.add(name);
    open.push(...nextsOf(flow.States[name]!));
  }
  return found;
}

test('each flow has a file, and each file is a flow', () => {
  assert.deepEqual(readdirSync('lib/flows').sort(), flowNames.map((name) => `${name}.asl.json`).sort());
});

test('the lists in the files are those of the error codes', () => {
  const result = spawnSync(process.execPath, ['scripts/generate-flows.ts', '--check'], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
});

for (const name of flowNames) {
  describe(`the flow ${name}`, () => {
    const flow = flowOf(name);
    const states = Object.entries(flow.States);
    const maps = states.flatMap(([name, { ItemProcessor }]) =>
      ItemProcessor === undefined ? [] : [[name, ItemProcessor] as const],
    );
    const ofItems = maps.flatMap(([, { States }]) => Object.entries(States));
    const tasks = [...states, ...ofItems].filter(([, state]) => state.Type === 'Task');

    test('is valid Amazon States Language in JSONPath mode', () => {
      const { isValid, errorsText } = aslValidator(JSON.parse(textOf(name)));
      assert.ok(isValid, errorsText('\n'));
      assert.ok(!textOf(name).includes('QueryLanguage'));
    });

    test('says in words what it and each of its states is for', () => {
      assert.ok(flow.Comment.length > 30);
      for (const [state, { Comment }] of [...states, ...ofItems])
        assert.ok((Comment ?? '').length > 20, state);
    });

    test('calls functions only by names that are put in when it is deployed', () => {
      for (const [state, { Resource, Parameters }] of tasks) {
        assert.match(Resource ?? '', /^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/, state);
        assert.match(Parameters?.FunctionName ?? '', /^\$\{[A-Z][A-Za-z]+\}$/, state);
      }
      assert.deepEqual(
        [...new Set(textOf(name).match(/\$\{\w+\}/g))].sort(),
        [...new Set(tasks.map(([, { Parameters }]) => Parameters?.FunctionName))].sort(),
      );
    });

    test('every state can be reached', () => {
      assert.deepEqual([...reachable(flow, [flow.StartAt])].sort(), states.map(([state]) => state).sort());
    });

    test('no way leads from the first work to an end without passing Settle', () => {
      const firsts = { 'restore-to-point': 'CheckTarget', truncate: 'BeginCut' } as const;
      const first = name === 'restore-to-point' || name === 'truncate' ? firsts[name] : 'RunBr';
      const ends = [...reachable(flow, [first], ['Settle'])].filter((state) =>
        ['Succeed', 'Fail'].includes(flow.States[state]!.Type),
      );
      assert.deepEqual(ends, []);
    });

    test('every task gives up waiting, and leads on whatever goes wrong', () => {
      for (const [state, { TimeoutSeconds, Catch, Retry }] of tasks) {
        assert.ok((TimeoutSeconds ?? 0) > 900, state);
        assert.ok(Array.isArray(Retry) && Retry.length > 0, state);
        // Plan catches only the faults of the request: nothing was begun, so the execution may fail there.
        // Of an item's, the Map catches: it hears that one failed for good.
        if (ofItems.some(([one]) => one === state)) assert.equal(Catch, undefined, state);
        else if (state !== 'Plan') assert.deepEqual(Catch?.at(-1)?.ErrorEquals, ['States.ALL'], state);
      }
    });

    test('a task that waits has a token and a heartbeat, and no other has', () => {
      for (const [state, task] of tasks) {
        const waits = task.Resource?.endsWith('.waitForTaskToken') === true;
        assert.equal('token.$' in (task.Parameters?.Payload ?? {}), waits, state);
        assert.equal(task.HeartbeatSeconds, waits ? 900 : undefined, state);
        assert.deepEqual(task.Retry, retryList(kindOf(state, waits)), state);
      }
    });

    test('a Map does a few items at once, tolerates no failure, and leads on whatever goes wrong', () => {
      for (const [map, processor] of maps) {
        const { MaxConcurrency = 0, ToleratedFailureCount, Catch } = flow.States[map]!;
        assert.ok(MaxConcurrency > 0 && MaxConcurrency <= 40, map);
        assert.equal(ToleratedFailureCount, 0, map);
        assert.deepEqual(Catch?.at(-1)?.ErrorEquals, ['States.ALL'], map);
        assert.deepEqual(processor.ProcessorConfig, { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, map);
        assert.deepEqual(
          [...reachable({ Comment: '', ...processor }, [processor.StartAt])].sort(),
          Object.keys(processor.States).sort(),
        );
      }
    });

    test('every choice asks whether a field is there before it looks at it', () => {
      for (const [state, { Choices, Default }] of states.filter(([, { Type }]) => Type === 'Choice')) {
        assert.ok(Default !== undefined, state);
        for (const choice of Choices ?? []) {
          const rules = choice['And'] as readonly Record<string, unknown>[];
          for (const [index, rule] of rules.entries()) {
            if ('IsPresent' in rule) continue;
            const before = rules
              .slice(0, index)
              .some((one) => one['IsPresent'] && one['Variable'] === rule['Variable']);
            assert.ok(before, `${state}: ${rule['Variable']}`);
          }
        }
      }
    });

    test('is told in docs/flows.md with all its states', () => {
      const page = readFileSync('docs/flows.md', 'utf8');
      for (const [state] of [...states, ...ofItems]) assert.ok(page.includes(state), state);
    });
  });
}

function kindOf(state: string, waits: boolean) {
  if (waits) return 'waiting';
  if (state === 'BeginCut') return 'begin';
  return state === 'Settle' ? 'settle' : state === 'LookAtTarget' ? 'look' : 'plain';
}
