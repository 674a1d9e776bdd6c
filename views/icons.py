"""Bootstrap's icons, drawn into the page: one small picture instead of a file with two thousand."""

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup

SPRITE = files("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
SYMBOL = re.compile(r'<symbol[^>]*?id="([a-z0-9-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


@cache
def symbols() -> dict[str, str]:
    """Every icon's drawing by its name."""
    return dict(SYMBOL.findall(SPRITE.read_text(encoding="utf-8")))


def icon(name: str, label: str = "") -> Markup:
    """The icon as an `svg` element; an unknown name gives a plain sheet. With `label` it speaks."""
    drawing = symbols().get(name) or symbols()["file-earmark"]
    if not label:
        return Markup(
            '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>'
        ).format(Markup(drawing))
    return Markup(
        '<svg class="icon" viewBox="0 0 16 16" role="img" aria-label="{}"><title>{}</title>{}</svg>'
    ).format(label, label, Markup(drawing))
