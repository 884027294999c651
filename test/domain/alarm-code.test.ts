// All levels in one number: nothing is lost, and CloudWatch's metric math takes out what was put in.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { alarmCode, alarmLevels, levelExpression, levelIn } from '../../lib/domain/alarm-code.ts';
import { alarmNames } from '../../lib/domain/state/keeper-record.ts';

const someLevels = fc.array(fc.constantFrom(...alarmLevels), {
  minLength: alarmNames.length,
  maxLength: alarmNames.length,
});

/** Metric math knows FLOOR, and arithmetic as JavaScript does it. */
function calculate(expression: string, code: number): number {
  const script = expression.replaceAll('FLOOR', 'Math.floor').replaceAll('code', `${code}`);
  assert.match(script, /^[-+*/(). 0-9]*(?:Math\.floor[-+*/(). 0-9]*)*$/);
  return Number(new Function(`return ${script}`)());
}

describe('the code of all alarms', () => {
  test('is 0 while all is well, named or not', () => {
    assert.equal(alarmCode([]), 0);
    assert.equal(alarmCode(alarmNames.map((name) => ({ name, level: 'ok' }))), 0);
  });

  test('gives each level back, and so does the expression for CloudWatch', () => {
    fc.assert(
      fc.property(someLevels, (levels) => {
        const alarms = alarmNames.map((name, index) => ({ name, level: levels[index] ?? 'ok' }));
        const code = alarmCode(alarms);
        for (const { name, level } of alarms) {
          assert.equal(levelIn(code, name), level, name);
          assert.equal(calculate(levelExpression(name, 'code'), code), alarmLevels.indexOf(level), name);
        }
      }),
    );
  });

  test('stays far below what a number of CloudWatch holds exactly', () => {
    const worst = alarmCode(alarmNames.map((name) => ({ name, level: 'critical' })));
    assert.equal(worst, 3 ** alarmNames.length - 1);
    assert.ok(worst < 2 ** 40, `${worst}: too many alarms for one number`);
  });
});
