// The pages keep their word: links lead somewhere, and the commands that are shown do what is shown. docs/testing.md
// describes the marks above a block of tag `console`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { type ConsoleBlock, consoleBlocksOf, isShown } from './support/console-block.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pages = globSync([
  '*.md',
  'docs/**/*.md',
  'lib/**/*.md',
  'changes/*.md',
  'bin/*.md',
  'test/*.md',
]).sort();

/** Headings as the anchors that hosts of Markdown make of them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function brokenLinksOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
    if (!existsSync(target)) return true;
    return (
      anchor !== undefined &&
      target.endsWith('.md') &&
      !anchorsOf(readFileSync(target, 'utf8')).includes(anchor)
    );
  });
}

/** The commands of a block in a folder that shows the project's content and takes what they write. */
async function runBlock(block: ConsoleBlock): Promise<void> {
  const folder = await temporaryFolder();
  try {
    for (const name of readdirSync('.')) {
      if (name !== '.git' && name !== 'out') symlinkSync(resolve(name), join(folder.path, name));
    }
    for (const [index, step] of block.steps.entries()) {
      const command = step.command.replace(/^npx pitr\b/, 'node bin/pitr.mjs');
      const result = spawnSync('bash', ['-c', `exec 2>&1; ${command}`], {
        cwd: folder.path,
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${resolve('node_modules/.bin')}:${process.env['PATH']}`,
          NO_COLOR: '1',
          TZ: 'UTC',
          COLUMNS: '120',
        },
      });
      const expectedExit = index === block.steps.length - 1 ? block.exit : 0;
      assert.equal(result.status, expectedExit, `$ ${step.command}\n${result.stdout}`);
      const printed = result.stdout.replaceAll(folder.path, '.');
      assert.ok(
        isShown(step.shown, printed),
        `$ ${step.command}\n--- the page shows\n${step.shown.join('\n')}\n--- it prints\n${printed}`,
      );
    }
  } finally {
    await folder.remove();
  }
}

describe('the pages', () => {
  test('every link between them leads somewhere', () => {
    const broken = pages.flatMap((page) => brokenLinksOf(page).map((link) => `${page}: ${link}`));
    assert.deepEqual(broken, []);
  });

  test('every terminal session says whether it is run', () => {
    const silent = pages.flatMap((page) =>
      consoleBlocksOf(readFileSync(page, 'utf8'))
        .filter((block) => block.mark === 'none')
        .map((block) => `${page}: ${block.steps[0]?.command}`),
    );
    assert.deepEqual(silent, []);
  });

  for (const page of pages) {
    for (const block of consoleBlocksOf(readFileSync(page, 'utf8')).filter(({ mark }) => mark === 'run')) {
      test(`${page}: "$ ${block.steps[0]?.command}" prints what is shown`, () => runBlock(block));
    }
  }
});
