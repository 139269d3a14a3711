// A checkpoint that is whole, but of another model or chain.
#pragma once

#include "thalweg/error.h"

namespace thalweg {

struct OtherCheckpoint : Error {
  using Error::Error;
};

}  // namespace thalweg
