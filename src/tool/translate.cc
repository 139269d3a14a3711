// thalweg translate: what is written in torch, Keras or optax as a chain.
#include <filesystem>
#include <system_error>

#include "thalweg/error.h"
#include "thalweg/lab/translate.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string calls;
  bool json = false;
};

int translate_calls(const Flags& flags) {
  std::error_code ignored;
  if (std::filesystem::exists(flags.calls, ignored)) {
    throw Error(Code::usage,
                {"calls", "a file is not read", "`" + flags.calls + "`", "the call itself, in quotes",
                 "thalweg translate \"torch.optim.AdamW(lr=1e-3)\""});
  }
  const Translation translation = translate(flags.calls);
  print((flags.json ? translation_json(translation) : translation.chain) + "\n");
  if (!flags.json) {
    for (const std::string& one : translation.notes) note(one);
  }
  return kOk;
}

}  // namespace

Command translate_command() {
  static Flags flags;
  return {"translate",
          "Write an optimizer of torch, Keras or optax as a chain",
          {Argument("calls CALL", &flags.calls,
                    "such as \"torch.optim.AdamW(lr=1e-3, betas=(0.9, 0.95))\", several behind `;`",
                    {.required = true}),
           json_argument(flags.json)},
          [](Given) { return translate_calls(flags); },
          "library, chain and notes, a list of lines."};
}

}  // namespace thalweg::tool
