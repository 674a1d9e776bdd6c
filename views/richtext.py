"""Markdown as people write it → HTML that cannot do harm."""

import nh3
from markdown import Markdown
from markupsafe import Markup

EXTENSIONS = ("sane_lists", "nl2br", "tables", "fenced_code")
TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "ins", "li", "ol"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "s", "strong", "sub", "sup", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


def to_html(text: str) -> Markup:
    """Safe HTML of a Markdown text: no script, no style, no picture from elsewhere, plain links."""
    html = Markdown(extensions=list(EXTENSIONS), output_format="html").convert(text)
    return Markup(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
        )
    )
