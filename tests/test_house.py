"""The house: who may import whom, what importing costs, what is public, how long things are, and what no file may hold.

Each rule is tried on a planted breach as well.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import forecast as fc

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "forecast"

FLOORS: tuple[tuple[str, ...], ...] = tuple(
    tuple(names.split())
    for names in (
        "errors arrays compiling lanes draws wandering engine replay ledger reference scores",
        "values dates quarters estimate objective history team feature cycles roadmap fingerprint phrases finding edits whatif "
        "growth items",
        "throughput calendar plan scope luck prospects executors oddities pacing past clue trust timekeeping soundness "
        "precedence remarks ancestry rivals cleaning looks retrospect drift pace worth",
        "tally simulation counting outcome impact remedy commitment allocation backtesting "
        "explanation reasons alone assumptions checkup origins coverage verdict hindsight slip positions burnup placements "
        "menu screening search selection pledges weighing headroom cadence rollup spending aim arrangement climbing "
        "ordering rehearsal route",
        "files reader toml spot shape schema lines loading grid workbook parquet columns notation rows sheets "
        "faults writing importers trackers charts report inspection json_schema starter actuals whatif_file "
        "experience lessons wording impact_wording frontier_wording sentences pledge_wording allocation_wording",
        "cli commands options page screen __main__ checklist binding scoreboard edit_options impact_page frontier_page "
        "remedies_page remedy_options commit_page allocation_page ordering_page import_page "
        "live_options",
    )
)
"""Kernels, nouns, model, answers, edges, doors. A package of its own (importers) stands on one floor with all its modules."""

KERNELS = ("draws", "wandering", "engine", "replay", "ledger", "scores")
HEAVY = {"numba", "llvmlite", "scipy", "polars", "matplotlib", "simpy"}

LONGEST_MODULE, LONGEST_FUNCTION = 400, 40
LONGER = {
    "engine": 670,  # one kernel: to split it would hide more than it shows
    "replay": 990,  # likewise
    "ledger": 490,  # one set of rules for two accounts; a kernel in a file of its own would not be compiled anew with them
    "simulation.simulate": 60,  # every option of the main function, and what each means
    "backtesting.backtest": 56,  # likewise
    "hindsight.look_back": 45,  # likewise
    "remedy.remedies": 65,  # likewise
    "ordering.order": 45,  # likewise
    "plan.build_plan": 45,  # one line for each array of the plan
}


# Modules ---------------------------------------------------------------------------------------------------------------


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the package by its name, dots in it for packages within."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imports_of(tree: ast.Module) -> set[str]:
    """Modules of the package that a module imports, anywhere in it: at the top, in functions, for type checking."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole if node.module == "forecast" else {str(node.module)}
    inside = {name.removeprefix("forecast.") for name in found if name.split(".")[0] == "forecast"}
    return inside - {"__version__"}


def floor_of(module: str) -> int:
    """The floor on which a module stands."""
    top = module.split(".")[0]
    for number, names in enumerate(FLOORS):
        if top in names:
            return number
    raise AssertionError(f"say in FLOORS on which floor {module} stands")


def breaches(imports: Mapping[str, set[str]]) -> list[str]:
    """Imports that lead up, and imports that lead round in a circle."""
    up = [
        f"{module} imports {other} from a higher floor"
        for module, others in sorted(imports.items())
        for other in sorted(others)
        if floor_of(other) > floor_of(module)
    ]
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        up.append("a circle: " + " imports ".join(reversed(error.args[1])))
    return up


def imports_by_module() -> dict[str, set[str]]:
    return {name: imports_of(tree) for name, tree in trees().items() if name}


def test_every_module_stands_on_a_floor() -> None:
    assert len({name for names in FLOORS for name in names}) == sum(len(names) for names in FLOORS)
    assert sorted(floor_of(name) for name in trees() if name)
    assert {"errors", "roadmap", "plan", "simulation", "files", "cli"} <= trees().keys()


