# bash completion of thalweg: put this into ~/.bashrc
#   source <(thalweg completion bash)
_thalweg() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word= quote= begun= c i
  for ((i = 0; i < ${#line}; ++i)); do
    c=${line:i:1}
    if [[ -n $quote ]]; then
      if [[ $c == "$quote" ]]; then quote=; else word+=$c; fi
    elif [[ $c == [\"\'] ]]; then
      quote=$c begun=1
    elif [[ $c == ' ' ]]; then
      if [[ -n $word || -n $begun ]]; then words+=("$word"); fi
      word= begun=
    else
      word+=$c
    fi
  done
  local cut=
  if [[ -z $quote ]]; then
    cut=${word%"${word##*[=:]}"}
    [[ $COMP_WORDBREAKS == *[=:]* ]] || cut=
  fi
  local candidate
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    COMPREPLY+=("${candidate#"$cut"}")
    [[ $candidate == *= || $candidate == */ ]] && compopt -o nospace
  done < <("${COMP_WORDS[0]}" completion words -- "${words[@]:1}" "$word" 2> /dev/null)
  [[ -n $quote ]] && compopt -o nospace
}
complete -o default -F _thalweg thalweg
