"""The house: where things stand, who imports whom, and how large they may grow."""

import ast
import importlib
import importlib.metadata
import pkgutil
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("stationd", "receivers", "archive")
BIN = Path(sys.executable).parent

MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "handler", "types", "scripts"}


def relative(path):
    return str(path.relative_to(ROOT))


def dotted(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


# -- layout ------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["config", "systemd"])
def test_no_python_lives_among_the_files_of_an_operator(folder):
    assert [relative(path) for path in (ROOT / folder).rglob("*.py")] == []


def test_nothing_is_called_by_a_name_that_says_nothing():
    named = [
        relative(path) for path in MODULES if FORBIDDEN_NAMES & set(path.with_suffix("").parts)
    ]
    bases = [
        relative(path)
        for path in MODULES
        if path.stem == "base" and path.parent.name not in {"stores", "authorities"}
    ]
    assert named + bases == []


def has_logic(path):
    """Tell whether a module has anything to test: a function or a class with a body."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in tree(path).body)


def mirror(path):
    name = "test_main.py" if path.stem == "__main__" else f"test_{path.stem}.py"
    return ROOT / "tests" / path.relative_to(ROOT).parent / name


# Modules whose tests stand elsewhere, and where.
ELSEWHERE = {
    "stationd/simulate/__main__.py": "tests/stationd/simulate/test_day.py",
}


def test_nearly_every_module_has_a_test_module_of_its_name():
    modules = [path for path in MODULES if path.name != "__init__.py" and has_logic(path)]
    missing = [
        relative(path)
        for path in modules
        if not mirror(path).exists() and not (ROOT / ELSEWHERE.get(relative(path), "none")).exists()
    ]
    assert len(missing) <= 0.05 * len(modules), missing


def test_every_name_a_module_exports_is_there_and_every_module_says_what_it_exports():
    faults = []
    for path in MODULES:
        if path.name in {"__init__.py", "__main__.py"} or not has_logic(path):
            continue
        module = importlib.import_module(dotted(path))
        exported = getattr(module, "__all__", None)
        if exported is None:
            faults.append(f"{dotted(path)} has no __all__")
            continue
        faults += [f"{dotted(path)}.{name}" for name in exported if not hasattr(module, name)]
        if list(exported) != sorted(exported, key=lambda name: (not name.isupper(), name)):
            # Ruff sorts __all__; this only guards against names given twice.
            faults += [name for name in exported if list(exported).count(name) > 1]
    assert faults == []


def test_every_module_can_be_imported():
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def test_no_other_distribution_owns_our_names():
    owners = importlib.metadata.packages_distributions()
    assert {name: sorted(set(owners.get(name, []))) for name in PACKAGES if name in owners} == {
        name: ["stationd"] for name in PACKAGES if name in owners
    }


def test_only_public_names_cross_packages():
    faults = [
        f"{relative(path)}: {node.module}.{name.name}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]
    assert faults == []


def test_imports_are_absolute():
    relative_imports = [
        relative(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative_imports == []


def pages():
    """Return every page of the manual."""
    found = [
        *ROOT.glob("*.md"),
        *(ROOT / "archive").glob("*.md"),
        *(ROOT / "receivers").rglob("*.md"),
    ]
    for folder in ("docs", "systemd", "bench", "changes"):
        found += (ROOT / folder).rglob("*.md")
    return sorted(found)


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


# -- budget ------------------------------------------------------------------


@dataclass(frozen=True)
class Function:
    """What is measured of a function."""

    place: str
    lines: int
    complexity: int
    nesting: int
    public: bool
    documented: bool
    annotated: bool
    reason: bool


BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.Assert,
    ast.comprehension, ast.match_case,
)  # fmt: skip
NESTS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def inside(node):
    """Yield the nodes of a function, without those of functions defined within it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*DEFINITIONS, ast.Lambda, ast.ClassDef)):
            yield from inside(child)


def complexity(function):
    total = 1
    for node in inside(function):
        total += isinstance(node, BRANCHES)
        total += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
        total += len(node.ifs) if isinstance(node, ast.comprehension) else 0
    return total


