// What batch_norm keeps, found anew for weights that are not those of the training.
#pragma once

#include "thalweg/trainer.h"
#include "train/recording.h"

namespace thalweg {

// Puts into `model` the means and variances of its batch_norm layers under the weights as they stand: the
// means of what batches of `samples` have, all counted alike. Layers act as in training, dropout too; the
// samples are as they are in an evaluation. Batches and their order are those of the first epoch with
// `options`, or without replacement where that draws with it; as many as options.statistics_batches.
// `recordings` are of the model. The same bits for any number of threads. As torch.optim.swa_utils.update_bn;
// the precise statistics of Wu and Johnson 2021 (arXiv:2105.07576).
void find_statistics(Module& model, Recordings& recordings, const Samples& samples,
                     const TrainerOptions& options);

}  // namespace thalweg
