"""Build a database's design documents from its folder, and read them back.

Two documents: `_design/divan` (forms, listings, checks; a Designer changes it) and `_design/index`
(the views). Apart, so that a changed form does not rebuild an index.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin.runtime.errors import OfficeError
from plugin.runtime.forms.form import Form
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.listings.anchors import Anchors, read_anchors
from plugin.runtime.listings.listing_spec import ListingSpec, read_listing
from store.couchapp import read_folder

Doc = dict[str, Any]

SHARED = Path(__file__).resolve().parents[3] / "design_docs" / "_shared"
DESIGN_ID = "_design/divan"
INDEX = "index"
INDEX_ID = f"_design/{INDEX}"
SETS_VIEW = "documents_by_reader_set"
CONFLICTS_VIEW = "conflicts"
NUMBERS_VIEW = "documents_by_number"
ANCHORS_VIEW = "documents_by_anchor"
SAVED_VIEW = "saved_views_by_listing"

PUBLIC = "p:"

# Every key gets the reader set in front: a page then reads the sets of one person and never meets
# the rows of others, and totals can be told per person. Public documents stand once more under
# `p:<set>`, for those who may read public documents only.
WRAPPED = """function (doc) {
  if (!doc.form || doc.form === 'acl') { return; }
  var set = require('views/lib/readers').readerSet(doc), put = emit;
  (function (emit) {
    (
%s
    )(doc);
  })(function (key, value) {
    put([set].concat(key), value);
    if (doc.public === true) { put(['p:' + set].concat(key), value); }
  });
}"""

SETS_MAP = "function (doc) { emit([], [1]); }"
NUMBERS_MAP = (
    "function (doc) { var item = %s[doc.form]; if (item && doc[item]) { emit([doc[item]], [1]); } }"
)
CONFLICTS_MAP = """function (doc) {
  var apart = doc.deletions || {};
  function asked(rev) { return apart[rev] === 'asked'; }
  if (doc._conflicts || Object.keys(apart).some(asked)) { emit([doc._id], [1]); }
}"""

# By what it hangs on first: a laptop's choice is a few anchors, and its reader sets are told apart
# within each.
ANCHORS_MAP = """function (doc) {
  if (!doc.form || doc.form === 'acl') { return; }
  var set = require('views/lib/readers').readerSet(doc);
  require('views/lib/anchors').rows(doc, set).forEach(function (row) { emit(row[0], row[1]); });
}"""

VALIDATE = """function (doc, old, userCtx, secObj) {
  require('lib/access_check').check(doc, old, userCtx, secObj);
  require('lib/form_check').check(this.forms, doc, old, userCtx);
  require('lib/step_check').check(this.forms, doc, old, userCtx, secObj);
  require('lib/record_check').check(this.forms, doc, old, userCtx);
  for (var name in this.checks) {
    require('checks/' + name).check(doc, old, userCtx, secObj, this);
  }
}"""

REQUIRED = re.compile(r"""require\(\s*['"](?:\./|lib/|views/lib/)([\w-]+)['"]\s*\)""")


@dataclass(frozen=True)
class Design:
    """Forms and listings of a database as they stand in its design document, and what documents
    hang on."""

    forms: Mapping[str, Form]
    listings: Mapping[str, ListingSpec]
    anchors: Anchors = field(default_factory=dict)


def build(folder: Path, shared: Path = SHARED) -> tuple[Doc, Doc]:
    """The documents `_design/divan` and `_design/index` of a design folder.

    Raises OfficeError where the folder is missing or a form or listing makes no sense.
    """
    if not folder.is_dir():
        raise OfficeError("There is no design folder {folder}.", folder=str(folder))
    own, common = read_folder(folder), read_folder(shared)
    forms = {**common.get("forms", {}), **own.get("forms", {})}
    views = {**own.get("views", {}), **common.get("views", {})}
    anchors = own.get("anchors", {})
    table = f"exports.table = {json.dumps(anchors, sort_keys=True)};"
    lib = {**common.get("lib", {}), **own.get("lib", {}), "anchor_table": table}
    divan = {
        "_id": DESIGN_ID,
        "language": "javascript",
        "forms": forms,
        "listings": own.get("listings", {}),
        "anchors": anchors,
        "lib": lib,
        "checks": own.get("validate_doc_update", {}),
        "validate_doc_update": VALIDATE,
    }
    read_design(divan)
    return divan, _index(views, _numbers(forms), lib)


def _numbers(forms: Mapping[str, Any]) -> dict[str, str]:
    """Form → the item that holds its number."""
    counted = ((name, form.get("number")) for name, form in sorted(forms.items()))
    return {name: str(number["item"]) for name, number in counted if number}


def _index(views: Mapping[str, Any], numbers: Mapping[str, str], lib: Mapping[str, str]) -> Doc:
    built: dict[str, Any] = {
        SETS_VIEW: _view({"map": SETS_MAP}),
        CONFLICTS_VIEW: _view({"map": CONFLICTS_MAP}),
    }
    if numbers:
        built[NUMBERS_VIEW] = _view({"map": NUMBERS_MAP % json.dumps(numbers, sort_keys=True)})
    built |= {name: _view(view) for name, view in views.items()}
    built[ANCHORS_VIEW] = {"map": ANCHORS_MAP, "reduce": "_sum"}
    sources = [view["map"] for view in built.values()]
    return {
        "_id": INDEX_ID,
        "language": "javascript",
        "views": {"lib": _needed(sources, lib), **built},
    }


def _view(view: Mapping[str, Any]) -> dict[str, str]:
    source = str(view["map"]).strip().removesuffix(";")
    return {"map": WRAPPED % source, "reduce": str(view.get("reduce", "_sum")).strip()}


def _needed(sources: list[str], lib: Mapping[str, str]) -> dict[str, str]:
    """The library files that the maps use, and those which these use: others must not rebuild."""
    needed: dict[str, str] = {}
    waiting = [name for source in sources for name in REQUIRED.findall(source)]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        if name not in lib:
            raise OfficeError("A view requires lib/{name}.js, which is not there.", name=name)
        needed[name] = lib[name]
        waiting += REQUIRED.findall(lib[name])
    return dict(sorted(needed.items()))


def read_design(doc: Mapping[str, Any]) -> Design:
    """Forms and listings of a `_design/divan` document. Raises OfficeError, whatever is wrong with
    it: a Designer's program may have written anything there."""
    try:
        forms = {name: read_form(name, data) for name, data in doc.get("forms", {}).items()}
        listings = {
            name: read_listing(name, data) for name, data in doc.get("listings", {}).items()
        }
        _check_public(forms, listings)
        return Design(forms, listings, read_anchors(doc.get("anchors", {})))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OfficeError("The design makes no sense: {why}", why=str(error)) from error


def _check_public(forms: Mapping[str, Form], listings: Mapping[str, ListingSpec]) -> None:
    """A public listing of a form that is not would count documents that cannot be opened."""
    for name, spec in listings.items():
        form = forms.get(spec.form)
        if spec.public and form is not None and not form.public:
            why = f"'public' needs a public form, and {spec.form!r} is none"
            raise OfficeError("Listing {place}: {why}", place=name, why=why)
