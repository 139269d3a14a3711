# fish completion of thalweg: save as ~/.config/fish/completions/thalweg.fish
function __thalweg
  set -l before (commandline -opc)
  set -l typed (string trim -l -c '"\'' -- (commandline -ct))
  set -l found ($before[1] completion words -- $before[2..-1] "$typed" 2> /dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c thalweg -f -a '(__thalweg)'
