/** Completion for zsh: one function for each command, with the words that its help has. */
import { pathsOf, type CompletedCommand, type CompletedOption } from './command-tree.ts';

export function zshScript(program: CompletedCommand): string {
  const functions = [...pathsOf(program)].map(([path, command]) => functionOf(path, command));
  return `#compdef htkvctl
# Completion of htkvctl for zsh. Save it as _htkvctl in a directory of $fpath.
${functions.join('\n')}
compdef _htkvctl htkvctl
`;
}

function functionOf(path: readonly string[], { commands, options }: CompletedCommand): string {
  const specs = options.map((option) => `    ${argumentSpec(option)} \\`).join('\n');
  if (commands.length === 0) {
    return `${nameOf(path)}() {\n  _arguments \\\n${specs}\n    '*:file:_files'\n}`;
  }
  const described = commands.map(
    ({ name, description }) => `    ${quoted(`${name}:${colonFree(description)}`)}`,
  );
  const cases = commands.map(({ name }) => `      ${name}) ${nameOf([...path, name])} ;;`);
  return `${nameOf(path)}() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C \\
${specs}
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function nameOf(path: readonly string[]): string {
  return ['_htkvctl', ...path.map((name) => name.replaceAll('-', '_'))].join('_');
}

function argumentSpec({ long, description, takesValue }: CompletedOption): string {
  const text = description.replaceAll(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:');
  return quoted(`${long}[${text}]${takesValue ? ':value:_files' : ''}`);
}

function colonFree(text: string): string {
  return text.replaceAll(':', '\\:');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
