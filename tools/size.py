#!/usr/bin/env python3
"""Checks the sizes of the house: lines of files and functions, files and lines of rooms, methods and members of
classes, lines of storeys.

Usage: tools/size.py [--self-test | --cost [--build]]
--cost adds a rule to a clone of the last commit and shows that nothing but its header, its line in transforms.inc and its
vector is needed for the checks of `make check`; with --build also for the tests that cover every listed transform.
Prints one line for each violation, `file:line: what; got; want`, and exits 1 when there are any.
C++ functions are found by their braces: good enough for this code base, not a parser.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 450
FUNCTION_LINES = 80
ROOM_FILES = 25
ROOM_LINES = 3_500
CLASS_METHODS = 25
CLASS_MEMBERS = 15
STOREY_LINES = {"engine": 24_700, "learn": 28_600, "lab": 22_000, "tool": 4_250}
HOUSE_LINES = 79_700  # of all storeys together
CATALOGUES = {"engine/transforms", "learn/losses", "learn/nn/ops", "lab/problems"}  # a file a name: as long as the field's list

CODE = {".cc", ".h", ".inc", ".S", ".py", ".cmake", ".sh", ".cu", ".cuh", ".js", ".css"}
LIBRARY = {".cc", ".h", ".inc", ".js", ".css"}  # what counts as lines of the library
CODE_NAMES = {"CMakeLists.txt", "Makefile"}
CXX = {".cc", ".h", ".inc", ".cu", ".cuh"}
NOT_LIBRARY = re.compile(r"^test_|_(test|bench)\.")  # stands in src beside what it tests

# What is blanked before braces are counted, longest form first; line breaks are kept.
NOISE = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'  # raw strings
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # not the separator of 20'000
    r"|^[ \t]*\#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
TYPE_HEAD = re.compile(
    r"^(?:(?:inline|static|typedef|export|constexpr)\s+)*(?:namespace|class|struct|union|enum|extern\s*$)\b")
TEMPLATE = re.compile(r"^\s*template\s*<[^{}]*?>\s*(?=[A-Za-z_:])")
FUNCTION_TAIL = re.compile(r"\)\s*(?:(?:const|noexcept|override|final|mutable|try|&&?)\s*)*(?:->[^=;]*)?$")
ACCESS = {"public", "protected", "private"}
INITIALISER = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")  # a constructor's list of members


def blank(text: str) -> str:
    """The text without comments, strings and directives, on the same lines."""
    return NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def opens(head: str) -> str:
    """What a `{` after `head` opens: a function, a member's initialiser, or a scope of another kind."""
    head = TEMPLATE.sub("", head).strip()
    if TYPE_HEAD.match(head):
        return "scope"
    if INITIALISER.search(head):
        return "function" if head[-1] in ")}" else "initialiser"
    return "function" if FUNCTION_TAIL.search(head) else "scope"


def cxx_functions(text: str) -> list[tuple[int, int]]:
    """(first line, lines) of every function that does not stand inside another one."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[str, str, int]] = []  # kind, head before it, line where that head began
    head, begin, line, inside = "", 0, 1, 0
    for c in blank(text):
        if c == "{":
            kind = "scope" if inside else opens(head)
            stack.append((kind, head, begin))
            inside += kind == "function"
            head = ""
        elif c == "}" and stack:
            kind, before, started = stack.pop()
            if kind == "function":
                inside -= 1
                found.append((started, line - started + 1))
            head = before + "{}" if kind == "initialiser" else ""
            begin = started
        elif c == ";" or (c == ":" and head.strip() in ACCESS):
            head = ""
        elif not c.isspace():
            begin = begin if head.strip() else line
            head += c
        else:
            head += " " if head else ""
        line += c == "\n"
    return found


def python_functions(text: str) -> list[tuple[int, int]]:
    """(first line, lines) of every function."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [(node.lineno, node.end_lineno - node.lineno + 1) for node in nodes]


CLASS_HEAD = re.compile(r"(?:^|[\s>])(class|struct)\s+(?:alignas\([^)]*\)\s*)?([A-Za-z_][\w:]*)[^;=]*$")
NO_MEMBER = re.compile(r"^(?:using|friend|typedef|static_assert|enum|class|struct|union|template\s*<[^;]*>\s*(?:class|struct|using))\b")


