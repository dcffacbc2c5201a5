/** Completion for fish: one line for each command and option, offered where it may follow. */
import { pathsOf, type CompletedCommand } from './command-tree.ts';

export function fishScript(program: CompletedCommand): string {
  const lines = [...pathsOf(program)].flatMap(([path, { commands, options }]) => {
    const condition = conditionFor(path, commands);
    return [
      ...commands.map(
        ({ name, description }) => `complete -c htkvctl ${condition} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(({ long, short, description, takesValue }) => {
        const names = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
        return `complete -c htkvctl ${condition} ${names}${takesValue ? ' -r' : ''} -d ${quoted(description)}`;
      }),
    ];
  });
  return `# Completion of htkvctl for fish. Save it as htkvctl.fish in the completions directory of fish.\n${lines.join('\n')}\n`;
}

function conditionFor(path: readonly string[], commands: readonly CompletedCommand[]): string {
  if (path.length === 0) return '-n __fish_use_subcommand';
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const names = commands.map(({ name }) => name).join(' ');
  const unseen = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
  return `-n ${quoted([...seen, ...unseen].join('; and '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
