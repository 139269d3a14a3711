// Where results go and where rows come from: devices, pipes, links, stdin.
#include <sys/stat.h>

#include <map>
#include <nlohmann/json.hpp>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Outputs : public testing::Test {
 protected:
  void SetUp() override {
    std::string table = "x,y,kind\n";
    for (int i = 0; i < 40; ++i) {
      table += std::to_string(i % 7) + "," + std::to_string(i * i % 11) + (i % 7 < 3 ? ",low\n" : ",high\n");
    }
    write("train.csv", table);
    write("new.csv", "x,y\n1,2\n6,3\n2,9\n");
    make("run", "csv(train.csv, target=kind)");
  }

  void make(const std::string& name, const std::string& data, const std::string& model = "dense(2)") const {
    const Outcome made =
        run_tool(path(""), {"train", "--quiet", "--data", data, "--model", model, "--optimizer",
                            "sgd(lr=0.1)", "--epochs", "1", "--batch", "8", "--out", name});
    ASSERT_EQ(made.code, 0) << made.err;
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }

  // A shell line run in the folder, `$0` the tool.
  Outcome shell(const std::string& line) const {
    return Process(path(""), {"sh", "-c", line, THALWEG_TOOL}).wait();
  }

  TestFolder folder_;
};

const std::string kOutputs[] = {"predict run --out",
                                "schedule 'cosine(0.1)' --total 10 --svg",
                                "schedule 'cosine(0.1)' --total 10 --html",
                                "page run --out",
                                "doctor run --html",
                                "landscape himmelblau --steps 5 --points 9 --svg",
                                "landscape run --points 5 --html"};

// Pages tell times, so that two of them are alike, not equal.
void expect_like(const std::string& got, const std::string& want) {
  EXPECT_NEAR(static_cast<double>(got.size()), static_cast<double>(want.size()),
              0.1 * static_cast<double>(want.size()));
}

// What each command writes into an ordinary file is what arrives elsewhere, and nothing is put in its place.
TEST_F(Outputs, GoThroughLinksIntoPipesAndKeepModes) {
  for (const std::string& command : kOutputs) {
    SCOPED_TRACE(command);
    for (const char* name : {"plain", "file", "link", "twin", "other", "pipe", "got"}) fs::remove(path(name));
    ASSERT_EQ(shell("umask 022; exec \"$0\" " + command + " plain").code, 0);
    const std::string want = contents(path("plain"));
    ASSERT_FALSE(want.empty());
    write("file", "old");
    ::chmod(path("file").c_str(), 0600);
    fs::create_symlink("file", path("link"));
    ASSERT_EQ(shell("exec \"$0\" " + command + " link").code, 0);
    EXPECT_TRUE(fs::is_symlink(path("link")));
    expect_like(contents(path("file")), want);
    EXPECT_EQ(fs::status(path("file")).permissions(), fs::perms(0600));
    write("twin", "old");
    fs::create_hard_link(path("twin"), path("other"));
    ASSERT_EQ(shell("exec \"$0\" " + command + " twin").code, 0);
    expect_like(contents(path("twin")), want);
    EXPECT_TRUE(contents(path("twin")) == contents(path("other")));
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    ASSERT_EQ(shell("cat pipe >got & \"$0\" " + command + " pipe >/dev/null && wait").code, 0);
    EXPECT_TRUE(fs::is_fifo(path("pipe")));
    expect_like(contents(path("got")), want);
    EXPECT_EQ(shell("exec \"$0\" " + command + " /dev/full").code, 4);
    EXPECT_EQ(temporaries(path("")), std::vector<std::string>());
  }
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(Outputs, StdoutMayBeNamed) {
  const std::string want = shell("exec \"$0\" predict run").out;
  ASSERT_FALSE(want.empty());
  for (const std::string where : {"", " >file", " | cat", " >>file"}) {
    fs::remove(path("file"));
    const Outcome outcome =
        shell("\"$0\" predict run --out /dev/stdout" + where + " && [ ! -e file ] || cat file");
    EXPECT_EQ(outcome.out, want) << where;
  }
  EXPECT_EQ(shell("\"$0\" predict run --out /dev/null").code, 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(Outputs, RowsComeFromStdinAndPipes) {
  const std::string want = shell("exec \"$0\" predict run --data 'csv(new.csv)'").out;
  ASSERT_EQ(lines_of(want).size(), 4U) << want;
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string line :
       {"cat new.csv | \"$0\" predict run --data 'csv(-)'", "\"$0\" predict run --data 'csv(-)' <new.csv",
        "cat new.csv | \"$0\" predict run --data 'csv(/dev/stdin)'",
        "cat new.csv | \"$0\" predict run --data -", "gzip -c new.csv | \"$0\" predict run --data -",
        "(cat new.csv; sleep 0.1) | \"$0\" predict run --data -",
        "cat new.csv >pipe & \"$0\" predict run --data 'csv(pipe)'"}) {
    const Outcome outcome = shell(line);
    EXPECT_EQ(outcome.out, want) << line << "\n" << outcome.err;
    EXPECT_EQ(outcome.code, 0) << line;
  }
}

// Options of the run's own source hold for stdin too.
TEST_F(Outputs, StdinIsReadAsTheRunsOwnFile) {
  std::string table = contents(path("train.csv"));
  std::replace(table.begin(), table.end(), ',', ';');
  write("semicolons.csv", "a line before\n" + table);
  make("other", "csv(semicolons.csv, target=kind, skip=1, delimiter=semicolon)");
  const Outcome all = shell("exec \"$0\" predict other");
  const Outcome outcome = shell("cat semicolons.csv | \"$0\" predict other --data -");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, all.out);
}

// The numbers are those of the same rows without texts.
TEST_F(Outputs, PredictionsCarryTheIdOrTheWholeRow) {
  std::string table = "key,x,y,class\n";
  for (int i = 0; i < 40; ++i)
    table += "k" + std::to_string(i) + "," + std::to_string(i % 7) + ",\"" + std::to_string(i * i % 11) +
             (i % 7 < 3 ? "\",low\n" : "\", high\n");
  write("keyed.csv", table);
  make("keyed", "csv(keyed.csv, target=class, id=key)");
  const std::vector<std::string> rows = lines_of(table);
  const std::vector<std::string> with_id = lines_of(shell("exec \"$0\" predict keyed").out);
  const std::vector<std::string> whole = lines_of(shell("exec \"$0\" predict keyed --append").out);
  const std::vector<std::string> lines = lines_of(shell("exec \"$0\" predict keyed --format jsonl").out);
  ASSERT_EQ(with_id.size(), 41u);
  ASSERT_EQ(whole.size(), 41u);
  ASSERT_EQ(lines.size(), 40u);
  EXPECT_EQ(with_id[0], "key,class,p(high),p(low)");
  EXPECT_EQ(whole[0], rows[0] + ",predicted(class),p(high),p(low)");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string key = "k" + std::to_string(i - 1);
    EXPECT_TRUE(with_id[i].starts_with(key + ",")) << with_id[i];
    EXPECT_EQ(whole[i], rows[i] + with_id[i].substr(key.size()));
    EXPECT_TRUE(lines[i - 1].starts_with("{\"key\": \"" + key + "\", \"class\": ")) << lines[i - 1];
  }
  write("new.csv", "y,x\n1,2\n");
  const Outcome later = shell("cat new.csv | \"$0\" predict keyed --data - --append");
  EXPECT_TRUE(later.out.starts_with("y,x,class,p(high),p(low)\n1,2,")) << later.out << later.err;
  EXPECT_NE(later.err.find("key: there is no such column"), std::string::npos) << later.err;
}