def test_a_module_imports_only_from_lower_floors_and_never_in_a_circle() -> None:
    imports = imports_by_module()
    assert sum(map(len, imports.values())) > 80
    assert breaches(imports) == []


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("roadmap", "from forecast.plan import Index"),
        ("engine", "import forecast.roadmap"),
        ("simulation", "def f():\n    from forecast import files"),
        ("feature", "from forecast.roadmap import Roadmap"),
        ("arrays", "if TYPE_CHECKING:\n    from forecast.engine import play"),
    ],
    ids=["up a floor", "up from a kernel", "up within a function", "round within a floor", "round for type checking"],
)
def test_an_import_that_leads_up_or_round_is_found(module: str, code: str) -> None:
    imports = imports_by_module()
    assert breaches(imports | {module: imports[module] | imports_of(ast.parse(code))})


def test_nobody_but_the_table_of_contents_imports_the_package_itself() -> None:
    """Save for its version; `forecast.x` through the package would load what it is meant to load late."""
    for name, tree in trees().items():
        plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert "forecast" not in plain, name


def roots_of(tree: ast.Module) -> set[str]:
    """The libraries that a module imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    return found


def test_kernels_know_arrays_and_nothing_else() -> None:
    """No dates, no files, no text but for the addresses of draws."""
    allowed = {"__future__", "typing", "collections", "enum", "math", "numpy", "numba", "llvmlite", "forecast"}
    for name in KERNELS:
        if name in trees():
            assert roots_of(trees()[name]) <= allowed | ({"hashlib"} if name == "draws" else set()), name


def test_randomness_is_made_in_draws_alone() -> None:
    """Nobody else imports a generator, or uses NumPy's; draws itself keeps no state either."""
    for name, tree in trees().items():
        assert not roots_of(tree) & {"random", "secrets"}, name
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & {"random", "default_rng", "RandomState", "Generator"}, name
        hashed = "hashlib" in roots_of(tree)
        assert not hashed or name in {"draws", "fingerprint", "report.page"}, name  # of inputs, of a style


def test_only_doors_print() -> None:
    for name, tree in trees().items():
        calls = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert "print" not in calls or floor_of(name) == 5, name


# What importing costs --------------------------------------------------------------------------------------------------

HELP = "import runpy; sys.argv = ['forecast', '--help']; runpy.run_module('forecast', run_name='__main__')"


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that are loaded by some Python in a fresh process."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return HEAVY & {name.split(".")[0] for name in result.stderr.split()}


@pytest.mark.parametrize(
    "code", ["import forecast", "import forecast; dir(forecast)", "import forecast; forecast.Fault", HELP]
)
def test_importing_and_asking_for_help_load_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_what_is_loaded_late_is_loaded_when_it_is_used() -> None:
    """The control: the same question of a line that does simulate."""
    assert "numba" in loaded_by("import forecast; forecast.simulate")


def test_the_chart_library_and_the_twin_are_loaded_by_no_simulation() -> None:
    code = "import forecast as fc; fc.simulate(fc.Roadmap('2026-01-05', ['A'], [fc.Feature('F', {'A': 3})]), "
    code += "fc.History.from_counts({'A': [1, 2]}), runs=5)"
    loaded = loaded_by(code)
    assert "numba" in loaded
    assert not loaded & {"matplotlib", "simpy", "polars"}  # numba itself looks for scipy


# What is public --------------------------------------------------------------------------------------------------------


def test_all_is_sorted_and_is_what_the_package_shows() -> None:
    assert fc.__all__ == sorted(fc.__all__)
    assert len(set(fc.__all__)) == len(fc.__all__)
    assert dir(fc) == fc.__all__
    assert {*fc._HOME, *fc._MODULES, "__version__"} == {*fc.__all__}


@pytest.mark.parametrize("name", fc.__all__)
def test_every_public_name_resolves(name: str) -> None:
    value = getattr(fc, name)
    assert value is getattr(fc, name)
    if name in fc._HOME and hasattr(value, "__module__"):
        assert value.__module__ == f"forecast.{fc._HOME[name]}"
        assert value.__name__ == name


