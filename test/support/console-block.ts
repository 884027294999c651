// Terminal sessions in Markdown: blocks of tag `console`, their commands, and whether what was printed is what is shown.

export interface ConsoleStep {
  readonly command: string;
  /** Lines below the command; none when the page shows nothing of it. */
  readonly shown: readonly string[];
}

export interface ConsoleBlock {
  /** `run` and `not run` are comments right above the block. */
  readonly mark: 'run' | 'not run' | 'none';
  /** Of the last command; the others must end with 0. */
  readonly exit: number;
  readonly steps: readonly ConsoleStep[];
}

export function consoleBlocksOf(markdown: string): ConsoleBlock[] {
  const pattern = /(?:^<!-- (run|not run)(?:: ([^\n]*?))? -->\n)?^```console\n(.*?)^```$/gms;
  return [...markdown.matchAll(pattern)].map((match) => ({
    mark: match[1] === 'run' || match[1] === 'not run' ? match[1] : 'none',
    exit: Number(/exit (\d+)/.exec(match[2] ?? '')?.[1] ?? 0),
    steps: stepsOf(match[3] ?? ''),
  }));
}

function stepsOf(text: string): ConsoleStep[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else if (last?.command.endsWith('\\') === true)
      last.command = `${last.command.slice(0, -1)}${line.trim()}`;
    else last?.shown.push(line);
  }
  return steps;
}

/** Nothing shown is right for anything printed. `…` alone stands for any lines, within a line for any text. */
export function isShown(shown: readonly string[], printed: string): boolean {
  if (shown.every((line) => line.trim() === '')) return true;
  const pattern = shown.map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?';
    const parts = normalized(line)
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return `${parts.join('.*')}\\n`;
  });
  const text = printed.split('\n').map(normalized).join('\n');
  return new RegExp(`^${pattern.join('')}$`).test(text.endsWith('\n') ? text : `${text}\n`);
}

/** What differs from run to run: durations, speeds, blanks at the end and runs of blanks that align columns. */
function normalized(line: string): string {
  return line
    .replace(/\d+(?:\.\d+)?\s?(?:[kMG]i?B|rows|objects)\/s/g, '<speed>')
    .replace(/\b\d+(?:\.\d+)?\s?(?:ms|s|min)\b/g, '<time>')
    .replace(/\s+/g, ' ')
    .trimEnd();
}
