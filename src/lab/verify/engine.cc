// The optimizer of a case.
#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

OptimizerOptions options_of(Comm* comm) {
  OptimizerOptions options;
  options.grad_norm = true;
  options.comm = comm;
  return options;
}

Optimizer make_optimizer(Params& params, const std::string& chain, Comm* comm) {
  try {
    return Optimizer(params, Chain(chain), options_of(comm));
  } catch (const Error& error) {
    throw Skip("refused by design: " + refusal(error));
  }
}

}  // namespace

Engine::Engine(Params& params, const std::string& chain, Comm* comm)
    : optimizer(make_optimizer(params, chain, comm)), comm_(comm), gradient_(params, comm) {}

void Engine::gather() {
  for (int rank = 0; comm_ != nullptr && rank < comm_->size(); ++rank) gather_state(optimizer, rank);
}

}  // namespace thalweg::oracle
