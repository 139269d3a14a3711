// thalweg completion: scripts with which a shell completes what is typed. They ask the tool itself, so they
// know what it knows.
#include <memory>

#include "tool/candidates.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

// A word that begins with a quote is completed as one: readline takes what is after the quote.
constexpr const char* kBash = R"(# bash completion of thalweg: put this into ~/.bashrc
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
)";

constexpr const char* kZsh = R"(#compdef thalweg
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
)";

constexpr const char* kFish = R"(# fish completion of thalweg: save as ~/.config/fish/completions/thalweg.fish
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
)";

int completion(const std::string& shell, const std::vector<std::string>& words) {
  if (shell != "words") {
    print(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
    return kOk;
  }
  std::string out;
  for (const Candidate& candidate : candidates(words)) {
    out += candidate.word + (candidate.doc.empty() ? "" : "\t" + candidate.doc) + "\n";
  }
  print(out);
  return kOk;
}

}  // namespace

Command completion_command() {
  struct Flags {
    std::string shell;
    std::vector<std::string> words;
  };
  const auto flags = std::make_shared<Flags>();
  return {"completion",
          "Print a script that completes commands in a shell",
          {Argument("shell SHELL", &flags->shell,
                    "bash, zsh or fish; or `words -- WORD ...`: completions of the last word, one per line",
                    {.choices = "bash|zsh|fish|words", .required = true}),
           Argument("words WORD", &flags->words, "the words typed so far, for the script")},
          [flags](Given) { return completion(flags->shell, flags->words); }};
}

}  // namespace thalweg::tool