def top_level(text: str, marks: str) -> list[int]:
    """Where one of the marks stands outside all brackets; `<` and `>` count as brackets."""
    found, depth = [], 0
    for i, c in enumerate(text):
        if c in marks and depth == 0:
            found.append(i)
        depth += c in "([{<"
        depth -= c in ")]}>"
    return found


def is_method(statement: str) -> bool:
    """Whether a declaration in a class is of a function, not of data."""
    flat = re.sub(r"operator\s*(?:\(\)|[^\s(]+)", "operator_", statement)
    flat = re.sub(r"^\s*template\s*<.*?>\s*(?=[A-Za-z_:~\[])", "", flat)
    opened = top_level(flat, "(")
    ends = top_level(flat, "={")
    if not opened or (ends and ends[0] < opened[0]):
        return False
    return not re.match(r"\(\s*\*", flat[opened[0]:])  # a pointer to a function is data


def classes(text: str) -> list[tuple[int, str, int, int]]:
    """(line, name, methods, members) of every class and struct; a declared function counts once."""
    found = []
    stack: list[list] = []  # of open braces: class or None, head before it
    statement, line = "", 1

    def close(what: str) -> None:
        owner = stack[-1][0] if stack else None
        what = re.sub(r"^\s*(?:public|private|protected)\s*:", "", what.strip()).strip()
        if owner is None or not what or NO_MEMBER.match(what):
            return
        if is_method(what):
            owner["methods"].add(what)
        elif not re.match(r"(?:static|inline)\b.*\bconstexpr\b|static\b", what):
            owner["members"] += 1 + len(top_level(what, ","))

    for c in blank(text):
        if c == "{":
            head = re.sub(r"\b(?:public|private|protected)\s*:(?!:)", "", statement)
            match = None if opens(head) == "function" else CLASS_HEAD.search(head.strip())
            enum = re.search(r"\benum\b", head)
            inside = stack and stack[-1][1] == "body"
            owner = {"name": match[2], "line": line, "methods": set(), "members": 0} if match and not enum and not inside else None
            kind = "body" if inside or (owner is None and opens(head) == "function") else "scope"
            kind = "initialiser" if owner is None and kind == "scope" and not TYPE_HEAD.match(TEMPLATE.sub("", head).strip()) and not enum and stack and stack[-1][0] else kind
            stack.append([owner, kind, statement])
            statement = ""
        elif c == "}" and stack:
            owner, kind, before = stack.pop()
            if owner is not None:
                found.append((owner["line"], owner["name"], len(owner["methods"]), owner["members"]))
                statement = ""
            elif kind == "body" and (not stack or stack[-1][1] != "body"):
                close(before)
                statement = ""
            elif kind == "initialiser":
                statement = before + "{}"
            else:
                statement = ""
        elif c == ";":
            close(statement)
            statement = ""
        else:
            statement += " " if c.isspace() else c
        line += c == "\n"
    return found