def nesting(node, depth=0):
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*DEFINITIONS, ast.ClassDef)):
            continue
        # An elif is a branch of the same height, not one deeper.
        elif_ = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deeper = depth + (isinstance(child, NESTS) and not elif_)
        deepest = max(deepest, nesting(child, deeper))
    return deepest


def code_lines(function, text):
    """Count the lines of a function without its docstring, comments and blank lines."""
    body = function.body
    documented = ast.get_docstring(function) is not None
    skipped = range(body[0].lineno, body[0].end_lineno + 1) if documented else ()
    return sum(
        1
        for number in range(function.lineno, function.end_lineno + 1)
        if number not in skipped and text[number - 1].strip() and text[number - 1].strip()[0] != "#"
    )


def annotated(function):
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    given += [each for each in (arguments.vararg, arguments.kwarg) if each]
    named = [each for each in given if each.arg not in {"self", "cls", "mcs"}]
    return function.returns is not None and all(each.annotation for each in named)


@cache
def functions():
    found = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8").splitlines()
        for owner in [tree(path), *(n for n in tree(path).body if isinstance(n, ast.ClassDef))]:
            private = isinstance(owner, ast.ClassDef) and owner.name.startswith("_")
            stub = isinstance(owner, ast.ClassDef) and any(
                "Protocol" in ast.unparse(base) for base in owner.bases
            )
            found += [
                Function(
                    place=f"{relative(path)}:{node.lineno} {node.name}",
                    lines=code_lines(node, text),
                    complexity=complexity(node),
                    nesting=nesting(node),
                    public=not (private or stub or node.name.startswith("_")),
                    documented=ast.get_docstring(node) is not None,
                    annotated=annotated(node),
                    reason=len((ast.get_docstring(node) or "").splitlines()) > 1,
                )
                for node in owner.body
                if isinstance(node, DEFINITIONS)
            ]
    return found


def at_95(values):
    return statistics.quantiles(values, n=20)[-1]


def over(limit, measure):
    return [f"{each.place}: {measure(each)}" for each in functions() if measure(each) > limit]


def test_files_stay_short():
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
        if path.name != "__init__.py"
    }
    assert [f"{name}: {length}" for name, length in lengths.items() if length > 600] == []
    assert statistics.median(lengths.values()) <= 200


def test_functions_stay_short():
    assert over(60, lambda each: each.lines) == []
    assert at_95([each.lines for each in functions()]) <= 30
    without = [each.place for each in functions() if each.lines > 50 and not each.reason]
    assert without == []


def test_functions_stay_simple():
    assert over(12, lambda each: each.complexity) == []
    assert at_95([each.complexity for each in functions()]) <= 8


def test_functions_stay_flat():
    assert over(4, lambda each: each.nesting) == []
    assert at_95([each.nesting for each in functions()]) <= 3


def test_public_functions_say_what_they_do():
    public = [each for each in functions() if each.public]
    silent = [each.place for each in public if not each.documented]
    assert len(silent) <= 0.1 * len(public), silent


def test_public_functions_are_annotated():
    assert [each.place for each in functions() if each.public and not each.annotated] == []


def test_every_module_and_class_says_what_it_is():
    silent = [relative(path) for path in MODULES if ast.get_docstring(tree(path)) is None]
    silent += [
        f"{relative(path)} {node.name}"
        for path in MODULES
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []


def imports_of(path):
    """Yield the modules of ours that are imported when this one is."""
    known = {dotted(module) for module in MODULES}
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                if whole in known:
                    yield whole
                elif node.module in known:
                    yield node.module


def test_no_module_imports_itself_by_way_of_others():
    edges = {dotted(path): sorted(set(imports_of(path))) for path in MODULES}
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for other in edges.get(name, ()):
                visit(other)
            path.pop()
            done.add(name)

    for name in edges:
        visit(name)


def lines_of_code(paths):
    return sum(
        1
        for path in paths
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.strip().startswith("#")
    )


def test_there_is_enough_test_code():
    assert lines_of_code(TESTS) >= 0.8 * lines_of_code(MODULES)


# -- checkers ----------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "format", "--check", "."),
        ("ruff", "check", "."),
        ("mypy",),
        ("lint-imports",),
    ],
    ids=" ".join,
)
def test_the_checkers_find_nothing(command):
    program = BIN / command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
