import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { functions } from '../../../lib/config/functions.ts';
import { localFlow, readFlowFile } from '../../../lib/local/flows/flow-definition.ts';
import { flowNames } from '../../../lib/ports/launcher.ts';

const flowOf = (states: Readonly<Record<string, object>>, more: object = {}): string =>
  JSON.stringify({ StartAt: 'A', States: states, ...more });

describe("a flow's file made ready for one machine", () => {
  for (const name of flowNames) {
    test(`${name}: every name that is put in is the name of a function`, () => {
      const flow = localFlow(readFlowFile(name));
      assert.ok(flow.functions.length > 1);
      for (const called of flow.functions) assert.ok(called in functions, called);
      assert.ok(!JSON.stringify(flow.definition).includes('${'));
    });
  }

  test('what calls or waits is a step of the runner, with its limits', () => {
    const flow = localFlow(readFlowFile('log-task'));
    assert.deepEqual([...flow.steps.keys()], ['RunBr', 'Pause', 'Confirm', 'PauseConfirm', 'Settle']);
    const { retriers, ...runBr } = flow.steps.get('RunBr') as { retriers: readonly unknown[] };
    assert.deepEqual(runBr, { kind: 'call', waits: true, timeoutMs: 604_800_000, heartbeatMs: 900_000 });
    assert.equal(retriers.length, 3);
    assert.deepEqual(flow.steps.get('Pause'), { kind: 'wait' });
  });

  test('a task without a limit has the one of AWS, three years', () => {
    const flow = localFlow(
      flowOf({ A: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true } }),
    );
    assert.deepEqual(flow.steps.get('A'), {
      ...{ kind: 'call', waits: false, retriers: [], timeoutMs: 99_999_999_000, heartbeatMs: undefined },
    });
  });

  test('every change of the text is another file', () => {
    const digests = ['a', 'b'].map((Comment) => localFlow(flowOf({}, { Comment })).digest);
    assert.notEqual(digests[0], digests[1]);
  });

  const refused: readonly (readonly [title: string, text: string, says: RegExp])[] = [
    [
      'another service',
      flowOf({ A: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish' } }),
      /the state A calls arn:aws:states:::sns:publish/,
    ],
    ['a Map without items', flowOf({ A: { Type: 'Map' } }), /the Map A is not whole/],
    [
      'a Map that reads its items from a bucket',
      flowOf({ A: { Type: 'Map', ItemReader: {} } }),
      /the Map A has ItemReader/,
    ],
    [
      'a Map whose items do what only AWS can',
      flowOf({
        A: {
          ...{ Type: 'Map', ItemsPath: '$.all', ItemSelector: {} },
          ItemProcessor: { StartAt: 'B', States: { B: { Type: 'Parallel' } } },
        },
      }),
      /the state B is a Parallel/,
    ],
    ['a Parallel', flowOf({ A: { Type: 'Parallel' } }), /the state A is a Parallel/],
    [
      'a wait until a time',
      flowOf({ A: { Type: 'Wait', TimestampPath: '$.at' } }),
      /the state A waits until a time/,
    ],
    ['JSONata', flowOf({}, { QueryLanguage: 'JSONata' }), /expected JSONPath mode/],
  ];
  for (const [title, text, says] of refused) {
    test(`${title} is refused`, () => {
      assert.throws(() => localFlow(text), { code: 'INTERNAL', message: says });
    });
  }
});
