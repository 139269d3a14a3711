#include "thalweg/lab/translate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/test_error.h"
#include "thalweg/chain.h"

namespace thalweg {
namespace {

std::string chain_of(std::string_view calls) { return translate(calls).chain; }

// Both sides by hand, from the signatures that the libraries document.
TEST(Translate, CallsBecomeChains) {
  const std::pair<const char*, const char*> cases[] = {
      {"torch.optim.AdamW(lr=1e-3, betas=(0.9, 0.95))", "adam(beta2=0.95) | decay(0.01) | lr(0.001)"},
      {"torch.optim.Adam(model.parameters(), 3e-4, (0.8, 0.99), 1e-6, 0.1)",
       "decay(0.1) | adam(beta1=0.8, beta2=0.99, eps=1e-6) | lr(0.0003)"},
      {"torch.optim.Adam(p, weight_decay=0.1, decoupled_weight_decay=True)", "adam | decay(0.1) | lr(0.001)"},
      {"torch.optim.SGD(p, lr=0.1)", "lr(0.1)"},
      {"SGD(p, lr=0.1, momentum=0.9, nesterov=True, maximize=True)",
       "maximize | momentum(0.9, nesterov=true) | lr(0.1)"},
      {"optim.RMSprop(params, momentum=0.5)", "rmsprop(momentum=0.5) | lr(0.01)"},
      {"torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(p, lr=0.1), T_max=100)",
       "lr(cosine(0.1, total=100, past=bounce, dialect=torch))"},
      {"opt = torch.optim.SGD(p, lr=0.1)\nsched = torch.optim.lr_scheduler.StepLR(opt, 30, gamma=1/2)",
       "lr(step(0.1, every=30, gamma=0.5))"},
      {"opt = torch.optim.SGD(p, lr=0.1); torch.nn.utils.clip_grad_norm_(p, 1.0)", "clip_norm(1) | lr(0.1)"},
      {"keras.optimizers.Adam(learning_rate=1e-3)", "adam(dialect=keras) | lr(0.001)"},
      {"tf.keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 1000, alpha=0.1), "
       "clipvalue=0.5)",
       "clip_value(0.5) | adam(dialect=keras) | lr(cosine(0.01, total=1000, floor=0.001, warmup_from=0.01, "
       "dialect=keras))"},
      {"keras.optimizers.SGD(weight_decay=1e-2, momentum=0.9)",
       "momentum(0.9, dialect=keras) | decay(0.01) | lr(0.01)"},
      {"optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3))",
       "clip_norm(1, dialect=optax) | adam(dialect=optax) | decay(0.0001) | lr(0.001)"},
      {"optax.chain(optax.scale_by_adam(b2=0.99), optax.scale(-2e-3))",
       "adam(beta2=0.99, dialect=optax) | lr(0.002)"},
      {"optax.MultiSteps(optax.sgd(0.1), 4)", "accumulate(4) | lr(0.1)"},
  };
  for (const auto& [call, chain] : cases) EXPECT_EQ(chain_of(call), Chain(chain).text()) << call;
}

TEST(Translate, WhatHasNoCounterpartIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"torch.optim.LBFGS(p)", "`torch.optim.LBFGS`"},
      {"torch.optim.RMSPropp(p)", "did you mean `RMSprop`?"},
      {"torch.optim.Adam(p, lrr=1)", "no such argument; got `lrr`; want one of params, lr, betas"},
      {"torch.optim.Adam(p, differentiable=True)",
       "`differentiable` of `torch.optim.Adam` has no counterpart here"},
      {"optax.adamw(1e-3, mask=mask_fn)", "`mask` of `optax.adamw`"},
      {"optax.adam()", "`optax.adam` needs `learning_rate`"},
      {"torch.optim.SGD([{'params': a, 'lr': 1}], lr=0.1)", "groups of parameters"},
      {"torch.optim.SGD(0.1)", "params first"},
      {"torch.optim.SGD(p, lr=rate)", "translate, column 23: a value that is not known; got `rate`"},
      {"Adam(1e-3)", "a name without a library is torch's"},
      {"keras.callbacks.EarlyStopping(patience=3)", "--patience"},
      {"torch.nn.Sequential(a, b)", "--model"},
      {"optax.nosuchthing(1)", "want an optimizer, a schedule or a clipping of optax"},
      {"torch.optim.lr_scheduler.LambdaLR(opt, lambda e: 0.95 ** e)",
       "a function of Python has no counterpart; got `lambda`"},
      {"optax.chain(optax.adam(1e-3), optax.scale(-1))", "the sign of the update is turned twice"},
      {"torch.optim.SGD(p, lr=0.1", "got the end"},
      {"", "nothing to translate"},
  };
  for (const auto& [call, part] : cases) expect_contains(usage_error([&] { translate(call); }), part);
  EXPECT_EQ(usage_error([] { translate(std::string(100'000, '(')); }).substr(0, 9), "translate");
  EXPECT_EQ(usage_error([] { translate(std::string(100'000, '-')); }).substr(0, 9), "translate");
  EXPECT_EQ(usage_error([] { translate("f" + std::string(9000, '+') + "1"); }).substr(0, 9), "translate");
}

// Values of torch's documentation for its own schedulers, by hand.
TEST(Translate, SchedulersMoveTheRateOfTheirOptimizer) {
  const Translation alone = translate("torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)");
  EXPECT_EQ(alone.chain, "lr(exponential(1, gamma=0.9))");
  EXPECT_EQ(alone.notes.size(), 2u);
  EXPECT_EQ(
      chain_of("opt = SGD(p, lr=0.1)\n"
               "a = torch.optim.lr_scheduler.LinearLR(opt, 0.5, total_iters=5)\n"
               "b = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 20)\n"
               "torch.optim.lr_scheduler.SequentialLR(opt, [a, b], milestones=[5])"),
      Chain("lr(join([linear(0.05, total=5, floor=0.1), cosine(0.1, total=20, dialect=torch)], at=[5]))")
          .text());
}

TEST(Translate, ACommandLineOfOtherProgramsIsAnswered) {
  const std::vector<std::string_view> options = {"--batch", "--epochs", "--optimizer", "--data"};
  const auto hint = [&](const std::vector<std::string>& words) {
    return command_in_words_of_here(words, options);
  };
  EXPECT_EQ(hint({"train", "--batch_size", "64"}),
            "`--batch_size` is `--batch` here: thalweg train --batch 64");
  EXPECT_EQ(hint({"train", "--num-epochs=3", "--lr", "0.1"}),
            "`--num-epochs` is `--epochs` here: thalweg train --epochs=3 --optimizer \"adamw(lr=0.1)\"");
  EXPECT_EQ(hint({"train", "--lr=0.1", "--momentum", "0.9"}),
            "`--lr` is `lr` in the text of `--optimizer` here: thalweg train --optimizer \"sgd(lr=0.1, "
            "momentum=0.9)\"");
  EXPECT_EQ(hint({"train", "--optimizer", "Adam", "--weight-decay", "0.1"}),
            "`--weight-decay` is `decay` in the text of `--optimizer` here: thalweg train --optimizer "
            "\"adam(lr=1e-3, decay=0.1)\"");
  EXPECT_EQ(hint({"train", "--nothing", "1"}), "");
}

}  // namespace
}  // namespace thalweg
