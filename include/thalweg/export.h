// A run as a file that other programs run or read: its model as ONNX, or safetensors with the layouts of
// torch, and its curves as CSV.
//
// ONNX (https://onnx.ai): operators of opset 17, IR version 8, weights in float32. What goes in is in the
// units of the source, rows first and as many as there are; the graph encodes it as encoding.json says.
//   x       {rows, columns} the numbers of a table, in the order of the encoding; NaN is a missing one.
//           Of images {rows, channels, height, width} of their own numbers, whatever the first layer takes
//   NAME    {rows} strings, an input for each column of words; "" is a missing one
// What comes out is what `predict` prints:
//   probabilities   {rows, classes}, or `scores` where the loss makes no probabilities
//   class           {rows} int64: the number of the likeliest, the first of equal ones
//   values          {rows, values} of a regression, in the units of the targets
// Scaling is computed in double. Metadata say model, loss, weights, encoding, names of features and outputs.
//
// safetensors: parameters under their names, float32, as torch orders them: dense1.weight {outputs, inputs},
// conv2d1.weight {outputs, channels / groups, height, width}, batch_norm1.running_var; the same metadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "thalweg/params.h"

namespace thalweg {

enum class ExportFormat { onnx, safetensors };

struct ExportOptions {
  std::string checkpoint = {};  // as evaluate_run() has it
  Dtype dtype = Dtype::f32;     // of numbers that go into and come out of an ONNX graph: f32 or f64
};

struct ExportedRun {
  std::string bytes;    // of the file
  std::string weights;  // as in RunPredictions, and the three below
  std::uint64_t updates = 0;
  std::uint64_t epoch = 0;
  std::vector<std::string> notes;
};

// Of the weights that evaluate_run() would take: averages where the chain averages. Reads the run's own data
// for their shape. Throws Error(data) as evaluate_run() does, Error(usage) for what a format cannot hold,
// naming it.
ExportedRun export_run(const std::filesystem::path& directory, ExportFormat format,
                       const ExportOptions& options = {});

// The curves of a run, finished or not, as CSV with a header: the lines of metrics.jsonl in their order.
// `kind` is `update` (with loss, lr and grad_norm; `epoch` counts from 0) or `epoch` (with train_loss,
// seconds and, where samples are held out, test_loss and a column test_... for each of their metrics,
// `monitored` where another metric than the loss is watched; `epoch` is the number of epochs done). A cell is
// empty where there is no such number. Throws Error(data) when the directory is not a run, naming file and
// line for a malformed one.
std::string export_curves(const std::filesystem::path& directory);

}  // namespace thalweg
