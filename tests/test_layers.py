"""The layers of ARCHITECTURE.md, held against the imports of every file."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"store", "acl", "plugin", "mailbridge", "views", "design_docs", "tests"}
MODULES = ("settings", "customers", "tracking", "service", "knowledge", "forum", "mail")

# What a folder may import of ours: prefixes of module names. The longest folder that fits counts.
ALLOWED: dict[str, tuple[str, ...]] = {
    "store": ("store",),
    "acl": ("acl",),
    "plugin/__init__.py": (
        "acl",
        "plugin.runtime",
        "store.bookkeeping",
        "store.cancel",
        "store.lease",
    ),
    "plugin/runtime": ("store", "acl", "plugin.runtime"),
    **{f"plugin/{name}": ("plugin", f"plugin.{name}") for name in MODULES},
    "mailbridge": ("plugin", "mailbridge", "store.types", "store.errors", "store.cancel", "acl"),
    "views": ("plugin", "views", "acl", "store.types", "store.errors"),
    "views/replication.py": ("plugin", "views", "acl", "store"),
    "views/command.py": ("plugin", "views", "store.node.listen"),
}
EXACT = {"plugin"}  # only the public names: `from plugin import …`, not `plugin.runtime.…`

# Third-party packages that only one place may use.
CONFINED = {
    "ibmcloudant": ("store/couch",),
    "ibm_cloud_sdk_core": ("store/couch",),
    "sqlite3": ("store/lite", "store/text"),
    "quickjs": ("store/lite/js",),
    "pcre2": ("store/mango/patterns.py",),
    "exchangelib": ("mailbridge/exchange.py",),
    "oauthlib": ("mailbridge/exchange.py",),
    "msgraph": ("mailbridge/graph.py",),
    "flask": ("views",),
    "flask_login": ("views",),
    "flask_wtf": ("views",),
    "flask_bootstrap": ("views",),
    "waitress": ("store/node/listen.py",),
}
# What the pure layers may use besides the standard library.
THIRD_PARTY = {
    "acl": set(),
    "store": {
        "ibmcloudant",
        "ibm_cloud_sdk_core",
        "requests",
        "quickjs",
        "pcre2",
        "werkzeug",
        "waitress",
        "click",
    },
}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            yield node.module or ""


def allowed_for(path: str) -> tuple[str, ...]:
    fitting = [folder for folder in ALLOWED if path == folder or path.startswith(folder + "/")]
    return ALLOWED[max(fitting, key=len)]


def fits(name: str, prefix: str) -> bool:
    return name == prefix or (prefix not in EXACT and name.startswith(prefix + "."))


SOURCES = sources("store", "acl", "plugin", "mailbridge", "views")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_imports_only_what_its_layer_may(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    layer = relative.split("/")[0]
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        top = name.split(".")[0]
        if top in OURS:
            assert any(fits(name, prefix) for prefix in allowed_for(relative)), (
                f"{relative} imports {name}"
            )
        elif top in CONFINED:
            places = CONFINED[top]
            assert any(relative == place or relative.startswith(place + "/") for place in places), (
                f"{relative} imports {name}, which belongs into {places}"
            )
        elif layer in THIRD_PARTY and top not in sys.stdlib_module_names:
            assert top in THIRD_PARTY[layer], f"{relative} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_inside_a_function(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [n.lineno for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inner, f"{path.name} imports inside {node.name}, line {inner[0]}"


@pytest.mark.parametrize(
    "path", SOURCES + sources("tests"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} has over 400 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= 50, f"{path.name}:{node.lineno} {node.name} has {length} lines"


def test_design_documents_hold_no_python() -> None:
    assert not list((ROOT / "design_docs").rglob("*.py"))


def test_tests_are_not_imported() -> None:
    for path in SOURCES:
        names = imports(ast.parse(path.read_text(encoding="utf-8")))
        assert not any(name.split(".")[0] == "tests" for name in names), path