// The rows are those that `split` names, one of them over two lines and one without its target, which is in
// no part.
TEST_F(Outputs, PredictionsOfAPartCarryItsRows) {
  std::vector<std::string> rows;
  std::string table = "key,x,y,kind\n";
  for (int i = 0; i < 50; ++i) {
    rows.push_back((i == 3 ? "\"k\n3\"," : "k" + std::to_string(i) + ",") + std::to_string(i % 7) + "," +
                   std::to_string(i * i % 11) +
                   (i == 9      ? ","
                    : i % 7 < 3 ? ",low"
                                : ",high"));
    table += rows.back() + "\n";
  }
  write("keyed.csv", table);
  const std::string data = "csv(keyed.csv, target=kind, id=key)", parts = " --held-out 0.2 --test 0.3";
  ASSERT_EQ(
      shell("exec \"$0\" train --quiet --model 'dense(2)' --optimizer 'sgd(lr=0.1)' --epochs 1 --out parts "
            "--data '" +
            data + "'" + parts)
          .code,
      0);
  const Json split = Json::parse(shell("exec \"$0\" split --json '" + data + "'" + parts).out);
  std::vector<Json> all;
  for (const std::string& line : lines_of(shell("exec \"$0\" predict parts --format jsonl").out))
    all.push_back(Json::parse(line));
  ASSERT_EQ(all.size(), rows.size());
  std::size_t seen = 0;
  for (const auto& [part, name] :
       std::map<std::string, std::string>{{"train", "train"}, {"held-out", "held_out"}, {"test", "test"}}) {
    std::string whole = "key,x,y,kind,class,p(high),p(low)\n", with_id = "key,class,p(high),p(low)\n";
    for (const Json& row : split[name]) {
      const Json& said = all[row.get<std::size_t>()];
      const std::string predicted = "," + said["class"].get<std::string>() + "," +
                                    said["probabilities"]["high"].dump() + "," +
                                    said["probabilities"]["low"].dump() + "\n";
      whole += rows[row.get<std::size_t>()] + predicted;
      with_id += (row == 3 ? "\"k\n3\"" : said["key"].get<std::string>()) + predicted;
      ++seen;
    }
    EXPECT_EQ(shell("exec \"$0\" predict parts --append --part " + part).out, whole);
    EXPECT_EQ(shell("exec \"$0\" predict parts --part " + part).out, with_id);
  }
  EXPECT_EQ(seen, 49u);
}

