// What a simulated br prints, in the forms of the recorded runs: log lines as JSON, plain sentences, and the last word of a run that
// failed on both streams (FACTS §1.1, §1.12). Decides nothing.

import { formatTs } from '../../domain/ts.ts';
import { u64Json } from './br-script.ts';

export type Fields = Readonly<Record<string, unknown>>;

export class BrPrinter {
  readonly #write: (stream: 'stdout' | 'stderr', text: string) => void;
  readonly #nowMs: () => number;

  constructor(write: (stream: 'stdout' | 'stderr', text: string) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  log(message: string, fields: Fields = {}, level: 'INFO' | 'WARN' | 'ERROR' = 'INFO'): void {
    const time = timeOf(this.#nowMs());
    this.#write('stdout', `${u64Json({ level, time, caller: 'sim.go:1', message, ...fields })}\n`);
  }

  line(text: string): void {
    this.#write('stdout', `${text}\n`);
  }

  /** The first lines of every run. */
  welcome(version: string, command: string, argv: readonly string[]): void {
    this.log('Welcome to Backup & Restore (BR)', { 'release-version': version, 'git-hash': 'None' });
    const flags = argv.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('='));
    const shown = Object.fromEntries(flags.map(([name = '', ...value]) => [name, value.join('=') || 'true']));
    this.log('arguments', { __command: `br ${command}`, ...shown });
  }

  /** What locks and restores name a run by (FACTS §5.6). */
  operation(id: string, host: string, pid: number, command: string): void {
    const startedAt = timeOf(this.#nowMs());
    this.log('BR operation started', {
      operation_id: id,
      operation_started_at: startedAt,
      host,
      pid,
      command,
    });
  }

  summary(name: string, fields: Fields = {}): void {
    const ranges = { 'total-ranges': 1, 'ranges-succeed': 1, 'ranges-failed': 0 };
    this.log(`${name} success summary`, { ...ranges, ...fields });
  }

  safePoint(message: string, id: string, ttlSeconds: number, ts: bigint): void {
    const time = `${formatTs(ts).replace('T', ' ').replace('Z', '')} +0000 UTC`;
    this.log(message, {
      safePoint: { ID: id, TTL: `${ttlSeconds}s`, BackupTime: time, BackupTS: ts },
    });
  }

  failed(command: string, text: string): void {
    this.log(`failed to ${command}`, { error: text }, 'ERROR');
    this.log('br failed', { error: text }, 'ERROR');
    this.#write('stderr', `Error: ${text}\n`);
  }

  interrupted(): void {
    this.line('========[ Got signal terminated to exit. ]========');
    this.log('br failed', { error: 'context canceled' }, 'ERROR');
    this.#write(
      'stderr',
      'gracefully shutting down, press ^C again to force exit\nError: context canceled\n',
    );
  }
}

function timeOf(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replaceAll('-', '/')
    .replace('T', ' ')
    .replace(/(\.\d{3})Z$/, '$1 +00:00');
}
