#include "thalweg/lab/show.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <fmt/core.h>

#include "base/did_you_mean.h"
#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "draw/html.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Numbers = std::vector<TracedNumber>;

struct Column {
  std::string head;
  std::function<std::string(const TracedUpdate& update, const TracedElement& element)> cell;
};

std::string digits(double number) { return std::isnan(number) ? "" : fmt::format("{:.8g}", number); }

// Those of a batch: "12", "3 7 12".
std::string samples_text(const TracedUpdate& update) {
  constexpr std::size_t kMost = 8;
  const std::size_t n = std::min(kMost, update.samples.size());
  return join(std::span(update.samples).first(n), " ", [](std::uint32_t i) { return std::to_string(i); }) +
         (n < update.samples.size() ? " ..." : "");
}

// Empty where the element has no such number.
std::string named(const Numbers& numbers, const std::string& name) {
  const auto found = std::ranges::find(numbers, name, &TracedNumber::name);
  return found == numbers.end() ? "" : digits(found->value);
}

void add_names(const Numbers& numbers, std::vector<std::string>& names) {
  for (const TracedNumber& number : numbers) {
    if (std::ranges::find(names, number.name) == names.end()) names.push_back(number.name);
  }
}

// Every name that occurs, in the order of the chain.
void add_columns(std::span<const TracedUpdate> updates, Numbers TracedElement::*which,
                 std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const TracedUpdate& update : updates) {
    for (const TracedElement& element : update.elements) add_names(element.*which, names);
  }
  for (const std::string& name : names) {
    columns.push_back({name, [=](const TracedUpdate&, const TracedElement& element) {
                         return named(element.*which, name);
                       }});
  }
}

void add_columns_of_chain(std::span<const TracedUpdate> updates, std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const TracedUpdate& update : updates) add_names(update.numbers, names);
  for (const std::string& name : names) {
    columns.push_back({name, [=](const TracedUpdate& update, const TracedElement&) {
                         return named(update.numbers, name);
                       }});
  }
}

std::vector<Column> columns_of(std::span<const TracedUpdate> updates, const Shown& shown) {
  using Update = const TracedUpdate&;
  using Element = const TracedElement&;
  std::vector<Column> out = {{"update", [](Update update, Element) { return std::to_string(update.update); }},
                             {"name", [](Update, Element element) { return visible(element.name); }}};
  if (std::ranges::any_of(updates, [](Update update) { return !std::isnan(update.loss); }))
    out.push_back({"loss", [](Update update, Element) { return digits(update.loss); }});
  if (std::ranges::any_of(updates, [](Update update) { return !update.samples.empty(); }))
    out.push_back({"samples", [](Update update, Element) { return samples_text(update); }});
  if (shown.gradient) out.push_back({"gradient", [](Update, Element e) { return digits(e.gradient); }});
  if (shown.state) {
    add_columns(updates, &TracedElement::state, out);
    add_columns(updates, &TracedElement::corrected, out);
    add_columns_of_chain(updates, out);
  }
  out.push_back({"lr", [](Update update, Element) { return digits(update.lr); }});
  if (shown.update) out.push_back({"step", [](Update, Element element) { return digits(element.step); }});
  out.push_back({"value", [](Update, Element element) { return digits(element.value); }});
  return out;
}

std::vector<std::vector<std::string>> rows_of(std::span<const TracedUpdate> updates,
                                              const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> out;
  for (const TracedUpdate& update : updates) {
    for (const TracedElement& element : update.elements) {
      out.emplace_back();
      for (const Column& column : columns) out.back().push_back(column.cell(update, element));
    }
  }
  return out;
}

std::vector<std::string> heads_of(const std::vector<Column>& columns) {
  std::vector<std::string> out;
  for (const Column& column : columns) out.push_back(column.head);
  return out;
}

std::string object(const Numbers& numbers) {
  JsonObject out;
  for (const TracedNumber& number : numbers) out.add(number.name, number.value);
  return out.text();
}

std::string element_json(const TracedElement& element, const Shown& shown) {
  JsonObject out;
  out.add("name", element.name);
  if (shown.gradient) out.add("gradient", element.gradient);
  if (shown.state) out.raw("state", object(element.state)).raw("corrected", object(element.corrected));
  if (shown.update) out.add("step", element.step);
  return out.add("value", element.value).text();
}

std::string update_json(const TracedUpdate& update, const Shown& shown) {
  JsonObject out;
  out.add("update", update.update).add("lr", update.lr);
  if (!std::isnan(update.loss)) out.add("loss", update.loss);
  if (!update.samples.empty()) out.add("samples", update.samples);
  if (shown.state && !update.numbers.empty()) out.raw("numbers", object(update.numbers));
  const auto one = [&](const TracedElement& element) { return element_json(element, shown); };
  return out.raw("coordinates", json_list(update.elements, one)).text();
}

}  // namespace

Shown read_shown(std::string_view words) {
  Shown out;
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(',', at), words.size());
    std::string_view word = words.substr(at, end - at);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const bool all = word == "all";
    out.gradient |= all || word == "gradient";
    out.state |= all || word == "state";
    out.update |= all || word == "update";
    if (!all && word != "gradient" && word != "state" && word != "update") {
      throw Error(Code::usage, {"--show", "unknown word", "`" + std::string(word) + "`",
                                "gradient, state, update, parted by commas, or all",
                                did_you_mean(word, {"gradient", "state", "update", "all"})});
    }
    at = end + 1;
  }
  return out;
}

std::string shown_table(std::span<const TracedUpdate> updates, const Shown& shown) {
  const std::vector<Column> columns = columns_of(updates, shown);
  std::vector<std::vector<std::string>> rows = rows_of(updates, columns);
  rows.insert(rows.begin(), heads_of(columns));
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    out += fmt::format("{:>{}}", row[0], widths[0]);
    out += fmt::format("  {:<{}}", row[1], widths[1]);
    for (std::size_t i = 2; i < row.size(); ++i) out += fmt::format("  {:>{}}", row[i], widths[i]);
    out += "\n";
  }
  return out;
}

std::string shown_json(std::span<const TracedUpdate> updates, const Shown& shown) {
  return json_list(updates, [&](const TracedUpdate& update) { return update_json(update, shown); });
}

std::string shown_html(const std::string& title, const std::string& chain,
                       std::span<const TracedUpdate> updates, const Shown& shown) {
  const std::vector<Column> columns = columns_of(updates, shown);
  const page::Table table{
      .caption = "The step is what was subtracted: the value before, less the value after.",
      .head = heads_of(columns),
      .rows = rows_of(updates, columns),
      .id = "steps-table"};
  return page::document({.title = title,
                         .subject = "steps of an optimizer",
                         .lead = page::lead(chain),
                         .body = page::section("steps", "Step by step", page::table(table))});
}

}  // namespace thalweg
