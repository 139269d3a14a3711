// A file of lines that grows during a run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace thalweg {

// Every line is on its way to the disk when add() returns, so that a crash loses at most a torn last one.
class LineFile {
 public:
  // Opens for appending; the file is made when it is not there. Throws Error(resource), and Error(data) for a
  // link and whatever else is not a regular file with one name. Lines for an empty path go nowhere.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&&) = delete;

  // Throws Error(resource) naming the file when the line cannot be written; nothing of it is left then.
  void add(const std::string& json);

 private:
  std::filesystem::path path_;
  int file_;
};

// The whole lines of such a file, without their ends; none where there is no file.
std::vector<std::string> read_lines(const std::filesystem::path& path);

// Cuts a torn last line off it. Throws as LineFile does.
void cut_torn_line(const std::filesystem::path& path);

}  // namespace thalweg
