// thalweg landscape: a function with the ways of optimizers down it, or the loss surface of a run.
#include "thalweg/lab/landscape.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string what;
  std::string paths = "gd(lr=1e-3); momentum(0.9) | lr(1e-3); adam(lr=0.05)";
  std::string steps = "200";
  std::string start;
  std::string noise = "0";
  std::string batch;
  std::string range;
  std::string seed = "1";
  std::string points;
  std::string radius = "1";
  std::string samples = "4096";
  std::string threads;
  std::string html;
  std::string svg;
  bool plane = false;
  bool json = false;
};

std::vector<std::uint64_t> read_batches(const std::string& text) {
  std::vector<std::uint64_t> out;
  for (std::size_t at = 0; !text.empty() && at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, end - at);
    out.push_back(word == "full" ? 0 : whole_number("--batch", word, 1));
    at = end + 1;
  }
  return out;
}

std::optional<PlaneRange> read_range(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::vector<double> numbers = real_numbers("--range", text);
  if (numbers.size() == 4) return PlaneRange{numbers[0], numbers[1], numbers[2], numbers[3]};
  throw Error(Code::usage, {"--range", "not four numbers", "`" + text + "`",
                            "x from, x to, y from, y to, such as \"-2 2 -1 3\"", ""});
}

std::size_t points_of(const Flags& flags, std::size_t usual) {
  return flags.points.empty() ? usual : static_cast<std::size_t>(whole_number("--points", flags.points, 2));
}

Landscape of_function(const Flags& flags) {
  const Problem problem(flags.what);
  FunctionLandscapeOptions options;
  options.descend.updates = whole_number("--steps", flags.steps, 1);
  options.descend.start = real_numbers("--start", flags.start);
  options.descend.noise = real_number("--noise", flags.noise);
  options.descend.seed = whole_number("--seed", flags.seed, 0);
  options.batches = read_batches(flags.batch);
  options.range = read_range(flags.range);
  options.points = points_of(flags, options.points);
  if (!flags.start.empty() && options.descend.start.size() != 2) {
    throw Error(Code::usage, {"--start", "a point of another dimension", "`" + flags.start + "`",
                              "2 numbers, such as \"-1.5 2\"", ""});
  }
  std::vector<std::string> chains = split_list({"paths", flags.paths});
  for (std::string& chain : chains) {
    chain = chain.substr(chain.find_first_not_of(' '));
    chain.resize(chain.find_last_not_of(' ') + 1);
  }
  return function_landscape(problem, chains, options);
}

Landscape of_run(const Flags& flags) {
  RunLandscapeOptions options;
  options.plane = flags.plane ? RunLandscapeOptions::Plane::path : RunLandscapeOptions::Plane::random;
  options.seed = whole_number("--seed", flags.seed, 0);
  options.radius = real_number("--radius", flags.radius);
  options.points = points_of(flags, options.points);
  options.samples = whole_number("--samples", flags.samples, 0);
  options.threads = thread_count(flags.threads);
  return run_landscape(flags.what, options);
}

void check_flags(const CLI::App& command, bool run) {
  const std::vector<std::string> others =
      run ? std::vector<std::string>{"--paths", "--steps", "--start", "--noise", "--batch", "--range"}
          : std::vector<std::string>{"--radius", "--samples", "--threads", "--plane"};
  for (const std::string& name : others) {
    if (command.count(name) == 0) continue;
    throw Error(Code::usage, {name, run ? "not for a run" : "only for a run",
                              run ? "a run directory" : "a function", "", "leave it out"});
  }
}

std::filesystem::path page_of(const Flags& flags, bool run) {
  if (!flags.html.empty()) return flags.html;
  if (!flags.svg.empty() || flags.json) return {};
  return run ? std::filesystem::path(flags.what) / "landscape.html" : std::filesystem::path("landscape.html");
}

int landscape(const Flags& flags, const CLI::App& command) {
  const bool run = std::filesystem::is_directory(flags.what);
  check_flags(command, run);
  const Landscape made = run ? of_run(flags) : of_function(flags);
  // All of it is there before the first file is written.
  const std::pair<std::filesystem::path, std::string> files[] = {
      {flags.svg, flags.svg.empty() ? "" : landscape_svg(made)},
      {page_of(flags, run), page_of(flags, run).empty() ? "" : landscape_html(made)}};
  for (const auto& [path, text] : files) {
    if (path.empty()) continue;
    replace_file(path, text);
    const std::string line = "wrote " + path.string();
    if (flags.json) {
      note(line);
    } else {
      print(line + "\n");
    }
  }
  if (flags.json) print(landscape_json(made) + "\n");
  return kOk;
}

void add_function_options(CLI::App& command, Flags& flags) {
  command.add_option("--paths", flags.paths, "chains parted by ;, at most 12 paths")->capture_default_str();
  command.add_option("--steps", flags.steps, "updates of each")->capture_default_str();
  command.add_option("--start", flags.start, "where to begin, such as \"-1.5 2\"; else where it is usual");
  command
      .add_option("--noise", flags.noise,
                  "standard deviation of noise added to the gradient; with --batch of one sample's noise")
      ->capture_default_str();
  command.add_option(
      "--batch", flags.batch,
      "samples a gradient, such as 1,8,full: every chain with each. The function is the mean "
      "loss of n seeded samples, visited once an epoch: those of the problem "
      "(linear_regression), or 256 whose gradients differ by noise (--noise) that adds up to 0");
  command.add_option("--range", flags.range, "x from, x to, y from, y to: \"-2 2 -1 3\"; else what is seen");
}

void add_run_options(CLI::App& command, Flags& flags) {
  command.add_flag("--plane", flags.plane,
                   "of a run: the plane of its checkpoints' principal directions, with their path on it, in "
                   "place of two random directions");
  command.add_option("--radius", flags.radius, "of a run: of the square, in lengths of the directions")
      ->capture_default_str();
  command.add_option("--samples", flags.samples, "of a run: training samples drawn for the loss; 0: all")
      ->capture_default_str();
  command.add_option("--threads", flags.threads, "of a run: threads; all that may be used when left out");
}

}  // namespace

Action add_landscape(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand(
      "landscape", "Draw a function with the ways of optimizers, or the surface of a run");
  command
      ->add_option("what", flags->what,
                   "a problem of two dimensions, a formula such as \"(1-x)^2 + 100*(y-x^2)^2\", or a run "
                   "directory")
      ->required();
  add_function_options(*command, *flags);
  add_run_options(*command, *flags);
  command->add_option("--seed", flags->seed, "decides noise, batches, directions and samples")
      ->capture_default_str();
  command->add_option("--points", flags->points, "of the grid, a side; 161, and 25 for a run, when left out");
  command->add_option(
      "--html", flags->html,
      "the page; landscape.html, in the run directory for a run, when nothing else is asked for");
  command->add_option("--svg", flags->svg, "the still contour with the paths");
  command->add_flag(
      "--json", flags->json,
      "print one object: schema, title, subtitle, x, y, range, columns, rows, values row by row, "
      "minima, least; paths with name, optimizer, diverged, updates, points, losses, distances");
  return [flags, command] { return landscape(*flags, *command); };
}

}  // namespace thalweg::cli
