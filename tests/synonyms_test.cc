// What the table of synonyms calls things here is what they are called, and messages use it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/test_error.h"
#include "synonyms/synonyms.h"
#include "thalweg/catalog.h"
#include "thalweg/chain.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/schedule.h"
#include "thalweg/settings.h"

namespace thalweg {
namespace {

using synonyms::Row;

bool of_kind(const CatalogEntry& entry, std::string_view kind) {
  if (kind == "rule" || kind == "transform") return entry.kind == "transforms" || entry.kind == "recipes";
  return entry.kind.starts_with(kind) || (kind == "loss" && entry.kind == "losses");
}

// The options that a line of the table may name: of its name or, without one, of anything of its kind.
std::set<std::string, std::less<>> options_of(const Row& row) {
  std::set<std::string, std::less<>> names;
  for (const CatalogEntry& entry : catalog()) {
    if (!of_kind(entry, row.kind) || (!row.name.empty() && entry.name != row.name)) continue;
    for (const CatalogOption& option : entry.options) names.insert(option.name);
  }
  if (row.kind == "setting") {
    for (const RunSetting& setting : run_settings()) names.insert(std::string(setting.name));
    names.insert({"out", "resume", "max-time"});  // of the tool alone
  }
  return names;
}

TEST(Synonyms, StandForNamesAndOptionsThatThereAre) {
  for (const Row& row : synonyms::rows()) {
    const bool there = row.name.empty() || std::ranges::any_of(catalog(), [&](const CatalogEntry& entry) {
                         return entry.name == row.name && of_kind(entry, row.kind);
                       });
    EXPECT_TRUE(there) << row.kind << " " << row.name;
    const auto options = options_of(row);
    std::string here;
    for (const char c : std::string(row.options) + " ") {
      if (c == '=' || c == '+') {
        EXPECT_TRUE(options.contains(here)) << row.kind << " " << row.name << ": " << here;
        here.clear();
      } else {
        here = c == ' ' || c == ',' ? "" : here + c;
      }
    }
  }
}

// A name of here is never taken for one of elsewhere.
TEST(Synonyms, LeaveNamesOfHereAlone) {
  for (const CatalogEntry& entry : catalog()) {
    const std::string_view where = entry.kind == "losses"      ? "loss"
                                   : entry.kind == "layers"    ? "model"
                                   : entry.kind == "schedules" ? "schedule"
                                                               : "optimizer";
    const bool chain = entry.kind == "transforms" || entry.kind == "recipes";
    if (where == "optimizer" && !chain) continue;
    const std::string here(synonyms::name_here(where, entry.name).name);
    EXPECT_TRUE(here.empty() || here == entry.name) << entry.kind << " " << entry.name << " -> " << here;
    for (const CatalogOption& option : entry.options) {
      for (const std::string_view one : synonyms::options_here(where, entry.name, option.name)) {
        EXPECT_EQ(one, option.name) << entry.name;
      }
    }
  }
}

TEST(Synonyms, AChainOfOtherWordsIsAnsweredByTheWholeText) {
  const std::pair<const char*, const char*> cases[] = {
      {"adamw(learning_rate=1e-3)", "`learning_rate` is called `lr` here: adamw(lr=1e-3)"},
      {"adam(learning_rate=1e-3)", "`learning_rate` is called `lr` here: adam(lr=1e-3)"},
      {"adamw(lr=1e-3, betas=[0.9, 0.95])",
       "`betas` is called `beta1` and `beta2` here: adamw(lr=1e-3, beta1=0.9, beta2=0.95)"},
      {"adamw(lr=1e-3, betas=(0.9, 0.95))", "here it reads adamw(lr=1e-3, beta1=0.9, beta2=0.95)"},
      {"adamw(lr=1e-3, wd=0.1)", "`wd` is called `decay` here: adamw(lr=1e-3, decay=0.1)"},
      {"clip_grad_norm_(max_norm=1) | AdamW(lr=1e-3, weight_decay=0.1)",
       "`clip_grad_norm_` is called `clip_norm` here: clip_norm(max=1) | adamw(lr=1e-3, decay=0.1)"},
      {"ADAM(lr=1e-3)", "`ADAM` is called `adam` here: adam(lr=1e-3)"},
      {"Adam(1e-3)", "`Adam` is called `adam` here: adam(lr=1e-3)"},
      {"torch.optim.AdamW(model.parameters(), lr=1e-3)", "here: adamw(lr=1e-3)"},
      {"Adam(model.parameters(), 1e-3)", "here: adam(lr=1e-3)"},
      {"adam(lr=1e-3) | CosineAnnealingLR(optimizer, T_max=100)", "adam(lr=cosine(1e-3, total=100))"},
      {"LION(lr=1e-4)", "`LION` is called `lion` here: lion(lr=1e-4)"},
      {"rmsprop(lr=0.01, rho=0.9)", "`rho` is called `alpha` here: rmsprop(lr=0.01, alpha=0.9)"},
      {"adam(lr=1e-3, amsgrad=True)", "here it reads adam(lr=1e-3, amsgrad=true)"},
      {"adam | lr(CosineAnnealingLR(1e-3, T_max=100))",
       "`CosineAnnealingLR` is called `cosine` here: adam | lr(cosine(1e-3, total=100))"},
      {"adam | lr(cosine(1e-3, num_warmup_steps=10))",
       "`num_warmup_steps` is called `warmup` here: adam | lr(cosine(1e-3, warmup=10))"},
      {"adam(lr=1e-3) | cosine_annealing(T_max=100)",
       "a schedule is a value of `lr`: adam(lr=cosine(1e-3, total=100))"},
      {"adam(beta=1)", "has no such option; got `beta`; did you mean `beta1`?"},
      {"lion(q=1)", "want one of its options: lr, decay, beta1, beta2, on"},
  };
  for (const auto& [text, part] : cases) expect_contains(usage_error([&] { Chain chain(text); }), part);
}

TEST(Synonyms, SchedulesModelsAndLossesAreAnsweredToo) {
  expect_contains(usage_error([] { Schedule schedule("OneCycleLR(max_lr=0.1, total_steps=100)"); }),
                  "`OneCycleLR` is called `one_cycle` here: one_cycle(peak=0.1, total=100)");
  // Where the rate is kept elsewhere, with the optimizer, its place is told.
  expect_contains(usage_error([] { Schedule schedule("CosineAnnealingWarmRestarts(T_0=10, T_mult=2)"); }),
                  "here: cyclic(PEAK, period=10, mult=2)");
  expect_contains(usage_error([] { Schedule schedule("MultiStepLR(milestones=[3, 5])"); }),
                  "multi_step(PEAK, at=[3, 5])");
  expect_contains(usage_error([] { Module("linear(10)", {4}); }),
                  "`linear` is called `dense` here: dense(10)");
  expect_contains(usage_error([] { Module("Linear(784, 128) | ReLU | Linear(128, 10)", {4}); }),
                  "`Linear` is called `dense` here: dense(128) | relu | dense(10)");
  expect_contains(usage_error([] { Module("dense(8) | dropout(p=0.2)", {4}); }),
                  "`p` is called `rate` here: dense(8) | dropout(rate=0.2)");
  expect_contains(usage_error([] { Loss("CrossEntropyLoss(label_smoothing=0.1)"); }),
                  "`CrossEntropyLoss` is called `cross_entropy` here: cross_entropy(smoothing=0.1)");
}

// The first thing that a user of Keras types: activations, inputs and a last softmax inside of layers.
TEST(Synonyms, ActivationsInsideOfLayersBecomeLayers) {
  const std::pair<const char*, const char*> cases[] = {
      {"Dense(128, activation=relu) | Dropout(0.5) | Dense(10, activation=softmax)",
       "`Dense` is called `dense` here: dense(128) | relu | dropout(0.5) | dense(10)"},
      {"dense(128, activation=relu) | dense(10)",
       "activations are layers, and a last softmax is part of the loss: dense(128) | relu | dense(10)"},
      {"Dense(units=8, activation='tanh', input_shape=(4,)) | Dense(1, activation=\"linear\")",
       "here it reads dense(units=8) | tanh | dense(1)"},
      {"dense(8, input_dim=4) | dense(3)",
       "a model here knows inputs and names by itself: dense(8) | dense(3)"},
      {"residual(dense(4, activation=leaky_relu(0.1))) | dense(3)",
       "residual(dense(4) | leaky_relu(0.1)) | dense(3)"},
      {"dense(4, activation=softmax) | dense(3)", "dense(4) | softmax | dense(3)"},
  };
  for (const auto& [text, part] : cases) expect_contains(usage_error([&] { Module model(text, {4}); }), part);
}

// What stands behind "here: ", "reads " and the like in a message, up to the end of its line.
std::string suggestion_of(const std::string& message) {
  for (const std::string_view mark :
       {" here: ", "here it reads ", "of `lr`: ", "the loss: ", "by itself: "}) {
    const std::size_t at = message.find(mark);
    if (at == message.npos) continue;
    const std::string rest = message.substr(at + mark.size());
    return rest.substr(0, rest.find('\n'));
  }
  const std::size_t at = message.find("write `");
  if (at == message.npos) return {};
  const std::string rest = message.substr(at + 7);
  return rest.substr(0, rest.find('`'));
}

// The text of an example behind its flag: --optimizer "...".
std::string text_behind(const std::string& example, const std::string& flag) {
  const std::size_t at = example.find(flag + " \"");
  if (at == example.npos) return {};
  const std::size_t begin = at + flag.size() + 2;
  return example.substr(begin, example.find('"', begin) - begin);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    const bool whole = at == 0 || std::string_view(" (|").find(text[at - 1]) != std::string_view::npos;
    if (whole && (at + from.size() == text.size() || !std::isalnum(text[at + from.size()])))
      text.replace(at, from.size(), to);
  }
  return text;
}

void read_text(std::string_view kind, const std::string& text) {
  if (kind == "losses") return void(Loss(text));
  if (kind == "layers") {
    for (const Shape& shape : {Shape{64}, Shape{4, 8, 8}, Shape{4, 8}}) {
      try {
        return void(Module(text, shape));
      } catch (const Error& error) {
        if (std::string_view(error.what()).find("unknown name") != std::string_view::npos ||
            std::string_view(error.what()).find("no such option") != std::string_view::npos)
          throw;
      }
    }
    return;
  }
  Chain(text).resolve({.updates = 1000, .per_epoch = 100});
}

// Every name of the table in the place of that of here, in the example of the catalogue.
TEST(Synonyms, WhatIsSuggestedIsAccepted) {
  int tried = 0;
  for (const CatalogEntry& entry : catalog()) {
    const std::string flag = entry.kind == "losses"   ? "--loss"
                             : entry.kind == "layers" ? "--model"
                                                      : "--optimizer";
    const std::string example = text_behind(entry.example, flag);
    if (example.empty()) continue;
    for (const Row& row : synonyms::rows()) {
      if (row.name != entry.name || !of_kind(entry, row.kind)) continue;
      std::string name;
      for (const char c : std::string(row.names) + " ") {
        if (c != ' ') {
          name += c;
          continue;
        }
        const std::string text = replaced(example, entry.name, name.substr(0, name.find('/')));
        name.clear();
        if (text == example) continue;
        try {
          read_text(entry.kind, text);
        } catch (const Error& error) {
          const std::string suggestion = suggestion_of(error.what());
          EXPECT_NE(suggestion, "") << error.what();
          EXPECT_NO_THROW(read_text(entry.kind, suggestion)) << error.what();
          ++tried;
        }
      }
    }
  }
  EXPECT_GT(tried, 100);
  for (const char* text :
       {"average(0.9)", "adam(1e-3)", "adamw(cosine(1e-3))", "sgd(0.1)", "lookahead(5)", "plateau(0.5)",
        "noise(0.1)", "skip(nonfinite)", "trust_ratio(0.1)", "average(ema)"}) {
    try {
      Chain chain(text);
    } catch (const Error& error) {
      const std::string suggestion = suggestion_of(error.what());
      if (suggestion.empty()) continue;
      EXPECT_NO_THROW(Chain{suggestion}) << error.what();
    }
  }
  expect_contains(usage_error([] { Chain("average(0.9)"); }), "write `average(decay=0.9)`");
  expect_contains(usage_error([] { Chain("adam(foo)"); }), "want options by name");
}

TEST(Synonyms, HelpTellsThemWithAnExampleAndNeighbours) {
  const std::string adam = help_text("adam");
  for (const char* part :
       {"elsewhere: Adam", "elsewhere: beta_1, b1", "  lr\n", "  decay\n", "example:\n  thalweg train",
        "beside its neighbours:\n  adamw: ", "letters:\n  g  the gradient"})
    expect_contains(adam, part);
  expect_contains(help_text("adamw"), "formula:\n  adam:\n  m <- beta1 m");
  expect_contains(catalog_json("recipes"), "\"differences\"");
  expect_contains(usage_error([] { help_text("CosineAnnealingLR"); }), "is called `cosine` here");
}

// An example that could not be typed would be worse than none.
TEST(Synonyms, EveryEntryHasAnExampleAndThatOfAChainIsOne) {
  for (const CatalogEntry& entry : catalog()) {
    EXPECT_NE(entry.example.find(entry.name), std::string::npos) << entry.kind << " " << entry.name;
    const bool chain = entry.kind == "transforms" || entry.kind == "recipes" || entry.kind == "schedules";
    const std::string flag = "--optimizer \"";
    const std::size_t at = entry.example.find(flag);
    if (!chain) continue;
    ASSERT_NE(at, std::string::npos) << entry.example;
    const std::size_t begin = at + flag.size();
    const std::string text = entry.example.substr(begin, entry.example.find('"', begin) - begin);
    EXPECT_NO_THROW(Chain(text).resolve({.updates = 1000, .per_epoch = 100})) << text;
  }
}

}  // namespace
}  // namespace thalweg
