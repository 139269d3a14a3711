#!/usr/bin/env python3
"""Checks the sizes of the house: lines of a file, lines of a function, depth of src, lines of the library.

Usage: tools/size.py [--self-test]
Prints one line for each violation, `file:line: what; got; want`, and exits 1 when there are any.
C++ functions are found by their braces: good enough for this code base, not a parser.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 500
FUNCTION_LINES = 80
FOLDER_DEPTH = 2
LIBRARY_LINES = 44_000

CODE = {".cc", ".h", ".inc", ".S", ".py", ".cmake", ".sh", ".cu", ".cuh"}
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
    return errors


def is_library(path: Path) -> bool:
    inside = path.parts[0] in ("src", "include")
    return inside and path.suffix in CXX and not NOT_LIBRARY.search(path.name)


def check_tree() -> int:
    errors = []
    library = 0
    for path in files():
        if path.parts[0] == "src" and len(path.parts) - 2 > FOLDER_DEPTH:
            levels = len(path.parts) - 2
            errors.append(f"{path}:0: a deep folder; got {levels} levels under src; want {FOLDER_DEPTH}")
        if path.suffix not in CODE and path.name not in CODE_NAMES:
            continue
        text = (ROOT / path).read_text(errors="replace")
        errors += check_file(path, text)
        library += len(text.splitlines()) if is_library(path) else 0
    if library > LIBRARY_LINES:
        errors.append(f"src:0: a large library; got {library} lines; want at most {LIBRARY_LINES}")
    print("\n".join([*errors, f"size: {library} of {LIBRARY_LINES} lines of library"]))
    return 1 if errors else 0


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
    assert "a long file; got 501" in check_file(Path("a.sh"), "x\n" * (FILE_LINES + 1))[0]
    assert not check_file(Path("a.sh"), "x\n" * FILE_LINES)
    print("size: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return check_tree()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
