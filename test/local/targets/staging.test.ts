import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openStaging } from '../../../lib/local/targets/staging.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const deadPid = 2 ** 30;

test('of many restores that begin into one target at once exactly one gets it, and the others are told', async (t) => {
  const { path, remove } = await temporaryFolder();
  t.after(remove);
  const target = join(path, 'restored');
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => openStaging(target)));
  const got = tries.filter((one) => one.status === 'fulfilled');
  assert.equal(got.length, 1);
  for (const one of tries) if (one.status === 'rejected') assert.equal(one.reason.code, 'TARGET_OCCUPIED');
  assert.deepEqual(await readdir(path), ['restored.pitr-partial'], 'nobody leaves anything of a lost try');
  await got[0].value.cleanUp();
  await (await openStaging(target)).cleanUp();
  assert.deepEqual(await readdir(path), []);
});

test('what a dead restore left is cleared, and a result it had moved aside goes back to its place', async (t) => {
  const { path, remove } = await temporaryFolder();
  t.after(remove);
  const target = join(path, 'restored');
  const left = `${target}.pitr-partial`;
  await mkdir(join(left, 'before'), { recursive: true });
  await writeFile(join(left, 'before', 'old'), 'the result of last time');
  await writeFile(join(left, 'owner.json'), JSON.stringify({ pid: deadPid, host: hostname() }));
  const staging = await openStaging(target);
  assert.equal(await readFile(join(target, 'old'), 'utf8'), 'the result of last time');
  assert.deepEqual((await readdir(staging.folder)).sort(), ['owner.json', 'parts', 'spill']);
  await staging.cleanUp();
});

test('the result takes the place of the one before in one step, which is gone afterwards', async (t) => {
  const { path, remove } = await temporaryFolder();
  t.after(remove);
  const target = join(path, 'restored');
  await writeFile(target, 'old');
  const staging = await openStaging(target);
  await writeFile(staging.resultPath, 'new');
  assert.equal(await readFile(target, 'utf8'), 'old');
  await staging.swap();
  await staging.cleanUp();
  assert.equal(await readFile(target, 'utf8'), 'new');
  assert.deepEqual(await readdir(path), ['restored']);
});
