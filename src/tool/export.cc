// thalweg export: a run's model, or its curves, as a file of another program.
#include <filesystem>

#include "base/file.h"
#include "thalweg/error.h"
#include "thalweg/export.h"
#include "thalweg/lab/compare_tables.h"
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

// Writes what a run gives to where it is wanted, and says what it was.
void write(const Flags& flags, const std::string& own_name, const std::string& bytes,
           const std::string& what) {
  const std::string own = (std::filesystem::path(flags.run) / own_name).string();
  if (flags.out.empty()) {
    replace_file(own, bytes);
  } else if (flags.out == "-") {
    print_exactly(bytes);
  } else {
    write_output(flags.out, bytes);
  }
  note("exported " + what + " to " + visible(flags.out.empty() ? own : flags.out));
}

int export_curves(const Flags& flags, Given given) {
  for (const char* name : {"--checkpoint", "--dtype"}) {
    if (has(given, name))
      throw Error(Code::usage, {name, "the curves of a run are of no weights", "--format csv",
                                "--format onnx or safetensors with it", ""});
  }
  const std::string curves =
      is_comparison(flags.run) ? export_comparison(flags.run) : thalweg::export_curves(flags.run);
  write(flags, "curves.csv", curves, "the curves");
  return kOk;
}

int export_model(const Flags& flags) {
  if (is_comparison(flags.run)) {
    throw Error(Code::usage,
                {"--format", "a comparison keeps no weights", flags.format, "csv, the curves of its runs",
                 "`thalweg train` with one of its chains gives a model"});
  }
  const ExportedRun model =
      export_run(flags.run, flags.format == "onnx" ? ExportFormat::onnx : ExportFormat::safetensors,
                 {flags.checkpoint, flags.dtype == "float64" ? Dtype::f64 : Dtype::f32});
  for (const std::string& line : model.notes) note(line);
  write(flags, "model." + flags.format, model.bytes, weights_text(model.weights, model.epoch, model.updates));
  return kOk;
}

}  // namespace

Command export_command() {
  static Flags flags;
  return {
      "export",
      "Write the model of a run, or the curves of a run or comparison, as a file that other programs run or "
      "read",
      {Argument("run RUN", &flags.run,
                "run directory; with --format csv also the folder of a comparison or study",
                {.required = true}),
       Argument("--format", &flags.format,
                "ONNX with the encoding of inputs and targets in its graph, the weights as torch orders "
                "them, or the "
                "curves of the training, or of all runs of a comparison",
                {.choices = "onnx|safetensors|csv"}),
       Argument("--checkpoint NAME", &flags.checkpoint,
                "last, best or a number of updates; by default best if the training restores it, else last",
                {.offers = "last|best"}),
       Argument("--dtype", &flags.dtype, "of numbers that go into and come out of an ONNX graph",
                {.choices = "float32|float64"}),
       Argument("--out FILE", &flags.out,
                "write to this file instead of model.onnx, model.safetensors or curves.csv of the run; -: "
                "stdout")},
      [](Given given) { return flags.format == "csv" ? export_curves(flags, given) : export_model(flags); }};
}

}  // namespace thalweg::tool
