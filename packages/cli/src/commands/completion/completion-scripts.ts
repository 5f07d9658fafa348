import type { ShellName } from './shells.ts';

// Each script hands the word at the cursor and those before it to `gprxy __complete SHELL =CURRENT [BEFORE...]`, and shows the lines that come
// back. The "=" keeps an empty word alive, which PowerShell would drop. Nothing of the command line is ever evaluated, and the program
// is found by its name: a `./gprxy` of the folder that somebody is looking at must not run at a Tab.

const bash = `# gprxy completion for bash 3.2 and later
_gprxy() {
  local IFS=$'\\n'
  COMPREPLY=($(gprxy __complete bash "=\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null))
  if [ "\${COMPREPLY[0]}" = ":files" ]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _gprxy gprxy
`;

const zsh = `#compdef gprxy
# gprxy completion for zsh
_gprxy() {
  local -a lines
  lines=("\${(@f)$(gprxy __complete zsh "=\${words[CURRENT]}" "\${(@)words[2,CURRENT-1]}" 2>/dev/null)}")
  lines=(\${lines:#})
  if [[ $lines[1] == :files ]]; then
    _files
  elif (( $#lines )); then
    _describe -t gprxy 'gprxy' lines
  fi
}
if [[ $funcstack[1] == _gprxy ]]; then
  _gprxy "$@"
else
  compdef _gprxy gprxy
fi
`;

const fish = `# gprxy completion for fish
function __gprxy_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  set -l lines (gprxy __complete fish "=$current" $before[2..-1] 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path "$current"
  else
    string join -- \\n $lines
  end
end
complete -c gprxy -f -a '(__gprxy_complete)'
`;

const powershell = `# gprxy completion for PowerShell 5.1 and later
Register-ArgumentCompleter -Native -CommandName gprxy -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $lines = @(& gprxy __complete powershell "=$wordToComplete" @before 2>$null)
  if ($lines.Count -gt 0 -and $lines[0] -eq ':files') { return }
  foreach ($line in $lines) {
    $value, $description = $line.Split("\`t", 2)
    if (-not $description) { $description = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
  }
}
`;

export const completionScripts: Readonly<Record<ShellName, string>> = { bash, zsh, fish, powershell };
