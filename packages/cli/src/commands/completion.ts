/** `completion`: prints the script with which a shell completes the commands and options of this version. */
import { Argument, type Command } from 'commander';

import type { CompletedCommand } from '../completion/command-tree.ts';
import { addCommand, type CommandDefinition } from '../command-context.ts';

type Shell = 'bash' | 'zsh' | 'fish';

const EXAMPLE = `htkvctl completion bash > ~/.local/share/bash-completion/completions/htkvctl
htkvctl completion zsh > ~/.zfunc/_htkvctl
htkvctl completion fish > ~/.config/fish/completions/htkvctl.fish`;

export const addCompletion: CommandDefinition = (program, context) => {
  addCommand(program, 'completion', EXAMPLE)
    .summary('print a completion script')
    .description('Print the script with which a shell completes commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell, _: object, command: Command) => {
      const { commandTree } = await import('../completion/command-tree.ts');
      const tree = commandTree(command.parent ?? command);
      await context.stdout.write(await scriptFor(shell, tree));
    });
};

async function scriptFor(shell: Shell, tree: CompletedCommand): Promise<string> {
  if (shell === 'bash') return (await import('../completion/bash-script.ts')).bashScript(tree);
  if (shell === 'zsh') return (await import('../completion/zsh-script.ts')).zshScript(tree);
  return (await import('../completion/fish-script.ts')).fishScript(tree);
}
