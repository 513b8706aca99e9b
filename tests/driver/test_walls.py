"""The walls of the design, by the syntax tree: who may import and call what."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER, EMBEDDED = ROOT / "ktrdr_acceptance", ROOT / "embedded_ktrdr"
STEPS = ROOT / "steps"
SLEEPERS = {DRIVER / "operations" / "waiting.py"}
LONGEST_MODULE = 300
LONGEST_ENVIRONMENT = 60


def modules(*places: Path) -> list[Path]:
    return sorted(path for place in places for path in ([place] if place.is_file() else place.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@cache
def imports(path: Path) -> list[tuple[str, int]]:
    """Return each absolute module name that is imported, with its line; `a.b` for `from a import b` too."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.append((node.module, node.lineno))
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("__import__", "import_module", "importlib.import_module")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            found.append((str(node.args[0].value), node.lineno))
    return found


def importers(package: str, *places: Path) -> dict[str, list[int]]:
    """Return which modules import `package` or a part of it, with the lines."""
    found: dict[str, list[int]] = {}
    for path in modules(*places):
        for name, line in imports(path):
            if name == package or name.startswith(package + "."):
                lines = found.setdefault(str(path.relative_to(ROOT)), [])
                if line not in lines:
                    lines.append(line)
    return found


@cache
def used_names(path: Path) -> list[tuple[str, int]]:
    """Return each dotted name that a module uses, with its line."""
    nodes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute | ast.Name))
    return [(ast.unparse(node), node.lineno) for node in nodes]


def test_there_is_something_to_look_at() -> None:
    assert len(modules(DRIVER)) > 30
    assert len(modules(EMBEDDED)) > 10
    assert len(modules(STEPS)) >= 5


def test_wall_1_driver_and_embedded_ktrdr_never_import_each_other() -> None:
    assert importers("embedded_ktrdr", DRIVER, STEPS, ROOT / "environment.py") == {}
    assert importers("ktrdr_acceptance", EMBEDDED) == {}


@pytest.mark.parametrize(
    "package", ["httpx", "requests", "urllib", "http", "socket", "ktrdr_acceptance.api", "subprocess"]
)
def test_wall_3_steps_know_no_http(package: str) -> None:
    assert importers(package, STEPS) == {}


def test_wall_4_only_api_imports_httpx() -> None:
    allowed = {str(path.relative_to(ROOT)) for path in modules(DRIVER / "api")}
    assert set(importers("httpx", DRIVER, STEPS, ROOT / "environment.py")) <= allowed
    assert importers("httpx", DRIVER / "api"), "the proof has lost its subject"


@pytest.mark.parametrize("package", ["requests", "urllib3", "aiohttp", "http.client", "urllib.request"])
def test_wall_4_there_is_no_second_http_client(package: str) -> None:
    assert importers(package, DRIVER, STEPS) == {}


def test_wall_4_only_one_module_imports_docker_and_that_lazily() -> None:
    found = importers("docker", DRIVER, STEPS, ROOT / "environment.py")
    allowed = "ktrdr_acceptance/target/docker.py"
    assert set(found) <= {allowed}
    if found:
        at_once = {node.lineno for node in tree(ROOT / allowed).body}
        assert not at_once & set(found[allowed]), "docker costs 164 ms and is imported at once"


@pytest.mark.parametrize("package", ["allure_behave", "allure_commons", "allure"])
def test_wall_4_only_one_module_knows_allure(package: str) -> None:
    assert set(importers(package, DRIVER, STEPS, ROOT / "environment.py")) <= {
        "ktrdr_acceptance/verdict/allure.py"
    }


def test_only_waiting_sleeps() -> None:
    sleeping = {
        path
        for path in modules(DRIVER, STEPS, ROOT / "environment.py")
        if any(name in ("time.sleep", "sleep", "asyncio.sleep") for name, _ in used_names(path))
        or any(name in ("time.sleep", "asyncio.sleep") for name, _ in imports(path))
    }
    assert sleeping == SLEEPERS


def test_views_write_only_through_the_redaction() -> None:
    """JSON by `redacted_json`, files by `write_atomically`; what writes otherwise is listed with a reason."""
    allowed = {
        # `write_atomically` itself, and results.json by `redacted_json`, piece by piece
        ("json_view.py", "draft.open"),
        # redacted texts as Allure names its files; categories and results
        ("allure.py", "open"),
        # the lock, which is empty
        ("reports.py", "(self.folder / '.lock').open"),
        # a redacting stream
        ("console.py", "self._rich.print"),
        # what follows a reader that has gone
        ("console.py", "os.open"),
    }
    writing = ("write_text", "write_bytes", "open", "dump", "dumps", "print")
    found = {
        (path.name, ast.unparse(node.func))
        for path in modules(DRIVER / "verdict", DRIVER / "preflight")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in writing
    }
    assert found == allowed


@pytest.mark.parametrize("name", ["execute_steps", "step_impl", "print", "breakpoint"])
def test_steps_do_without(name: str) -> None:
    for path in modules(STEPS):
        found = [line for used, line in used_names(path) if used.split(".")[-1] == name]
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.alias)
        defined = [
            node.lineno
            for node in ast.walk(tree(path))
            if isinstance(node, definitions) and name in (node.name, getattr(node, "asname", None))
        ]
        assert found + defined == [], path.name


def test_every_step_function_has_a_name_of_its_own_and_a_docstring() -> None:
    names: list[str] = []
    for path in modules(STEPS):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                names.append(node.name)
                assert ast.get_docstring(node), f"{path.name}:{node.lineno} {node.name}"
    assert len(names) > 40
    assert len(names) == len(set(names))


def test_steps_do_not_assert_bare_conditions() -> None:
    """A bare assert says neither subject nor value, and is not counted as a check."""
    for path in modules(STEPS):
        assert [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)] == [], path.name


def test_no_module_is_named_after_nothing() -> None:
    for path in modules(DRIVER, EMBEDDED, STEPS, ROOT / "tests"):
        assert path.stem not in ("utils", "util", "helpers", "helper", "common", "misc"), path


def test_no_module_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n")
        for path in modules(DRIVER, EMBEDDED, STEPS)
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_the_hooks_file_only_delegates() -> None:
    path = ROOT / "environment.py"
    assert path.read_text("utf-8").count("\n") <= LONGEST_ENVIRONMENT
    assert [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.ClassDef)] == []


def test_the_hooks_file_takes_over_every_hook() -> None:
    defined = {node.name for node in tree(DRIVER / "hooks.py").body if isinstance(node, ast.FunctionDef)}
    hooks = {name for name in defined if not name.startswith("_")}
    assert hooks == {"before_all", "before_scenario", "after_step", "after_scenario"}
    path = ROOT / "environment.py"
    assert hooks <= {name.rsplit(".", 1)[-1] for name, _ in imports(path)}
