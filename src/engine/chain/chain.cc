#include "thalweg/chain.h"

#include <ostream>

#include "base/spec.h"
#include "chain/link.h"
#include "chain/recipes.h"

namespace thalweg {

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

const std::vector<Link>& Chain::links() const {
  static const std::vector<Link> none;
  return links_ ? *links_ : none;
}

std::string Chain::text(bool every) const {
  Text text;
  for (const Link& link : links()) text.push_back(link.item(every));
  return print(text);
}

Chain Chain::resolve(const Lengths& lengths) const {
  std::vector<Link> resolved;
  for (const Link& link : links()) resolved.push_back(link.resolve(lengths));
  return Chain(std::move(resolved));
}

std::string Chain::unresolved() const {
  for (const Link& link : links()) {
    for (const Schedule& number : link.numbers) {
      if (!number.resolved()) return "`" + number.unresolved() + "` of `" + number.text() + "`";
    }
  }
  return {};
}

std::vector<std::string> Chain::early_ends(std::uint64_t updates) const {
  std::vector<std::string> out;
  for (const Link& link : links()) {
    for (const Schedule& number : link.numbers) {
      const std::uint64_t end = number.total();
      if (end == 0 || end + 1 >= updates) continue;
      const double held = number(updates - 1);
      if (number(end + 1) != held) continue;  // it goes on in another way
      out.push_back("`" + number.text() + "` ends at update " + std::to_string(end) + " of " +
                    std::to_string(updates) + " and holds " + print_number(held) + " from there on");
    }
  }
  return out;
}

Chain operator|(const Chain& left, const Chain& right) {
  std::vector<Link> links = left.links();
  links.insert(links.end(), right.links().begin(), right.links().end());
  return Chain(std::move(links));
}

std::ostream& operator<<(std::ostream& out, const Chain& chain) { return out << chain.text(); }

}  // namespace thalweg
