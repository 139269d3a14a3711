// thalweg doctor: what is wrong with a run.
#include "thalweg/lab/doctor.h"
#include "base/file.h"
#include "base/text.h"
#include "base/threads.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string run;
  int threads = available_threads();
  std::string html;
  bool json = false;
};

int doctor(const Flags& flags) {
  const Diagnosis diagnosis = diagnose(flags.run, flags.threads);
  for (const std::string& line : diagnosis.notes) note(line);
  if (!flags.html.empty()) write_output(flags.html, diagnosis.html());
  print(flags.json ? diagnosis.json() + "\n" : diagnosis.text());
  return kOk;
}

}  // namespace

Command doctor_command() {
  static Flags flags;
  return {
      "doctor",
      "Name what is wrong with a run, with evidence and advice",
      {Argument("run RUN", &flags.run, "run directory", {.required = true}), threads_argument(flags.threads),
       Argument("--html FILE", &flags.html, "also write a page with the findings and pictures"),
       json_argument(flags.json)},
      [](Given) { return doctor(flags); },
      "schema, run, updates, healthy; findings, each with fault, evidence and advice; notes; rate of the "
      "run (null where none was tried); trials at it and at others, each with rate, diverged, loss and "
      "accuracy. A fault is one of " +
          join(fault_names(), ", ") + "."};
}

}  // namespace thalweg::tool
