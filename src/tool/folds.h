// thalweg train --folds: one run after the other, or on ranks side by side, and what they say together.
#pragma once

#include "thalweg/folds.h"
#include "tool/deadlines.h"

namespace thalweg::tool {

// Trains all folds from where they stand, spread over ranks where `comm` has any, and prints their result.
// Returns the exit code.
int train_folds(Folds folds, Deadlines& deadlines, bool json, bool quiet, Comm* comm);

}  // namespace thalweg::tool
