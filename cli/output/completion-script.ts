import { type Command, isGroup, type Verb } from '../command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Completion of verbs, their options and the names of services, as the shell's own script. */
export function completionScript(shell: Shell, verbs: readonly Verb[], services: readonly string[]): string {
  if (shell === 'fish') return fish(verbs, services);
  const script = bash(verbs, services);
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

/** What may follow `line`, by line: of `rollout` its verbs, of `rollout start` options and services. */
function followers(
  verbs: readonly Verb[],
  services: readonly string[],
): (readonly [line: string, words: readonly string[]])[] {
  const of = (line: string, command: Command) =>
    [line, [...optionWords(command), ...(takesService(command) ? services : [])]] as const;
  return verbs.flatMap((verb) => {
    if (!isGroup(verb)) return [of(verb.name, verb)];
    const names = verb.commands.map(({ name }) => name);
    return [
      [verb.name, names],
      ...verb.commands.map((command) => of(`${verb.name} ${command.name}`, command)),
    ] as const;
  });
}

function bash(verbs: readonly Verb[], services: readonly string[]): string {
  const cases = followers(verbs, services).map(([line, words]) => `    "${line}") words="${words.join(' ')}" ;;`);
  const groups = verbs.filter(isGroup).map(({ name }) => name);
  return [
    '_parley() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    '  local words verb=${COMP_WORDS[1]}',
    '  if [ "$COMP_CWORD" -gt 2 ]; then',
    `    case $verb in ${groups.join('|')}) verb="$verb \${COMP_WORDS[2]}" ;; esac`,
    '  fi',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${[...verbs.map(({ name }) => name), 'help'].join(' ')}"`,
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

function fish(verbs: readonly Verb[], services: readonly string[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const options = (command: Command, when: string) => [
    ...optionWords(command)
      .filter((word) => word.startsWith('--'))
      .map((word) => `complete -c parley -n '${when}' -l ${word.slice(2)}`),
    ...(takesService(command) ? [`complete -c parley -f -n '${when}' -a '${services.join(' ')}'`] : []),
  ];
  const seen = (name: string) => `__fish_seen_subcommand_from ${name}`;
  return [
    ...verbs.map(
      ({ name, summary }) => `complete -c parley -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...verbs.flatMap((verb) => {
      if (!isGroup(verb)) return options(verb, seen(verb.name));
      const names = verb.commands.map(({ name }) => name).join(' ');
      return verb.commands.flatMap((command) => [
        `complete -c parley -f -n '${seen(verb.name)}; and not ${seen(names)}' -a ${command.name} -d ${quoted(command.summary)}`,
        ...options(command, `${seen(verb.name)}; and ${seen(command.name)}`),
      ]);
    }),
    '',
  ].join('\n');
}