def files() -> list[Path]:
    """Tracked and new files that git does not ignore, relative to the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()})


def check_file(path: Path, text: str) -> list[str]:
    """The violations of one file of code."""
    errors = []
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        errors.append(f"{path}:{lines}: a long file; got {lines} lines; want at most {FILE_LINES}")
    functions = cxx_functions(text) if path.suffix in CXX else []
    functions = python_functions(text) if path.suffix == ".py" else functions
    for line, length in functions:
        if length > FUNCTION_LINES:
            want = f"want at most {FUNCTION_LINES}"
            errors.append(f"{path}:{line}: a long function; got {length} lines; {want}")
    for line, name, methods, members in classes(text) if is_library(path) else []:
        if methods > CLASS_METHODS or members > CLASS_MEMBERS:
            got = f"got {methods} methods and {members} members"
            want = f"want at most {CLASS_METHODS} and {CLASS_MEMBERS}"
            errors.append(f"{path}:{line}: a large class `{name}`; {got}; {want}")
    return errors


def is_library(path: Path) -> bool:
    inside = path.parts[0] in ("src", "include")
    return inside and path.suffix in LIBRARY and not NOT_LIBRARY.search(path.name)


def rooms_of_headers() -> dict[str, str]:
    """public header: its room, as src/LAYERS says."""
    section = (ROOT / "src" / "LAYERS").read_text().partition("\n[headers]\n")[2].partition("\n\n")[0]
    return {header: line.split(":")[0] for line in section.splitlines() for header in line.split(":")[1].split()}


def storeys_of_rooms() -> dict[str, str]:
    """room: its place below src, as src/LAYERS says."""
    section = (ROOT / "src" / "LAYERS").read_text().partition("\n[rooms]\n")[2].partition("\n\n")[0]
    return {line.split(":")[0].rpartition("/")[2]: line.split(":")[0] for line in section.splitlines()}


def room_of(path: Path, headers: dict[str, str], places: dict[str, str]) -> str:
    """Where a file of the library lives: "engine/base", "learn/data/readers", "tool"."""
    if path.parts[0] == "include":
        room = headers.get(str(path.relative_to("include/thalweg")), "umbrella")
        return places.get(room, room)
    return "/".join(path.parts[1:-1])


def check_rooms(library: dict[Path, int]) -> list[str]:
    """The violations of rooms and storeys; `library`: file -> lines."""
    errors = []
    headers, places = rooms_of_headers(), storeys_of_rooms()
    files_of: dict[str, int] = defaultdict(int)
    lines_of: dict[str, int] = defaultdict(int)
    storeys: dict[str, int] = defaultdict(int)
    for path, lines in library.items():
        room = room_of(path, headers, places)
        files_of[room] += path.parts[0] == "src"
        lines_of[room] += lines
        storeys[room.split("/")[0]] += lines
    for room in sorted(set(lines_of) - CATALOGUES - {"tool"}):
        if files_of[room] > ROOM_FILES:
            errors.append(f"src/{room}:0: a crowded room; got {files_of[room]} files; want at most {ROOM_FILES}")
        if lines_of[room] > ROOM_LINES:
            errors.append(f"src/{room}:0: a large room; got {lines_of[room]} lines; want at most {ROOM_LINES}")
    for storey, most in STOREY_LINES.items():
        if storeys[storey] > most:
            errors.append(f"src/{storey}:0: a large storey; got {storeys[storey]} lines; want at most {most}")
    total = sum(library.values())
    if total > HOUSE_LINES:
        errors.append(f"src:0: a large house; got {total} lines; want at most {HOUSE_LINES}")
    words = ", ".join(f"{storey} {storeys[storey]} of {most}" for storey, most in STOREY_LINES.items())
    return [*errors, f"size: {words}; {total} of {HOUSE_LINES} lines in all"]


def check_tree() -> int:
    errors = []
    library: dict[Path, int] = {}
    for path in files():
        if path.suffix not in CODE and path.name not in CODE_NAMES:
            continue
        text = (ROOT / path).read_text(errors="replace")
        errors += check_file(path, text)
        if is_library(path):
            library[path] = len(text.splitlines())
    errors += check_rooms(library)
    print("\n".join(errors))
    return 1 if len(errors) > 1 else 0


RULE_FILES = 3  # that a new rule may touch
RULE_HEADER = """struct Costs {
  static constexpr std::string_view kFormula = R"(
    m <- beta m + (1 - beta) g,   u = m
    state m, zeros; reads g m, writes u m; 0 stays 0
  )";
  static constexpr Option kOptions[] = {share_kept("beta", "0.9", "share of the average that is kept")};
  static constexpr std::string_view kState[] = {"m"};
  static constexpr Card kCard{"costs", "what a new rule costs", "", kOptions, false};

  template <class T>
  struct Prepared {
    Kept<T> m;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    c.m = kept(option_of<Costs, "beta">(now.o));
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V g, V* s, const auto& c) {
    return s[0] = average(s[0], g, c.m);
  }
};
THALWEG_TRANSFORM(Costs)
"""
RULE_LINE = '#include "transforms/costs.h"\n'
RULE_VECTOR = """name    costs, defaults
chain   costs | lr(0.1)
from    50-digit decimal arithmetic (block below)
tol     2 ulp
p       1 -2 0.5
g       0.1 0.2 -0.3 ; 0.05 -0.01 0 ; -1 1 1e-3
how     m = [D(0)] * n
        for g in grads:
          m = [D("0.9") * x + D("0.1") * y for x, y in zip(m, g)]
          p = [a - D("0.1") * x for a, x in zip(p, m)]
          yield p
