import type { Command } from '../command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Completion of verbs, their options and the names of services, as the shell's own script. */
export function completionScript(shell: Shell, commands: readonly Command[], services: readonly string[]): string {
  if (shell === 'fish') return fish(commands, services);
  const script = bash(commands, services);
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

/** `-f, --filename <file>` gives `-f` and `--filename`. */
export function optionWords(command: Command): string[] {
  const own = (command.options ?? []).flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
  return [...own, ...(command.outputs ? ['-o', '--output'] : []), '--home', '--color', '--help'];
}

function takesService(command: Command): boolean {
  return (command.args ?? []).some(({ name }) => name.includes('service'));
}

function bash(commands: readonly Command[], services: readonly string[]): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${[...optionWords(command), ...(takesService(command) ? services : [])].join(' ')}" ;;`,
  );
  return [
    '_parley() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    '  local words verb=${COMP_WORDS[1]}',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${[...commands.map(({ name }) => name), 'help'].join(' ')}"`,
    '  else',
    '    case $verb in',
    ...cases,
    '    esac',
    '  fi',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _parley parley',
    '',
  ].join('\n');
}

function fish(commands: readonly Command[], services: readonly string[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  return [
    ...commands.map(
      ({ name, summary }) => `complete -c parley -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap((command) =>
      optionWords(command)
        .filter((word) => word.startsWith('--'))
        .map((word) => `complete -c parley -n '__fish_seen_subcommand_from ${command.name}' -l ${word.slice(2)}`),
    ),
    ...commands
      .filter(takesService)
      .map(({ name }) => `complete -c parley -f -n '__fish_seen_subcommand_from ${name}' -a '${services.join(' ')}'`),
    '',
  ].join('\n');
}
