// Every rule once more, for one element and in double: written to be read against the papers, sharing nothing
// with the transforms.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace thalweg::reference {

// One parameter element with the state of one rule.
class Element {
 public:
  virtual ~Element() = default;
  // The update of the t-th step (t = 1, 2, ...) from gradient g; `rate` is the learning rate of that step,
  // for rules that have it inside. What is returned is multiplied by `outer_rate` and taken from the
  // parameter.
  virtual double update(double g, double t, double rate) = 0;
  virtual double outer_rate(double rate) const { return rate; }

  double p = 0;     // the parameter before the step
  double peak = 1;  // the largest rate of the run
};

struct Rule {
  std::string name;  // of the transform
  std::string text;  // of the chain, without its lr
  std::function<std::unique_ptr<Element>()> make;
};

// Every listed rule in all its forms.
std::vector<Rule> rules();

}  // namespace thalweg::reference