// A held-out file has a header of its own, and its rows are its own.
TEST_F(Outputs, PredictionsOfAHeldOutFileCarryItsRows) {
  write("later.csv", "y,key,kind,x\n3,a,low,1\n4,b,high,2\n");
  std::string table = "key,x,y,kind\n";
  for (int i = 0; i < 40; ++i)
    table += "k" + std::to_string(i) + "," + std::to_string(i % 7) + "," + std::to_string(i * i % 11) +
             (i % 7 < 3 ? ",low\n" : ",high\n");
  write("keyed.csv", table);
  make("two", "csv(keyed.csv, target=kind, id=key, test=later.csv)");
  const std::vector<std::string> whole =
      lines_of(shell("exec \"$0\" predict two --append --part held-out").out);
  ASSERT_EQ(whole.size(), 3u);
  EXPECT_EQ(whole[0], "y,key,kind,x,class,p(high),p(low)");
  EXPECT_TRUE(whole[1].starts_with("3,a,low,1,")) << whole[1];
  EXPECT_TRUE(whole[2].starts_with("4,b,high,2,")) << whole[2];
  const std::vector<std::string> ids = lines_of(shell("exec \"$0\" predict two --part held-out").out);
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_TRUE(ids[1].starts_with("a,")) << ids[1];
  const std::vector<std::string> train = lines_of(shell("exec \"$0\" predict two --append --part train").out);
  ASSERT_EQ(train.size(), 41u);
  EXPECT_TRUE(train[40].starts_with("k39,4,")) << train[40];
}

TEST_F(Outputs, RowsAreCopiedOfTablesIntoCsvAlone) {
  const Outcome lines = shell("\"$0\" predict run --append --format jsonl");
  EXPECT_EQ(lines.code, 2);
  EXPECT_NE(lines.err.find("--append: rows are copied into CSV alone"), std::string::npos) << lines.err;
  make("image", "digits", "dense(10)");
  const Outcome image = shell("\"$0\" predict image --append");
  EXPECT_EQ(image.code, 2);
  EXPECT_NE(image.err.find("append: the source is no table in a text"), std::string::npos) << image.err;
}

TEST_F(Outputs, TrainingReadsStdinOnce) {
  const std::string train = "\"$0\" train --quiet --model 'dense(2)' --optimizer 'sgd(lr=0.1)' --epochs 1 ";
  for (const std::string batch : {"8", "find"}) {
    const std::string out = " --out from-" + batch;
    const Outcome outcome =
        shell("cat train.csv | " + train + "--batch " + batch + " --data 'csv(-, target=kind)'" + out);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  EXPECT_EQ(shell("exec \"$0\" predict run --data 'csv(train.csv, target=kind)'").out,
            shell("exec \"$0\" predict from-8 --data 'csv(train.csv, target=kind)'").out);
  const Outcome nothing = shell(train + "--batch 8 --data 'csv(-)' --out none");
  EXPECT_EQ(nothing.code, 3) << nothing.err;
  EXPECT_EQ(nothing.err.find("stdin"), 0U) << nothing.err;
  EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(Outputs, LibsvmReadsStdin) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += std::to_string(i % 2) + " 1:" + std::to_string(i % 5) + " 2:1\n";
  write("rows", rows);
  make("sparse", "libsvm(rows)");
  const std::string want = shell("exec \"$0\" predict sparse --data 'libsvm(rows)'").out;
  ASSERT_EQ(lines_of(want).size(), 41U);
  EXPECT_EQ(shell("cat rows | \"$0\" predict sparse --data 'libsvm(-)'").out, want);
  EXPECT_EQ(shell("cat rows | \"$0\" predict sparse --data -").out, want);
}

// A pipe in the place of a file, whatever the reader.
TEST_F(Outputs, ArraysAndImagesAreReadFromPipes) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 1), }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += static_cast<char>(i % 2);
  const std::string start =
      std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + std::string(1, '\0');
  write("x.npy", start + header + rows);
  make("arrays", "npy(x.npy, targets=x.npy)");
  const std::string want = shell("exec \"$0\" predict arrays --data 'npy(x.npy)'").out;
  ASSERT_EQ(lines_of(want).size(), 41U);
  for (const char* data : {"npy(-)", "npy(/dev/stdin)", "npy(/dev/fd/0)", "-"})
    EXPECT_EQ(shell("cat x.npy | \"$0\" predict arrays --data '" + std::string(data) + "'").out, want)
        << data;
  EXPECT_EQ(shell("gzip -c x.npy | \"$0\" predict arrays --data 'npy(/dev/stdin)'").out, want);
  const std::string folder = THALWEG_TESTS "/data/mnist-small";
  const Outcome images = shell("mkdir idx && for f in '" + folder +
                               "'/*.gz; do n=$(basename \"$f\"); mkfifo idx/\"$n\"; cat \"$f\" > idx/\"$n\" "
                               "& done; exec \"$0\" split 'idx(idx)'");
  EXPECT_EQ(images.code, 0) << images.err;
}

TEST_F(Outputs, OnlyTextIsReadFromStdin) {
  make("image", "digits", "dense(10)");
  const Outcome outcome = shell("\"$0\" predict image --data - </dev/null");
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("stdin cannot be read as `digits`"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace thalweg
