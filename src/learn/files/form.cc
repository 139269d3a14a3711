#include "files/form.h"

#include <algorithm>

#include "base/utf8.h"
#include "files/input.h"
#include "files/place.h"

namespace thalweg {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view begin;
  Form form;
  bool could_be_text = false;  // a byte that is none has to follow
};

constexpr Magic kMagics[] = {
    {"\xfd\x37zXZ\0"sv, {"xz data (.xz)", "`unxz -k FILE` unpacks it"}},
    {"\x04\x22\x4d\x18"sv, {"lz4 data (.lz4)", "`unlz4 FILE` unpacks it"}},
    {"\x1f\x9d"sv, {"compress data (.Z)", "`gunzip -k FILE` unpacks it"}},
    {"LZIP\1"sv, {"lzip data (.lz)", "`lzip -dk FILE` unpacks it"}},
    {"7z\xbc\xaf\x27\x1c"sv, {"a 7-Zip archive (.7z)", "`7z x FILE` unpacks it"}},
    {"Rar!\x1a\x07"sv, {"a RAR archive (.rar)", "`unrar x FILE` unpacks it"}},
    {"PAR1"sv, {"Parquet", "pandas.read_parquet(\"FILE\").to_csv(\"table.csv\", index=False)"}, true},
    {"FEA1"sv, {"Feather", "pandas.read_feather(\"FILE\").to_csv(\"table.csv\", index=False)"}, true},
    {"ARROW1\0"sv, {"Arrow (Feather)", "pandas.read_feather(\"FILE\").to_csv(\"table.csv\", index=False)"}},
    {"\x89HDF\r\n\x1a\n"sv, {"HDF5 (.h5)", "pandas.read_hdf or h5py reads it; save a csv or npy"}},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv,
     {"an old Excel workbook (.xls)",
      "save it as CSV UTF-8, or pandas.read_excel(\"FILE\").to_csv(\"table.csv\", index=False)"}},
    {"SQLite format 3\0"sv,
     {"an SQLite database", "`sqlite3 -header -csv FILE \"select * from TABLE\"` writes a table"}},
    {"MATLAB 5.0 MAT-file"sv, {"a MATLAB file (.mat)", "scipy.io.loadmat reads it; save a csv or npy"}},
    {"\x93NUMPY"sv, {"a NumPy array (.npy)", "npy(FILE) reads it"}},
    {"\x80\2"sv, {"a Python pickle", "pandas.read_pickle may read it; save a csv or npy"}},
    {"\x80\3"sv, {"a Python pickle", "pandas.read_pickle may read it; save a csv or npy"}},
    {"\x80\4"sv, {"a Python pickle", "pandas.read_pickle may read it; save a csv or npy"}},
    {"\x80\5"sv, {"a Python pickle", "pandas.read_pickle may read it; save a csv or npy"}},
};

constexpr Form kBzip2 = {"bzip2 data (.bz2)", "`bunzip2 -k FILE` unpacks it"};
constexpr Form kNpz = {"a NumPy archive (.npz)", "npz(FILE) reads it"};
constexpr Form kWorkbook = {
    "an Excel workbook (.xlsx)",
    "save it as CSV UTF-8, or pandas.read_excel(\"FILE\").to_csv(\"table.csv\", index=False)"};
constexpr Form kSheets = {"an OpenDocument spreadsheet (.ods)", "save it as CSV (UTF-8)"};
constexpr Form kZip = {"a ZIP archive (.zip)", "`unzip FILE` unpacks it"};
constexpr Form kTar = {"a tar archive (.tar)", "`tar -xf FILE` unpacks it"};

// What a ZIP archive holds: names stand in it as they are.
Form form_of_zip(std::string_view bytes) {
  if (bytes.find("opendocument.spreadsheet") != std::string_view::npos) return kSheets;
  if (bytes.find("xl/workbook") != std::string_view::npos) return kWorkbook;
  return bytes.substr(0, 256).find(".npy") != std::string_view::npos ? kNpz : kZip;
}

// Which encoding of one byte a character a text is in, as far as its bytes say; it is UTF-8 up to byte `at`.
std::string encoding_hint(std::string_view text, std::size_t at) {
  constexpr std::string_view kUnused = "\x81\x8d\x8f\x90\x9d";  // of Windows-1252
  const auto is_high = [](unsigned char c) { return c >= 0x80; };
  const auto among_controls = [](unsigned char c) { return c >= 0x80 && c < 0xa0; };
  if (std::ranges::any_of(text.substr(0, at), is_high))
    return "what stands before it is UTF-8: the file is damaged there, or mixed";
  if (text.find_first_of(kUnused) != std::string_view::npos)
    return "`iconv -f ENCODING -t UTF-8` with its encoding, which is neither Latin-1 nor Windows-1252; "
           "`file` "
           "may tell it";
  return std::string("iconv -f ") + (std::ranges::any_of(text, among_controls) ? "CP1252" : "LATIN1") +
         " -t UTF-8";
}

Error no_text(const std::string& name, std::string_view text, std::size_t at, const std::string& what,
              const std::string& want, const std::string& hint) {
  return Error(Code::data, {print_place(name, find_place(text, at)), what, "", want, hint});
}

// UTF-16 without a mark has a NUL beside every other character; anything else that has one is no text.
std::string nul_hint(std::string_view text, std::size_t at) {
  if (at > 0 && at < 2 && text.size() > 3 && text[3] == '\0') return "iconv -f UTF-16LE -t UTF-8";
  if (at == 0 && text.size() > 2 && text[2] == '\0') return "iconv -f UTF-16BE -t UTF-8";
  return "`file` tells what it is";
}

}  // namespace

Form form_of(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("PK\3\4"sv) || text.starts_with("PK\5\6"sv)) return form_of_zip(text);
  constexpr std::size_t kTarMark = 257;
  if (text.size() > kTarMark && text.substr(kTarMark).starts_with("ustar"sv)) return kTar;
  if (text.starts_with("BZh"sv) && text.substr(3).find("1AY&SY"sv) == 1) return kBzip2;
  const auto is_text = [](unsigned char c) { return c >= 0x20 || c == '\t' || c == '\r' || c == '\n'; };
  for (const Magic& one : kMagics) {
    if (!text.starts_with(one.begin)) continue;
    const std::string_view rest = text.substr(one.begin.size());
    if (!one.could_be_text || rest.empty() || !is_text(static_cast<unsigned char>(rest.front())))
      return one.form;
  }
  return {};
}

std::string fill_hint(std::string_view hint, const std::string& name) {
  std::string out(hint);
  const std::size_t at = out.find("FILE");
  return at == std::string::npos || name == kStandardInputName ? out : out.replace(at, 4, name);
}

void check_form(const std::string& name, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    throw Error(Code::data, {name, "the text is UTF-16", "", "UTF-8", "iconv -f UTF-16 -t UTF-8"});
  }
  const Form form = form_of(bytes);
  if (form.name.empty()) return;
  throw Error(Code::data, {name, "the file is no text", std::string(form.name), "a text, plain, gzip or zstd",
                           fill_hint(form.hint, name)});
}

void check_text(const std::string& name, std::string_view text) {
  check_form(name, std::as_bytes(std::span(text)));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0)
      throw no_text(
          name, text, at, "the text is not UTF-8", "UTF-8",
          text.find('\0') != std::string_view::npos ? "`file` tells what it is" : encoding_hint(text, at));
    if (text[at] == '\0')
      throw no_text(name, text, at, "the text contains a NUL byte", "text", nul_hint(text, at));
    at += length;
  }
}

}  // namespace thalweg
