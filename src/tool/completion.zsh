#compdef thalweg
# zsh completion of thalweg: save as _thalweg in a folder of $fpath, or
#   source <(thalweg completion zsh)
_thalweg() {
  local -a found described
  local line typed
  typed=${(Q)PREFIX}
  found=("${(@f)$("${words[1]}" completion words -- "${(@Q)words[2,CURRENT-1]}" "$typed" 2> /dev/null)}")
  for line in $found; do
    [[ -n $line ]] && described+=("${line//:/\\:}")
  done
  if (( ${#described} == 0 )); then
    _files
    return
  fi
  local -a names
  names=("${(@)described%%$'\t'*}")
  described=("${(@)described/$'\t'/ -- }")
  compadd -S '' -d described -- "${(@)names}"
}
if [[ $funcstack[1] == _thalweg ]]; then _thalweg "$@"; else compdef _thalweg thalweg; fi
