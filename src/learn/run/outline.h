// What a run would do, for people to read before it does.
#pragma once

#include <cstdint>
#include <string>

#include "thalweg/chain.h"
#include "thalweg/dataset.h"
#include "thalweg/module.h"
#include "thalweg/settings.h"

namespace thalweg {

struct Outline {
  const Dataset& data;
  const Module& model;
  const RunConfig& config;  // nothing is auto
  const std::string& plan;
  const Chain& resolved;
  std::uint64_t per_epoch;
  std::uint64_t total;
  std::uint64_t state_bytes;
  std::uint64_t activation_bytes;
};

std::string outline(const Outline& run);

}  // namespace thalweg
