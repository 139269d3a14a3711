// thalweg export: a run's model as a file of another program.
#include <filesystem>

#include "base/file.h"
#include "thalweg/export.h"
#include "thalweg/run.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string run;
  std::string format = "onnx";
  std::string checkpoint;
  std::string dtype = "float32";
  std::string out;
};

int export_model(const Flags& flags) {
  const ExportedRun model =
      export_run(flags.run, flags.format == "onnx" ? ExportFormat::onnx : ExportFormat::safetensors,
                 {flags.checkpoint, flags.dtype == "float64" ? Dtype::f64 : Dtype::f32});
  for (const std::string& line : model.notes) note(line);
  const std::string own = (std::filesystem::path(flags.run) / ("model." + flags.format)).string();
  if (flags.out.empty()) {
    replace_file(own, model.bytes);
  } else if (flags.out == "-") {
    print_exactly(model.bytes);
  } else {
    write_output(flags.out, model.bytes);
  }
  note("exported " + weights_text(model.weights, model.epoch, model.updates) + " to " +
       visible(flags.out.empty() ? own : flags.out));
  return kOk;
}

}  // namespace

Command export_command() {
  static Flags flags;
  return {
      "export",
      "Write the model of a run as a file that other programs run or read",
      {Argument("run RUN", &flags.run, "run directory", {.required = true}),
       Argument(
           "--format", &flags.format,
           "ONNX with the encoding of inputs and targets in its graph, or the weights as torch orders them",
           {.choices = "onnx|safetensors"}),
       Argument("--checkpoint NAME", &flags.checkpoint,
                "last, best or a number of updates; by default best if the training restores it, else last",
                {.offers = "last|best"}),
       Argument("--dtype", &flags.dtype, "of numbers that go into and come out of an ONNX graph",
                {.choices = "float32|float64"}),
       Argument("--out FILE", &flags.out,
                "write to this file instead of model.onnx or model.safetensors of the run; -: stdout")},
      [](Given) { return export_model(flags); }};
}

}  // namespace thalweg::tool
