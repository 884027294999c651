// Mistakes of grammar as sentences of our own: what was written, what was expected, and the nearest right word.
// Must not know what commands do.

import { type Command, CommanderError } from 'commander';
import { PitrError } from '../domain/errors.ts';

const suggestion = /\n?\(Did you mean (.*)\?\)/;

/** commander's finding as INVALID_INPUT; what is not commander's comes back as it is. */
export function usageError(caught: unknown, argv: readonly string[], program: Command): unknown {
  if (!(caught instanceof CommanderError)) return caught;
  const command = commandOf(program, argv);
  const { message, hint } = sentenceOf(caught, command, argv, program);
  return new PitrError('INVALID_INPUT', message, {
    hint,
    details: { usage: caught.code.replace('commander.', '') },
  });
}

/** The command that the first words name; of a group without one of its commands the group. */
function commandOf(program: Command, argv: readonly string[]): Command | undefined {
  const first = program.commands.find((candidate) => candidate.name() === argv[0]);
  return first?.commands.find((candidate) => candidate.name() === argv[1]) ?? first;
}

/** `settings check`. */
function fullName(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
}

interface Sentence {
  readonly message: string;
  readonly hint: string;
}

function sentenceOf(
  caught: CommanderError,
  command: Command | undefined,
  argv: readonly string[],
  program: Command,
): Sentence {
  const near = suggestion.exec(caught.message)?.[1]?.replace(/^one of /, '');
  const name = command === undefined ? '' : fullName(command);
  const help =
    command === undefined ? 'pitr --help lists the commands' : `pitr ${name} --help lists what it takes`;
  const text = caught.message
    .replace(suggestion, '')
    .replace(/^error: /, '')
    .trim();
  const group = command !== undefined && command.commands.length > 0 ? command : program;
  const names = group.commands.map((known) => fullName(known));
  switch (caught.code) {
    case 'commander.help':
      return { message: `no command was given, expected one of ${names.join(', ')}`, hint: help };
    case 'commander.unknownCommand': {
      const message = `unknown command \`${quoted(text)}\`, expected one of ${names.join(', ')}`;
      const nearName = group === program ? near : `${group.name()} ${near}`;
      return { message, hint: near === undefined ? help : `did you mean \`pitr ${nearName}\`?` };
    }
    case 'commander.unknownOption': {
      const misplaced = command === undefined && argv.some((word) => names.includes(word));
      const hint = near === undefined ? help : `did you mean \`${near}\`?`;
      const message = `unknown option \`${quoted(text)}\``;
      return { message, hint: misplaced ? 'the command comes first, its options after it' : hint };
    }
    case 'commander.excessArguments':
      return excessWords(text, command, help);
    case 'commander.missingArgument': {
      const message = `the ${quoted(text)} is missing, expected pitr ${name} ${command?.usage() ?? ''}`;
      return { message, hint: help };
    }
    case 'commander.optionMissingArgument': {
      const flags = quoted(text);
      return { message: `${flagOf(flags)} has nothing after it, expected ${flags}`, hint: help };
    }
    case 'commander.invalidArgument':
      return wrongChoice(text, help);
    default:
      return { message: text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, ''), hint: help };
  }
}

function excessWords(text: string, command: Command | undefined, help: string): Sentence {
  const extra = / but got \d+: (.*)\.$/s.exec(text)?.[1] ?? text;
  const takesWord = (command?.registeredArguments.length ?? 0) > 0;
  const takesStorage = command?.options.some(({ long }) => long === '--storage') === true;
  return {
    message: `too many words after \`pitr ${command === undefined ? '' : fullName(command)}\`: ${extra}`,
    hint: takesWord
      ? `put what belongs together in quotes; ${help}`
      : takesStorage
        ? `a storage is named by an option: --storage URL; ${help}`
        : help,
  };
}

/** `option '--format <form>' argument 'x' is invalid. Allowed choices are a, b.` */
function wrongChoice(text: string, help: string): Sentence {
  const match = /^option '([^']*)' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s.exec(text);
  if (match === null) return { message: text, hint: help };
  return { message: `${flagOf(match[1] ?? '')} is \`${match[2]}\`, expected one of ${match[3]}`, hint: help };
}

function quoted(text: string): string {
  return /'(.*)'/s.exec(text)?.[1] ?? text;
}

function flagOf(flags: string): string {
  return flags.split(' ')[0] ?? flags;
}