def test_type_checkers_are_told_the_same_names() -> None:
    """The imports under TYPE_CHECKING and those that are done late name the same things in the same modules."""
    block = next(node for node in trees()[""].body if isinstance(node, ast.If))
    told = {
        alias.asname or alias.name: str(node.module).removeprefix("forecast.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == fc._HOME | dict.fromkeys(fc._MODULES, "forecast")


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Manager'"):
        _ = fc.Manager


# Docstrings and lengths --------------------------------------------------------------------------------------------------

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Definition]]:
    """Public functions and classes of a module, and the public methods of such classes."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield f"{prefix}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}.{node.name}")


def undocumented(modules: Mapping[str, ast.Module]) -> list[str]:
    """What is public and says nothing of itself."""
    silent = [name or "forecast" for name, tree in modules.items() if not ast.get_docstring(tree)]
    return silent + [
        where for name, tree in modules.items() for where, node in public(tree, name) if not ast.get_docstring(node)
    ]


def test_everything_public_has_a_docstring() -> None:
    assert sum(1 for name, tree in trees().items() for _ in public(tree, name)) > 150
    assert undocumented(trees()) == []


def test_what_has_no_docstring_is_found() -> None:
    code = '"""M."""\ndef f(): pass\ndef _g(): pass\nclass C:\n    """C."""\n    def m(self): pass\n'
    assert undocumented({"x": ast.parse(code), "y": ast.parse("A = 1")}) == ["y", "x.f", "x.C.m"]


def too_long(modules: Mapping[str, ast.Module], lines: Mapping[str, int]) -> list[str]:
    """Modules and functions that are longer than the house allows."""
    found = [f"{name}: {count} lines" for name, count in lines.items() if count > LONGER.get(name, LONGEST_MODULE)]
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name not in KERNELS:
                count, where = (node.end_lineno or 0) - node.lineno + 1, f"{name}.{node.name}"
                if count > LONGER.get(where, LONGEST_FUNCTION):
                    found.append(f"{where}: {count} lines")
    return found


def test_modules_and_functions_are_short() -> None:
    """400 lines and 40; kernels are spared the second."""
    lines = {
        name: len((PACKAGE / (f"{name.replace('.', '/')}.py")).read_text("utf-8").splitlines())
        for name in trees()
        if (PACKAGE / f"{name.replace('.', '/')}.py").exists()
    }
    assert len(lines) > 25
    assert too_long(trees(), lines) == []


def test_what_is_too_long_is_found() -> None:
    code = "def f():\n" + "    a = 1\n" * 40
    assert too_long({"x": ast.parse(code), "engine": ast.parse(code)}, {"x": 401, "y": 400}) == [
        "x: 401 lines",
        "x.f: 41 lines",
    ]


# What no file may hold ---------------------------------------------------------------------------------------------------

FORBIDDEN: dict[str, re.Pattern[str]] = {
    "a registry": re.compile(
        r"\b(py[p]i|python[h]osted|arti[f]actory|jfro[g]|devp[i]|verdacci[o]|npmj[s]|anacond[a])\b|://[^\s\"'<>]*/simple\b",
        re.IGNORECASE,
    ),
    "a registry's setting": re.compile(
        r"(extra-)?index[-_]ur[l]|trusted[-_]hos[t]|find[-_]link[s]|\b(PIP|UV)_[A-Z_]*INDE[X]", re.IGNORECASE
    ),
    "a login": re.compile(r"://[^\s/\"'<>@]+:[^\s/\"'<>@]+@"),
    "a path of one machine": re.compile(
        r"(?<![\w.~-])/(work|home|Users|root|tmp|mnt|private|opt|srv)/[\w.-]|[A-Z]:\\+Users\b"
    ),
}


def leaks(text: str) -> list[str]:
    """What a text holds that belongs to one machine."""
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


def tracked() -> list[Path]:
    """The files that are in the repository, or would be with the next commit."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_holds_a_registry_or_a_path_of_one_machine() -> None:
    files = tracked()
    assert Path(__file__) in files
    assert PACKAGE / "engine.py" in files
    found = {str(path.relative_to(ROOT)): leaks(path.read_bytes().decode("utf-8", "replace")) for path in files}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "text",
    [
        "--ind" + "ex-url https://mirror.example.com/root/x",
        "https://mirror.example.com/api/sim" + "ple/numpy",
        "https://files.python" + "hosted.org/packages",
        "https://ann:secret" + "@mirror.example.com",
        "cd /wo" + "rk/main",
        '"/ho' + 'me/ann/forecast"',
        "C:\\Us" + "ers\\ann",
        "UV_DEFAULT_IN" + "DEX=x",
    ],
)
def test_what_belongs_to_one_machine_is_found(text: str) -> None:
    assert leaks(text)
    assert not leaks("a/home/b, ~/tmp/x, https://simpy.readthedocs.io/en/latest, data/example, http://127.0.0.1:8000")
