import { Command as Commander, CommanderError, Option } from 'commander';
import {
  type Command,
  type CommandContext,
  type CommandGroup,
  type Invocation,
  isGroup,
  type OutputFormat,
  type Verb,
} from './command.ts';
import { commandLoaders, commandNames, loadAllCommands } from './commands.ts';
import { exitCode, exitCodes } from './exit-codes.ts';
import { describeFailure, Failure, interrupted } from './failure.ts';
import { colorModes } from './output/color.ts';
import { didYouMean } from './suggest.ts';

/**
 * Runs one command line (without `node` and the script) and returns its exit code. Only the command that is asked for
 * is loaded, unless the answer needs all of them (help).
 */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  const typed = argv.find((word) => !word.startsWith('-'));
  const wanted = typed === undefined ? undefined : await commandLoaders[typed]?.();
  const commands = wanted ? [wanted] : await loadAllCommands();
  let exit = exitCode('ok');
  const program = assemble(commands, context, (code) => {
    exit = code;
  });
  try {
    if (wanted) requireVerbOf(argv, wanted);
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode('ok') : exitCode('usage');
    const failure =
      context.signal.aborted && !(error instanceof Failure && error.exit !== 'failed') ? interrupted() : error;
    context.stderr.write(describeFailure(failure));
    return exitCode(failure instanceof Failure ? failure.exit : 'failed');
  }
}

function assemble(commands: readonly Verb[], context: CommandContext, ended: (code: number) => void): Commander {
  const program = quiet(new Commander('parley'), context)
    .description('Deploys services behind a mesh, moves traffic between releases, and counts that nothing breaks.')
    .usage('<command> [options]')
    .helpCommand(false)
    .addHelpText('after', '\nStart with: parley up\nExit codes: parley help exit-codes')
    .action((...words: unknown[]) => {
      const typed = (words.at(-1) as Commander).args[0];
      if (typed === undefined) return program.help();
      throw unknownCommand(typed);
    });
  program.allowExcessArguments();
  for (const command of commands) program.addCommand(verb(command, context, ended));
  program.addCommand(helpCommand(program, context));
  return program;
}

function quiet(command: Commander, context: CommandContext): Commander {
  return command.exitOverride().configureOutput({
    writeOut: (text) => context.stdout.write(text),
    writeErr: (text) => context.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, 'parley: ')),
    getOutHelpWidth: () => context.stdout.columns ?? 100,
    getErrHelpWidth: () => context.stderr.columns ?? 100,
  });
}

type Ended = (code: number) => void;

function verb(made: Verb, context: CommandContext, ended: Ended): Commander {
  return isGroup(made) ? group(made, context, ended) : subcommand(made, context, ended, made.name);
}

/** Options belong to the verbs of the group, so that a word means the same wherever it stands. */
function group({ name, summary, commands, standard }: CommandGroup, context: CommandContext, ended: Ended): Commander {
  const made = quiet(new Commander(name), context)
    .description(summary)
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText('after', `\nOptions and examples of each: parley help ${name} <command>`);
  for (const command of commands) {
    const isDefault = command.name === standard;
    made.addCommand(subcommand(command, context, ended, `${name} ${command.name}`), { isDefault });
  }
  return made;
}

/** @param line what is typed after `parley` to mean this command */
function subcommand(command: Command, context: CommandContext, ended: Ended, line: string): Commander {
  const made = quiet(new Commander(command.name), context)
    .description(command.summary)
    .showHelpAfterError(`  Type: parley help ${line}`);
  for (const argument of command.args ?? []) made.argument(argument.name, argument.description);
  for (const option of command.options ?? []) {
    const added = new Option(option.flags, option.description);
    if (option.default !== undefined) added.default(option.default);
    if (option.choices) added.choices(option.choices);
    made.addOption(added);
  }
  const [defaultOutput] = command.outputs ?? [];
  if (defaultOutput) {
    const option = new Option('-o, --output <format>', 'how the answer is written');
    made.addOption(option.choices([...(command.outputs ?? [])]).default(defaultOutput));
  }
  made.option('--home <folder>', 'state folder (else PARLEY_HOME, else .parley in the clone)');
  made.addOption(new Option('--color <when>', 'colours').choices(colorModes).default('auto'));
  made.addHelpText(
    'after',
    `\nExamples:\n${command.examples.map(({ line, what }) => `  ${line}\n      ${what}`).join('\n')}`,
  );
  made.action(async () => {
    const exit = await command.run(withGlobals(context, made), invocationOf(made, defaultOutput ?? 'text'));
    ended(exitCode(exit));
  });
  return made;
}

/** Global options reach everything below the way their variables do. */
function withGlobals(context: CommandContext, command: Commander): CommandContext {
  const { home, color } = command.opts<{ home?: string; color: string }>();
  return { ...context, env: { ...context.env, PARLEY_COLOR: color, ...(home ? { PARLEY_HOME: home } : {}) } };
}

function invocationOf(command: Commander, output: OutputFormat): Invocation {
  const values = command.opts<Record<string, string | boolean | undefined>>();
  const key = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return {
    args: command.args,
    text: (name) => {
      const value = values[key(name)];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => values[key(name)] === true,
    output: (values.output as OutputFormat | undefined) ?? output,
  };
}

function helpCommand(program: Commander, context: CommandContext): Commander {
  return quiet(new Commander('help'), context)
    .description('help for a command, or `exit-codes`')
    .argument('[topic]')
    .argument('[command]', 'of a topic with commands of its own')
    .action(async (topic?: string, of?: string) => {
      if (topic === undefined) return program.help();
      if (topic === 'exit-codes') {
        for (const { code, name, meaning } of exitCodes) {
          context.stdout.write(`${String(code).padStart(4)}  ${name.padEnd(12)} ${meaning}\n`);
        }
        return;
      }
      const named = (commands: readonly Commander[], name: string) => commands.find((each) => each.name() === name);
      const found = named(program.commands, topic);
      if (!found) throw unknownCommand(topic);
      const below = of === undefined ? found : named(found.commands, of);
      if (!below)
        throw unknownCommand(
          `${of}`,
          topic,
          found.commands.map((each) => each.name()),
        );
      below.help();
    });
}

/** Of a group, or of all. */
function unknownCommand(typed: string, group = '', known: readonly string[] = commandNames): Failure {
  return new Failure('Usage', `${typed}: no such command${group && ` of ${group}`}.${didYouMean(typed, known)}`, {
    exit: 'usage',
    hint: `Type: parley help${group && ` ${group}`}`,
  });
}

/** The word after the name of a group is one of its verbs, or there is none. */
function requireVerbOf(argv: readonly string[], wanted: Verb): void {
  if (!isGroup(wanted)) return;
  const typed = argv[argv.indexOf(wanted.name) + 1];
  const names = wanted.commands.map(({ name }) => name);
  if (typed === undefined || typed.startsWith('-') || names.includes(typed)) return;
  throw unknownCommand(typed, wanted.name, names);
}
