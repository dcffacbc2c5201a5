/** Completion for bash: a function that finds the command among the words and offers what may follow. */
import { pathsOf, type CompletedCommand } from './command-tree.ts';

export function bashScript(program: CompletedCommand): string {
  const cases = [...pathsOf(program)].map(([path, { commands, options }]) => {
    const words = [
      ...commands.map(({ name }) => name),
      ...options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])),
    ];
    return `    '${path.join(' ')}') offered='${words.join(' ')}' ;;`;
  });
  const withCommands = [...pathsOf(program)].filter(([, { commands }]) => commands.length > 0);
  const steps = withCommands.map(
    ([path, { commands }]) =>
      `      '${path.join(' ')}') known=' ${commands.map(({ name }) => name).join(' ')} ' ;;`,
  );
  return `# Completion of htkvctl for bash. Try it: source <(htkvctl completion bash)
_htkvctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' known word index offered=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    known=''
    case "$path" in
${steps.join('\n')}
    esac
    if [[ $word != -* && $known == *" $word "* ]]; then path="\${path:+$path }$word"; fi
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -o default -F _htkvctl htkvctl
`;
}
