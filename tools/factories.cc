// Prints include/thalweg/factories.h from the Specs: a function with named options for every transform and
// recipe, so that `adam({.beta2 = 0.95}) | decay(0.1) | lr(3e-4)` is checked by the compiler and builds the
// same Chain as text.
#include <cctype>
#include <iostream>
#include <string>

#include "chain/recipes.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr const char* kHead = R"head(// Made by the build from the Specs of the transforms and recipes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "thalweg/chain.h"

namespace thalweg {
namespace factory {

// Collects the arguments of one item.
struct Arguments {
  Arguments& add(std::string_view name, const Schedule& value) { return put(name, value.text()); }
  Arguments& add(std::string_view name, bool value) { return put(name, value ? "true" : "false"); }
  Arguments& add(std::string_view name, const std::string& value) { return put(name, value); }
  template <class T>
  Arguments& add(std::string_view name, const std::optional<T>& value) {
    return value ? add(name, *value) : *this;
  }
  Arguments& put(std::string_view name, const std::string& value) {
    text += (text.empty() ? "" : ", ") + std::string(name) + "=" + value;
    return *this;
  }
  Chain of(std::string_view item) const { return Chain(std::string(item) + "(" + text + ")");
}

std::string text;
};

}  // namespace factory
)head";

std::string pascal(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return out;
}

std::string cpp_type(const Option& option) {
  const bool is_flag = option.type == OptionType::flag;
  const bool is_number = option.type == OptionType::scalar || option.type == OptionType::number;
  const std::string type = is_flag ? "bool" : is_number ? "Schedule" : "std::string";
  return option.fallback.empty() && !option.required ? "std::optional<" + type + ">" : type;
}

std::string initialiser(const Option& option) {
  if (option.fallback.empty()) return "{}";
  const bool quoted = cpp_type(option) == "std::string";
  return quoted ? "\"" + std::string(option.fallback) + "\"" : std::string(option.fallback);
}

// Required options are parameters of the function, the others, if there are any, members of its struct.
void print_factory(const Spec& spec) {
  const std::string options = pascal(spec.name) + "Options";
  std::string members, parameters, adds;
  for (const Option& option : spec.options) {
    const std::string name(option.name);
    if (option.required) {
      parameters += cpp_type(option) + " " + name + ", ";
    } else {
      members += "  " + cpp_type(option) + " " + name + " = " + initialiser(option) + ";  // " +
                 std::string(option.doc) + "\n";
    }
    adds += "\n      .add(\"" + name + "\", " + (option.required ? "" : "options.") + name + ")";
  }
  std::cout << "\n// " << spec.doc << ".\n";
  if (members.empty()) {
    parameters = parameters.substr(0, parameters.rfind(","));
  } else {
    std::cout << "struct " << options << " {\n" << members << "};\n";
    parameters += "const " + options + "& options = {}";
  }
  std::cout << "inline Chain " << spec.name << "(" << parameters << ") {\n  return factory::Arguments()"
            << adds << "\n      .of(\"" << spec.name << "\");\n}\n";
}

}  // namespace
}  // namespace thalweg

int main() {
  std::cout << thalweg::kHead;
  for (const thalweg::Transform& transform : thalweg::transforms()) thalweg::print_factory(transform.spec);
  for (const thalweg::Recipe& recipe : thalweg::recipes()) thalweg::print_factory(recipe.spec);
  std::cout << "\n}  // namespace thalweg\n";
}
