// What a request of a restore is answered with: the plan, the same plan again, nothing written by a dry run; and for every
// mistake the sentence that names the field, what was found, what was expected, and an example.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { Facts } from '../../../../lib/domain/state/run-identity.ts';
import { planRestore } from '../../../../lib/operations/control/restore/plan-restore.ts';
import { refusalOf, stageText } from '../../../support/control-stage.ts';
import { plan, recordOf, request, restoreStage, t5, targetPd } from '../../../support/restore-stage.ts';

/** What the input's check says of a request. */
function refusedInput(
  over: Readonly<Record<string, unknown>>,
  whole: unknown = { ...request, ...over },
): PitrError {
  try {
    planRestore.parseInput({ request: whole, execution: 'execution-1' });
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    return caught;
  }
  throw new Error('it was not refused');
}

const planOf = (answer: Facts) => answer['plan'] as Facts;

describe('the plan', () => {
  test('says what is read, how much, how long about, in which order, and the words that br gets', async () => {
    const stage = await restoreStage();
    const answer = await plan(stage);
    assert.equal(answer['id'], '20261122051740-execution-1');
    assert.equal(answer['dryRun'], false);
    const { log, argv, steps, notes, estimate, ...rest } = planOf(answer);
    assert.deepEqual(rest, {
      restoreTs: `${t5}`,
      asked: `${t5}`,
      base: 'snapshot-20261122042455',
      backupTs: '470632758116614145',
      sourceClusterId: '7710846925929674311',
      backupVersion: '9.0.0-beta.2',
      logPath: 'log-backup',
      withSystemTables: true,
      restoreAt: '2026-11-22T04:25:06.752Z',
      chain: ['snapshot-20261122042455'],
      targetPd: [targetPd],
      tables: [],
      snapshotBytes: rest['snapshotBytes'],
      logBytes: rest['logBytes'],
    });
    assert.ok(BigInt(String(rest['snapshotBytes'])) > 500_000n && BigInt(String(rest['logBytes'])) > 10_000n);
    assert.deepEqual(log, { path: 'log-backup', afterTs: '470632758116614145', toTs: `${t5}`, seconds: 12 });
    assert.ok(Array.isArray(argv) && argv.includes(`--restored-ts=${t5}`), JSON.stringify(argv));
    assert.ok(Array.isArray(steps) && steps.length === 4);
    assert.match(String(steps[1]), /br restore point: everything from the snapshot snapshot-20261122042455/);
    assert.match(JSON.stringify(notes), /whether the target is empty br sees itself/);
    assert.match(JSON.stringify(estimate), /"seconds":3\d,"sentence":"about .* an estimate, from 280 GB/);
  });

  test('leans on no base that lacks an object: an older one serves, and the plan says so', async () => {
    const stage = await restoreStage();
    const [newer, older] = ['snapshot-20261122042455', 'snapshot-20261122042442'];
    let sst = '';
    for await (const { key } of stage.bucket.list(`${newer}/`)) if (key.endsWith('.sst')) sst = key;
    await stage.bucket.delete(sst);
    const found = planOf(await plan(stage, { dryRun: true }));
    assert.equal(found['base'], older);
    assert.match(String((found['notes'] as string[])[0]), new RegExp(`${newer} was passed over.*${sst}`));

    await stage.bucket.delete(`${older}/backupmeta`);
    const none = await refusalOf(plan(stage, {}, 'execution-2'));
    assert.equal(none.code, 'OBJECT_DAMAGED', 'without another one, what it lacks is told');
    assert.ok(none.message.includes(sst), none.message);
  });

  test('of a dry run is the same, and nothing is written', async () => {
    const stage = await restoreStage();
    const dry = await plan(stage, { dryRun: true });
    assert.equal(dry['dryRun'], true);
    const nothing = await stage.store.list('restore', 'shop', { nowMs: stage.nowMs() });
    assert.deepEqual(nothing.entries, []);
    assert.deepEqual((await stage.store.audit('shop', { nowMs: stage.nowMs() })).entries, []);
    assert.deepEqual(planOf(await plan(stage)), planOf(dry));
  });

  test('of the same execution is the same later, though the bucket would give another one', async () => {
    const stage = await restoreStage();
    const first = await plan(stage, { restoreTo: 'latest' });
    await stage.clock.sleep(60_000);
    await stage.bucket.put('log-backup/v1_stream_trancate_safepoint.txt', Buffer.from('470632777030303745'));
    assert.deepEqual(await plan(stage, { restoreTo: 'latest' }), first);
    const other = await refusalOf(plan(stage, { restoreTo: `${t5}` }, 'execution-2'));
    assert.equal(other.code, 'LOG_TRUNCATED');
  });

  test('takes every form of a moment', async () => {
    const stage = await restoreStage();
    const moments = ['2026-11-22T04:25:06.752Z', '2026-11-22 12:25:06.752+08:00', 'latest', '-30s', `${t5}`];
    const found: unknown[] = [];
    for (const [index, restoreTo] of moments.entries()) {
      found.push(planOf(await plan(stage, { restoreTo, dryRun: true }, `execution-${index}`))['restoreTs']);
    }
    assert.deepEqual(found, [
      '470632761065996288',
      '470632761065996288',
      '470632777030303745',
      '470632769165983744',
      `${t5}`,
    ]);
  });

  test('has an id of letters and digits for an execution of any name, and another for another one', async () => {
    const stage = await restoreStage();
    const name = 'Wiederherstellung für müller@example.com (zweiter Versuch), 2026-11-22';
    const [one, two] = [await plan(stage, {}, name), await plan(stage, {}, `${name}!`)].map(({ id }) =>
      String(id),
    );
    assert.match(one!, /^20261122051740-[A-Za-z0-9_-]{1,40}$/);
    assert.notEqual(one, two);
    assert.deepEqual(String((await plan(stage, {}, name))['id']), one);
  });

  test('with tables gives br its rules one by one, and says what is not restored', async () => {
    const stage = await restoreStage();
    const answer = planOf(await plan(stage, { tables: ['shop.*', '!shop.tmp_*'], dryRun: true }));
    const argv = answer['argv'] as readonly string[];
    assert.ok(argv.includes('--filter=shop.*') && argv.includes('--filter=!shop.tmp_*'));
    assert.match(JSON.stringify(answer['notes']), /accounts and other system tables are not restored/);
  });

  test('names the certificates where br will find them, when the cluster has TLS', async () => {
    const settings = stageText
      .replace('127.0.0.1:2379]', 'https://127.0.0.1:2379]')
      .replace(
        '    bucket:',
        '    tls: { ca: /tls/ca.crt, cert: /tls/client.crt, key: /tls/client.key }\n    bucket:',
      );
    const stage = await restoreStage({ settings });
    const answer = planOf(
      await plan(stage, { target: { pd: ['https://10.0.2.11:2379', '10.0.2.11'] }, dryRun: true }),
    );
    assert.deepEqual(answer['targetPd'], ['10.0.2.11:2379']);
    assert.ok((answer['argv'] as readonly string[]).includes('--ca=/tls/ca.crt'));
  });
});

describe('a mistake in the request is told with its field, what was found and what was expected', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string, RegExp])[] = [
    [
      'no cluster',
      { cluster: undefined },
      'INVALID_INPUT',
      /^cluster of the request is missing, expected the name .*"shop"/,
    ],
    [
      'no moment',
      { restoreTo: undefined },
      'INVALID_INPUT',
      /^restoreTo of the request is missing, expected a moment such as "2026-/,
    ],
    [
      'a TSO as number',
      { restoreTo: 470632761065 },
      'INVALID_INPUT',
      /^restoreTo of the request is 470632761065, expected/,
    ],
    [
      'no moment at all',
      { restoreTo: 'yesterday' },
      'INVALID_INPUT',
      /^restoreTo of the request: the moment "yesterday" is not understood/,
    ],
    ['no zone', { restoreTo: '2026-11-22 04:25:00' }, 'MOMENT_WITHOUT_ZONE', /^restoreTo of the request: /],
    ['a Unix time', { restoreTo: '1795321506' }, 'INVALID_INPUT', /looks like a unix time/],
    ['no duration', { restoreTo: '-5x' }, 'INVALID_INPUT', /is not a time before latest/],
    [
      'no target',
      { target: undefined },
      'INVALID_INPUT',
      /^target of the request is missing, expected an object .*\{"pd":\["10\.0\.2\.11:2379"\]\}/,
    ],
    [
      'a target that is a text',
      { target: '10.0.2.11' },
      'INVALID_INPUT',
      /^target of the request is "10\.0\.2\.11", expected an object/,
    ],
    [
      'no PD',
      { target: { pd: [] } },
      'INVALID_INPUT',
      /^pd of target of the request is \[\], expected a list of PD addresses/,
    ],
    [
      'PD that is no list',
      { target: { pd: 'a:2379' } },
      'INVALID_INPUT',
      /^pd of target of the request is "a:2379", expected a list/,
    ],
    [
      "TiDB's port",
      { target: { pd: ['a:4000'] } },
      'INVALID_INPUT',
      /^target\.pd\[0\] of the request is "a:4000", expected an address of PD/,
    ],
    [
      'a path',
      { target: { pd: ['a:2379/pd'] } },
      'INVALID_INPUT',
      /^target\.pd\[0\] of the request is "a:2379\/pd", expected/,
    ],
    [
      'another field of the target',
      { target: { pd: ['a:2379'], tls: true } },
      'INVALID_INPUT',
      /^target of the request knows no field "tls"/,
    ],
    ['a misspelt field', { restoreAt: 'latest' }, 'INVALID_INPUT', /^the request knows no field "restoreAt"/],
    [
      'a dry run that is a text',
      { dryRun: 'yes' },
      'INVALID_INPUT',
      /^dryRun of the request is "yes", expected true or false/,
    ],
    [
      'tables that are a text',
      { tables: 'shop.*' },
      'INVALID_INPUT',
      /^tables of the request is "shop\.\*", expected a list of table rules of br/,
    ],
    [
      'no table',
      { tables: [] },
      'INVALID_INPUT',
      /^tables of the request is \[\], expected a list of table rules/,
    ],
    [
      'a rule without a dot',
      { tables: ['shop'] },
      'INVALID_TABLE_FILTER',
      /^tables\[0\]: .*a dot and a table pattern/,
    ],
    [
      'system tables',
      { tables: ['*.*'] },
      'INVALID_TABLE_FILTER',
      /^tables is \["\*\.\*"\], which selects tables of mysql: expected rules over databases of users/,
    ],
  ];
  for (const [name, over, code, message] of cases) {
    test(name, () => {
      const error = refusedInput(over);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok((error.hint ?? error.message).length > 10);
    });
  }

  test('no object at all', () => {
    for (const whole of [null, [], 'latest', 7]) {
      assert.match(
        refusedInput({}, whole).message,
        /^the request is .*, expected a JSON object such as \{"cluster":"shop"/,
      );
    }
  });

  test('a hint says why a TSO is a text', () => {
    assert.match(refusedInput({ restoreTo: 4706 }).hint ?? '', /write it in quotes/);
  });
});

