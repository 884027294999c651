// Options that commands of all kinds share, and how a command is added to the grammar. Must not run anything.

import type { Command } from 'commander';
import type { CommandName } from './program.ts';

export type AddCommand = (name: CommandName, summary: string, example: string) => Command;

export function addKeys(command: Command): Command {
  command.option('--key-file <file>', 'key of encrypted snapshots, hexadecimal');
  return command.option('--log-key-file <file>', 'key of an encrypted log, when it differs');
}

export function addCommon(command: Command): Command {
  command.option('--json', 'one JSON document on stdout (docs/formats/json.md)');
  return command.option('--quiet', 'no progress and no notes on stderr');
}
