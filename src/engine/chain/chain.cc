#include "thalweg/chain.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/spec.h"
#include "chain/link.h"
#include "chain/rate.h"
#include "chain/recipes.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

bool is_rate(const Link& link) { return link.transform->spec.name == "lr"; }

}  // namespace

Chain::Chain(std::string_view text) {
  const Source source{"optimizer", std::string(text)};
  const Text parsed =
      parse(source, [&](const Item& item, const std::string& also) { check_chain_name(item, source, also); });
  std::vector<Link> links;
  for (const Item& item : expand(parsed, source)) links.push_back(Link::read(item, source));
  links_ = std::make_shared<const std::vector<Link>>(std::move(links));
}

Chain::Chain(std::vector<Link> links) : links_(std::make_shared<const std::vector<Link>>(std::move(links))) {}

Chain chain_of_links(std::vector<Link> links) { return Chain(std::move(links)); }

const std::vector<Link>& links_of(const Chain& chain) {
  static const std::vector<Link> none;
  return chain.links_ ? *chain.links_ : none;
}

std::string Chain::text(bool every) const {
  Text text;
  for (const Link& link : links_of(*this)) text.push_back(link.item(every));
  return print(text);
}

Chain Chain::resolve(const Lengths& lengths) const {
  std::vector<Link> resolved;
  for (const Link& link : links_of(*this)) resolved.push_back(link.resolve(lengths));
  return Chain(std::move(resolved));
}

std::string Chain::unresolved() const {
  for (const Link& link : links_of(*this)) {
    for (const Schedule& number : link.numbers) {
      if (!number.resolved()) return "`" + number.unresolved() + "` of `" + number.text() + "`";
    }
  }
  return {};
}

std::vector<std::string> Chain::early_ends(std::uint64_t updates) const {
  std::vector<std::string> out;
  for (const Link& link : links_of(*this)) {
    for (const Schedule& number : link.numbers) {
      const std::uint64_t end = number.total();
      if (end == 0 || end + 1 >= updates) continue;
      const double held = number(updates - 1);
      if (number(end + 1) != held) continue;  // it continues in another way
      out.push_back("`" + number.text() + "` ends at update " + std::to_string(end) + " of " +
                    std::to_string(updates) + " and stays at " + print_number(held) + " from then on");
    }
  }
  return out;
}

bool Chain::has(std::string_view transform) const {
  return std::ranges::any_of(links_of(*this),
                             [&](const Link& l) { return l.transform->spec.name == transform; });
}

std::optional<double> Chain::rate() const {
  const std::vector<Link>& links = links_of(*this);
  const auto first = std::ranges::find_if(links, is_rate);
  return first == links.end() ? std::nullopt : std::optional(first->numbers.front().highest());
}

Chain Chain::with_rate(double rate) const {
  if (!(rate >= 0) || !std::isfinite(rate)) {
    throw Error(Code::usage, {"rate", "out of range", print_number(rate), "a finite number, 0 or more", ""});
  }
  Text parsed;
  for (const Link& link : links_of(*this)) parsed.push_back(link.item(false));
  const std::vector<Arg*> rates = rates_in(parsed);
  if (rates.empty()) return with_schedule(rate);
  const Source source{"optimizer", print(parsed)};
  const double old = peak_of(*rates.front(), source), factor = rate / old;
  if (rates.size() > 1 && !std::isfinite(factor)) {
    throw Error(Code::usage,
                {"optimizer", "no peak to scale", "`" + source.text + "`", "a first `lr` above 0", ""});
  }
  set_peak(*rates.front(), rate, source);
  for (std::size_t i = 1; i < rates.size(); ++i) scale_rate(*rates[i], factor, source);
  return Chain(print(parsed));
}

Chain Chain::with_schedule(const Schedule& schedule) const {
  const std::vector<Link>& links = links_of(*this);
  Text parsed;
  for (const Link& link : links) parsed.push_back(link.item(false));
  for (Arg* rate : rates_in(parsed)) rate->value = to_value(schedule);
  if (std::ranges::none_of(links, is_rate)) {
    const auto lands = [](const Link& link) { return link.transform->scope == Scope::landing; };
    const auto place = std::ranges::find_if(links, lands) - links.begin();
    parsed.insert(parsed.begin() + place, {"lr", {{"", to_value(schedule), 0}}, 0});
  }
  return Chain(print(parsed));
}

Chain operator|(const Chain& left, const Chain& right) {
  std::vector<Link> links = links_of(left);
  links.insert(links.end(), links_of(right).begin(), links_of(right).end());
  return Chain(std::move(links));
}

std::ostream& operator<<(std::ostream& out, const Chain& chain) { return out << chain.text(); }

}  // namespace thalweg
