import { Argument, type Command } from 'commander';
import { withExamples } from '../../examples.ts';
import { type ShellName, shells } from './shells.ts';

const described =
  'Print a script that completes commands, options, their values, and the names of profiles and databases at the Tab key. ' +
  'The shell is to read it when it starts; a new shell then has it.';

const install = `
To have it in every new shell:
  bash        mkdir -p ~/.local/share/bash-completion/completions
              gprxy completion bash > ~/.local/share/bash-completion/completions/gprxy
  bash without the package bash-completion
              echo 'source <(gprxy completion bash)' >> ~/.bashrc
  zsh         echo 'source <(gprxy completion zsh)' >> ~/.zshrc   (below "compinit")
  fish        mkdir -p ~/.config/fish/completions
              gprxy completion fish > ~/.config/fish/completions/gprxy.fish
  powershell  Add-Content $PROFILE 'gprxy completion powershell | Out-String | Invoke-Expression'`;

export interface CompletionCalls {
  completion(shell: ShellName): Promise<void>;
  /** Not for people: the scripts call it. */
  complete(words: readonly string[], program: Command): Promise<void>;
}

export function defineCompletion(program: Command, calls: CompletionCalls): void {
  const command = program
    .command('completion')
    .summary('print the completion script of a shell')
    .description(described)
    .addArgument(new Argument('<shell>', 'for which shell').choices(shells))
    .addHelpText('after', install)
    .action((shell: ShellName) => calls.completion(shell));
  withExamples(command, [
    '# in this bash, from now on',
    'source <(gprxy completion bash)',
    'gprxy completion fish > ~/.config/fish/completions/gprxy.fish',
  ]);
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((words: readonly string[]) => calls.complete(words, program));
}
