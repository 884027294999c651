// The commands that SSM is given: few lines of shell, in which every word of ours or of the caller's is data. What they print
// is read in ssm-answers.ts. Must not send anything.

import type { RunRequest } from '../ports/runner.ts';
import { runScript } from './ssm-run-script.ts';

/** Kept of each stream, as the port says. */
const usualLimitBytes = 64 * 1024 * 1024;
const smallestLimitBytes = 64 * 1024;
const endOfScript = 'PITR_END_OF_SCRIPT';

/** One word of a shell, whatever is in it. Two braces in a row are parted: SSM replaces what it takes for a parameter. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`).replaceAll(/\{(?=\{)/g, "{''")}'`;
}

/** Puts the program of the run into its folder and starts it. A profile is not read: PATH and HOME are made usable. */
export function startScript(folder: string, request: RunRequest): string {
  const { argv, env, workFolder, log, runId } = request;
  const limit = Math.max(log?.limitBytes ?? usualLimitBytes, smallestLimitBytes);
  const words = argv.map(quoteWord);
  return `# tidb-pitr: start of run ${runId}
umask 077
p_run=${quoteWord(folder)}
mkdir -p "$p_run" || exit 1
if [ ! -e "$p_run/run.sh" ]; then
cat >"$p_run/.run.sh.$$" <<'${endOfScript}'
${runScript}${endOfScript}
ln "$p_run/.run.sh.$$" "$p_run/run.sh" 2>/dev/null
rm -f "$p_run/.run.sh.$$"
fi
HOME=\${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
PATH=$PATH:/usr/local/bin:$HOME/.tiup/bin
export HOME PATH
${Object.entries(env)
  .map(([name, value]) => `export ${name}=${quoteWord(value)}\n`)
  .join(
    '',
  )}sh "$p_run/run.sh" start "$p_run" ${quoteWord(workFolder ?? folder)} ${limit} ${[quoteWord(words.join(' ')), ...words].join(' ')}
`;
}

/** One line: the state. */
export function lookScript(folder: string): string {
  return withRun(folder, 'look "$p_run"');
}

/** The state, and what follows the two offsets: in all at most `characters`. */
export function readScript(
  folder: string,
  at: { readonly stdout: number; readonly stderr: number },
  characters: number,
): string {
  return withRun(folder, `read "$p_run" ${at.stdout} ${at.stderr} ${characters}`);
}

export function stopScript(folder: string, graceMs: number): string {
  return withRun(folder, `stop "$p_run" ${Math.max(0, Math.round(graceMs))}`);
}

function withRun(folder: string, call: string): string {
  return `# tidb-pitr: ${call.split(' ')[0]}
p_run=${quoteWord(folder)}
if [ -e "$p_run/run.sh" ]; then sh "$p_run/run.sh" ${call}; else echo 'pitr lost its files are not there: it was never begun, or they were removed'; fi
`;
}
