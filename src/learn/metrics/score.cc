#include "metrics/score.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

void exponentiate(std::span<double> p) {
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - most);
  for (double& x : p) x /= sum;
}

template <class T>
std::vector<double> softmax_of(std::span<const T> scores) {
  std::vector<double> p(scores.size());
  softmax(scores, p);
  return p;
}

}  // namespace

void softmax(std::span<const float> scores, std::span<double> p) {
  std::ranges::copy(scores, p.begin());
  exponentiate(p);
}

void softmax(std::span<const double> scores, std::span<double> p) {
  std::ranges::copy(scores, p.begin());
  exponentiate(p);
}

std::vector<double> probabilities(std::span<const float> scores) { return softmax_of(scores); }
std::vector<double> probabilities(std::span<const double> scores) { return softmax_of(scores); }

std::array<double, 2> both_scores(const Loss& loss, float output) {
  const double score = output;
  if (loss.outputs() == Loss::Outputs::probabilities) return {std::log1p(-score), std::log(score)};
  return {0, score};
}

bool tells_values(const Loss& loss) {
  return loss.outputs() != Loss::Outputs::nothing && loss.outputs() != Loss::Outputs::softmax;
}

bool tells_classes(const Loss& loss) {
  return loss.outputs() != Loss::Outputs::nothing && loss.outputs() != Loss::Outputs::values;
}

bool tells_probabilities(const Loss& loss, std::size_t columns, std::size_t classes) {
  const Loss::Outputs outputs = loss.outputs();
  if (classes < 2) return false;
  if (columns == classes) return outputs == Loss::Outputs::softmax;
  return columns == 1 && (outputs == Loss::Outputs::logistic || outputs == Loss::Outputs::probabilities);
}

std::vector<std::string> class_names(std::vector<std::string> given, std::size_t classes) {
  for (std::size_t c = given.size(); c < classes; ++c) given.push_back(std::to_string(c));
  return given;
}

}  // namespace thalweg