describe('a request that cannot be served', () => {
  test('into the cluster that was backed up is refused, whatever it asks for', async () => {
    const stage = await restoreStage();
    const target = { pd: ['10.0.2.11:2379', '127.0.0.1:2379'] };
    for (const tables of [undefined, ['shop.*']]) {
      const error = await refusalOf(plan(stage, { target, tables }, `execution-${tables === undefined}`));
      assert.equal(error.code, 'INVALID_INPUT');
      assert.match(
        error.message,
        /target\.pd of the request names 127\.0\.0\.1:2379, which is a PD of shop itself/,
      );
    }
  });

  test('over TLS without a certificate, or the other way round, is refused', async () => {
    const stage = await restoreStage();
    const error = await refusalOf(plan(stage, { target: { pd: ['https://10.0.2.11:2379'] } }));
    assert.match(error.message, /has https:\/\/10\.0\.2\.11:2379, expected http:\/\/ or none/);
  });

  test('to a moment outside the window is kept as refused, with the nearest moments, and refused again', async () => {
    const stage = await restoreStage();
    const beyond = { restoreTo: '2026-11-22T04:30:00Z' };
    const error = await refusalOf(plan(stage, beyond));
    assert.equal(error.code, 'MOMENT_NOT_IN_WINDOW');
    assert.match(error.hint ?? '', /nearest restorable moment is 470632777030303745/);
    const record = await recordOf(stage, '20261122051740-execution-1');
    assert.ok(record.state === 'refused');
    assert.deepEqual(record.nearestTs, [470632777030303745n]);
    await stage.clock.sleep(5_000);
    const again = await refusalOf(plan(stage, beyond));
    assert.deepEqual([again.code, again.message, again.hint], [error.code, error.message, error.hint]);
    const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
    assert.deepEqual(
      entries.map(({ topic, facts }) => [topic, facts['state'], facts['code']]),
      [['restore-failed', 'refused', 'MOMENT_NOT_IN_WINDOW']],
    );
  });

  test('before the first snapshot names the moment after it', async () => {
    const stage = await restoreStage();
    const error = await refusalOf(plan(stage, { restoreTo: '2026-11-22T04:24:00Z' }));
    assert.equal(error.code, 'MOMENT_NOT_IN_WINDOW');
    const record = await recordOf(stage, '20261122051740-execution-1');
    assert.ok(record.state === 'refused');
    assert.deepEqual(record.nearestTs, [470632754787647489n]);
  });

  test('of a dry run is not kept', async () => {
    const stage = await restoreStage();
    const error = await refusalOf(plan(stage, { restoreTo: '2026-11-22T04:30:00Z', dryRun: true }));
    assert.equal(error.code, 'MOMENT_NOT_IN_WINDOW');
    assert.deepEqual((await stage.store.list('restore', 'shop', { nowMs: stage.nowMs() })).entries, []);
  });

  test('from an empty bucket says that there is no snapshot', async () => {
    const { MemoryObjectStore } = await import('../../../support/memory-object-store.ts');
    const stage = await restoreStage({ bucket: new MemoryObjectStore() });
    assert.equal((await refusalOf(plan(stage, { restoreTo: 'latest' }))).code, 'BASE_MISSING');
  });

  test('for some tables with a br that takes none is refused with the version that would', async () => {
    const settings = stageText.replace('v9.0.0-beta.2', 'v8.5.4');
    const stage = await restoreStage({ settings });
    const error = await refusalOf(plan(stage, { tables: ['shop.*'] }));
    assert.equal(error.code, 'INVALID_TABLE_FILTER');
    assert.match(
      error.message,
      /tables is \["shop\.\*"\], and br v8\.5\.4 restores all tables to a moment or none/,
    );
    const base = await plan(stage, { tables: ['shop.*'], restoreTo: '470632758116614145' }, 'execution-2');
    assert.equal(planOf(base)['log'], null, 'the snapshot alone takes them');
  });

  test('a trouble of the storage is no refusal, and nothing is kept of it', async () => {
    const stage = await restoreStage();
    const broken = {
      ...stage,
      openBucket: async () => Promise.reject(new PitrError('STORAGE_UNAVAILABLE', 'busy')),
    };
    assert.equal((await refusalOf(plan(broken))).code, 'STORAGE_UNAVAILABLE');
    assert.deepEqual((await stage.store.list('restore', 'shop', { nowMs: stage.nowMs() })).entries, []);
  });

  test('a call of the same execution that was faster is what is answered', async () => {
    const stage = await restoreStage();
    const [one, two] = await Promise.allSettled([
      plan(stage, { restoreTo: '2026-11-22T04:30:00Z' }),
      plan(stage, { restoreTo: '2026-11-22T04:30:00Z' }),
    ]);
    assert.deepEqual([one.status, two.status], ['rejected', 'rejected']);
    const { entries } = await stage.store.list('restore', 'shop', { nowMs: stage.nowMs() });
    assert.equal(entries.length, 1);
  });
});