"""
RULE_CHECKS = ["clang-format --dry-run --Werror src/engine/transforms/costs.h", "python3 tools/layers.py", "python3 tools/size.py",
               "python3 tools/words.py", "python3 tools/vectors.py --check tests/vectors/costs.vec", "python3 tools/mutants.py --check"]
RULE_BUILD = ["cmake --preset release", "cmake --build --preset release --target thalweg_rule_tests",
              "build/tests/thalweg_rule_tests --gtest_brief=1 --gtest_filter=*costs*:Specs.*:Factories.*:Cards.*:Vectors.*"]


def add_rule(clone: Path) -> list[str]:
    """Adds a rule as CONTRIBUTING.md says; the files that it touches."""
    (clone / "src/engine/transforms/costs.h").write_text(RULE_HEADER)
    registry = clone / "src/engine/transforms/transforms.inc"
    lines = registry.read_text().splitlines(keepends=True)
    after = max(i for i, line in enumerate(lines) if line.startswith("#include") and line < RULE_LINE and "-inl" not in line)
    registry.write_text("".join([*lines[:after + 1], RULE_LINE, *lines[after + 1:]]))
    vector = clone / "tests/vectors/costs.vec"
    vector.write_text(RULE_VECTOR)
    subprocess.run(["python3", "tools/vectors.py", "--write", str(vector)], cwd=clone, check=True)
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=clone, check=True, capture_output=True, text=True)
    return [line[3:] for line in changed.stdout.splitlines()]


def cost(build: bool) -> int:
    """What a new rule costs, in a clone."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(clone)], check=True)
        touched = add_rule(clone)
        environment = {**os.environ, "CCACHE_BASEDIR": str(clone), "CCACHE_NOHASHDIR": "1"}
        for command in RULE_CHECKS + (RULE_BUILD if build else []):
            done = subprocess.run(command.split(), cwd=clone, env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                print(f"src/engine/transforms:0: a new rule does not pass `{command}`\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
                return 1
    if len(touched) > RULE_FILES:
        print(f"src/engine/transforms:0: a new rule is dear; got {', '.join(touched)}; want at most {RULE_FILES} files")
        return 1
    print(f"size: a new rule costs {len(touched)} files: {', '.join(touched)}")
    return 0


SELF_TEST = r"""#define MACRO(x) void f(x) { \
  {
namespace a {
// { not counted
struct S : B<decltype(f(1))> {
 public:
  S(int x) : a_(x), b_{2}, c_{{1}, {2}} {
  }
  int f() const noexcept
  {
    auto g = [](int x) { return "{" + R"x({)x" + '{'; };
    return 20'000;
  }
  template <class T, class V = X<T>>
  static T
  apply(T d) { return d; }
  int n = 0;
};
constexpr Option kOptions[] = {{.name = f("x")}, {2}};
const auto kTable = std::array{1, 2};
enum class E { a, b };
auto f(int x) -> std::vector<int> {
  if (x) { return {1}; }
  return {};
}
}  // namespace a
TEST(Suite, Name) {
  EXPECT_EQ(1, 1);
}
"""
SELF_TEST_FUNCTIONS = [(7, 2), (9, 5), (14, 3), (22, 4), (27, 3)]


def self_test() -> None:
    got = cxx_functions(SELF_TEST)
    assert got == SELF_TEST_FUNCTIONS, f"want {SELF_TEST_FUNCTIONS}, got {got}"
    long = "void f() {\n" + "  g();\n" * FUNCTION_LINES + "}\n"
    assert "a.cc:1: a long function; got 82" in check_file(Path("a.cc"), long)[0]
    assert not check_file(Path("a.cc"), "void f() {\n" + "  g();\n" * (FUNCTION_LINES - 2) + "}\n")
    assert "a long file; got 451" in check_file(Path("a.sh"), "x\n" * (FILE_LINES + 1))[0]
    assert not check_file(Path("a.sh"), "x\n" * FILE_LINES)
    assert [found[1:] for found in classes(SELF_TEST)] == [("S", 3, 1)], classes(SELF_TEST)
    large = "class A {\n" + "".join(f"  void f{i}();\n" for i in range(CLASS_METHODS + 1)) + " private:\n  int a_, b_ = {1};\n};\n"
    assert classes(large) == [(1, "A", CLASS_METHODS + 1, 2)], classes(large)
    assert "a large class `A`; got 26 methods and 2 members" in check_file(Path("src/a.h"), large)[0]
    record = "struct B {\n  void (*call)(int) = nullptr;\n  std::map<int, int> a, b{};\n  static constexpr int kC = 1;\n  enum { d };\n};\n"
    assert classes(record) == [(1, "B", 0, 3)], classes(record)
    print("size: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if arguments and arguments[0] == "--cost" and arguments[1:] in ([], ["--build"]):
        return cost(bool(arguments[1:]))
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return check_tree()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
