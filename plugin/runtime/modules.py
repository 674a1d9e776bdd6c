"""The modules of an office: found by entry points, and who owns which database."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import entry_points

from plugin.runtime.errors import OfficeError
from plugin.runtime.messages import add_catalogue
from plugin.runtime.module import Action, DatabaseSpec, FormCode, Holding, Module

GROUP = "divan.modules"


def installed() -> tuple[Module, ...]:
    """The modules that installed packages name. Raises OfficeError for one that does not load."""
    found = []
    for point in entry_points(group=GROUP):
        try:
            module = point.load()
        except (ImportError, AttributeError) as error:
            raise OfficeError(
                "The module {name} ({value}) cannot be loaded: {why}",
                name=point.name,
                value=point.value,
                why=str(error),
            ) from error
        if not isinstance(module, Module):
            raise OfficeError("{value} is not a module of Divan.", value=point.value)
        found.append(replace(module, version=point.dist.version) if point.dist else module)
    return tuple(found)


@dataclass(frozen=True)
class Modules:
    """The modules in the order of the navigator."""

    modules: tuple[Module, ...]

    @classmethod
    def of(cls, modules: Iterable[Module] | None) -> "Modules":
        """Those given, or the installed ones. Their translations are taken up. Raises OfficeError
        where two of them give one name to what is handed over."""
        chosen = installed() if modules is None else tuple(modules)
        for module in chosen:
            if module.translations:
                add_catalogue(module.translations)
        found = cls(tuple(sorted(chosen, key=lambda one: (one.order, one.name))))
        if len(found.holdings) < sum(len(module.holdings) for module in chosen):
            raise OfficeError("Two modules hand over documents under one name.")
        return found

    @cached_property
    def _specs(self) -> dict[str, tuple[Module, DatabaseSpec]]:
        return {spec.name: (module, spec) for module in self.modules for spec in module.databases}

    @cached_property
    def holdings(self) -> dict[str, Holding]:
        """What people hand over, by name, in the order of the modules."""
        return {one.name: one for module in self.modules for one in module.holdings}

    def owner_of(self, database: str) -> tuple[Module, DatabaseSpec] | None:
        """The module and the description of a database; for `mail_anna` those of the template."""
        found = self._specs.get(database)
        if found and not found[1].template:
            return found
        template = self._specs.get(database.partition("_")[0])
        return template if "_" in database and template and template[1].template else None

    def form_code(self, database: str, form: str) -> FormCode | None:
        """The code for documents of a form; `database.form` goes before `form`."""
        owner = self.owner_of(database)
        if owner is None:
            return None
        module, spec = owner
        return module.forms.get(f"{spec.name}.{form}") or module.forms.get(form)

    def action(self, database: str, form: str, action: str) -> Action | None:
        """The code behind a button of a form."""
        owner = self.owner_of(database)
        return owner[0].actions.get(f"{form}.{action}") if owner else None
