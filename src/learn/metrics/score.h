// What the outputs of a model say: probabilities of classes, classes or values.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "thalweg/loss.h"

namespace thalweg {

// The probabilities that scores stand for: softmax.
std::vector<double> probabilities(std::span<const float> scores);
std::vector<double> probabilities(std::span<const double> scores);
void softmax(std::span<const float> scores, std::span<double> p);
void softmax(std::span<const double> scores, std::span<double> p);

// Scores of both classes that a single output tells apart: softmax of them is what it says of each.
std::array<double, 2> both_scores(const Loss& loss, float output);

// Whether predictions are those of values, not of classes, distances or logarithms.
bool tells_values(const Loss& loss);
// Whether they say a class.
bool tells_classes(const Loss& loss);
// Whether so many columns give a probability of each of so many classes.
bool tells_probabilities(const Loss& loss, std::size_t columns, std::size_t classes);

// What classes are called where some have no name: by their numbers.
std::vector<std::string> class_names(std::vector<std::string> given, std::size_t classes);

}  // namespace thalweg
