// thalweg doctor: what is wrong with a run.
#include <memory>

#include "base/file.h"
#include "thalweg/lab/doctor.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string run;
  std::string threads;
  std::string html;
  bool json = false;
};

int doctor(const Flags& flags) {
  const Diagnosis diagnosis = diagnose(flags.run, thread_count(flags.threads));
  for (const std::string& line : diagnosis.notes) note(line);
  if (!flags.html.empty()) replace_file(flags.html, diagnosis.html());
  print(flags.json ? diagnosis.json() + "\n" : diagnosis.text());
  return kOk;
}

}  // namespace

Action add_doctor(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  std::string faults;
  for (const std::string_view name : fault_names())
    faults += (faults.empty() ? "" : ", ") + std::string(name);
  CLI::App* command =
      tool.add_subcommand("doctor", "Name what is wrong with a run, with evidence and what to do");
  command->add_option("run", flags->run, "run directory")->required();
  command->add_option("--threads", flags->threads, "threads; else all that the process may use");
  command->add_option("--html", flags->html, "write a page with what was found and pictures to this file");
  command->add_flag("--json", flags->json,
                    "print one object: schema, run, updates, healthy; findings, each with fault (" + faults +
                        "), evidence and advice; notes; rate of the run (null: one was not tried) and trials "
                        "at it and others, each with rate, diverged, loss and accuracy");
  return [flags] { return doctor(*flags); };
}

}  // namespace thalweg::cli
