import { Command as Commander, CommanderError, Option } from 'commander';
import type { Command, CommandContext, Invocation, OutputFormat } from './command.ts';
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
  const verb = argv.find((word) => !word.startsWith('-'));
  const wanted = verb === undefined ? undefined : commandLoaders[verb];
  const commands = wanted ? [await wanted()] : await loadAllCommands();
  let exit = exitCode('ok');
  const program = assemble(commands, context, (code) => {
    exit = code;
  });
  try {
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

function assemble(commands: readonly Command[], context: CommandContext, ended: (code: number) => void): Commander {
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
  for (const command of commands) program.addCommand(subcommand(command, context, ended));
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

function subcommand(command: Command, context: CommandContext, ended: (code: number) => void): Commander {
  const made = quiet(new Commander(command.name), context)
    .description(command.summary)
    .showHelpAfterError(`  Type: parley help ${command.name}`);
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
    .action(async (topic?: string) => {
      if (topic === undefined) return program.help();
      if (topic === 'exit-codes') {
        for (const { code, name, meaning } of exitCodes) {
          context.stdout.write(`${String(code).padStart(4)}  ${name.padEnd(12)} ${meaning}\n`);
        }
        return;
      }
      const found = program.commands.find((each) => each.name() === topic);
      if (!found) throw unknownCommand(topic);
      found.help();
    });
}

function unknownCommand(typed: string): Failure {
  return new Failure('Usage', `${typed}: no such command.${didYouMean(typed, commandNames)}`, {
    exit: 'usage',
    hint: 'Type: parley help',
  });
}
