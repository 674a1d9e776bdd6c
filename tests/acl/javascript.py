"""The JavaScript twin in a plain QuickJS context, from the real files of design_docs."""

import json
from pathlib import Path
from typing import Any

import quickjs

LIB = Path(__file__).parents[2] / "design_docs" / "_shared" / "lib"

_LOADER = """
var loaded = {};
function require(name) {
  name = name.split('/').pop();
  if (!loaded[name]) {
    var module = { exports: {} };
    loaded[name] = module;
    new Function('exports', 'module', 'require', sources[name])(module.exports, module, require);
  }
  return loaded[name].exports;
}
function call(lib, name, args) {
  return JSON.stringify(require(lib)[name].apply(null, JSON.parse(args)));
}
function thrown(lib, name, args) {
  try { require(lib)[name].apply(null, JSON.parse(args)); return 'null'; }
  catch (error) { return JSON.stringify(error); }
}
"""


class JavaScript:
    """Calls exported functions of the shared libraries with JSON values."""

    def __init__(self) -> None:
        self._context = quickjs.Context()
        sources = {path.stem: path.read_text(encoding="utf-8") for path in LIB.glob("*.js")}
        self._context.eval("var sources = " + json.dumps(sources))
        self._context.eval(_LOADER)

    def call(self, lib: str, name: str, *args: Any) -> Any:
        """What `require(lib)[name](...args)` returns."""
        return json.loads(self._context.get("call")(lib, name, json.dumps(args)))

    def thrown(self, lib: str, name: str, *args: Any) -> Any:
        """What it throws, or None."""
        return json.loads(self._context.get("thrown")(lib, name, json.dumps(args)))

    def constant(self, lib: str, name: str) -> Any:
        """An exported value."""
        return json.loads(self._context.eval(f"JSON.stringify(require('{lib}').{name})"))
