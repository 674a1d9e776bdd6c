"""Content as plain text, HTML and Markdown. Pure; what people wrote is escaped in each."""

import re
from html import escape
from urllib.parse import urljoin

from mailbridge.content import Content, Entry, Link

_INLINE = re.compile(r"([\\`*_\[\]])")
_AT_START = re.compile(r"^(\s*)([-+#>=~:|])", re.MULTILINE)
_NUMBERED = re.compile(r"^(\s*\d+)\.", re.MULTILINE)
_STYLE = "font-family:system-ui,'Segoe UI','Microsoft YaHei',sans-serif;line-height:1.5;color:#222"
_QUOTE = "margin:1em 0;padding:.5em 1em;border-left:4px solid #888;white-space:pre-wrap"


def to_text(content: Content, base_url: str) -> str:
    """The mail's text/plain part; lines end in `\\n`."""
    blocks = [content.lead]
    if content.quote:
        blocks.append("\n".join(f"> {line}" for line in content.quote.splitlines()))
    if content.facts:
        blocks.append("\n".join(f"{label}: {value}" for label, value in content.facts))
    blocks += [_text_entry(entry, base_url) for entry in content.entries]
    if content.link:
        blocks.append(address(base_url, content.link.path))
    if content.footer:
        blocks.append(f"-- \n{content.footer}")
    return "\n\n".join(blocks) + "\n"


def to_html(content: Content, base_url: str, language: str) -> str:
    """The mail's text/html part: one small page without scripts, images or outside links."""
    parts = [f"<p>{escape(content.lead)}</p>"]
    if content.quote:
        parts.append(f'<blockquote style="{_QUOTE}">{escape(content.quote)}</blockquote>')
    if content.facts:
        rows = "".join(
            f'<tr><th align="left">{escape(label)}</th><td>{escape(value)}</td></tr>'
            for label, value in content.facts
        )
        parts.append(f'<table cellpadding="4">{rows}</table>')
    if content.entries:
        items = "".join(_html_entry(entry, base_url) for entry in content.entries)
        parts.append(f"<ul>{items}</ul>")
    if content.link:
        parts.append(f"<p>{_anchor(content.link, base_url)}</p>")
    if content.footer:
        parts.append(f'<p style="color:#777;font-size:85%">{escape(content.footer)}</p>')
    lang = language.replace("_", "-")
    head = f'<meta charset="utf-8"><title>{escape(content.subject)}</title>'
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head>{head}</head>'
        f'<body style="{_STYLE}">\n{body}\n</body></html>\n'
    )


def to_markdown(content: Content) -> str:
    """The memo's body. Links are paths, so that they hold at the office and on a laptop."""
    blocks = [plain(content.lead)]
    if content.quote:
        blocks.append("\n".join(f"> {plain(line)}  " for line in content.quote.splitlines()))
    if content.facts:
        blocks.append(
            "\n".join(f"- {plain(label)}: {plain(value)}" for label, value in content.facts)
        )
    if content.entries:
        blocks.append("\n".join(_markdown_entry(entry) for entry in content.entries))
    if content.link:
        blocks.append(_markdown_link(content.link))
    return "\n\n".join(blocks) + "\n"


def plain(text: str) -> str:
    """Text in which Markdown finds nothing to do: signs escaped, or written as HTML entities."""
    text = escape(text, quote=False)
    text = _INLINE.sub(r"\\\1", text)
    text = _AT_START.sub(lambda found: f"{found[1]}&#{ord(found[2])};", text)
    return _NUMBERED.sub(r"\1\\.", text)


def address(base_url: str, path: str) -> str:
    """The whole address of a page."""
    return urljoin(base_url.rstrip("/") + "/", path.lstrip("/"))


def _text_entry(entry: Entry, base_url: str) -> str:
    lines = [entry.link.title, entry.byline, *entry.reasons, address(base_url, entry.link.path)]
    return "\n  ".join(line for line in lines if line)


def _html_entry(entry: Entry, base_url: str) -> str:
    small = " · ".join(escape(line) for line in (entry.byline, *entry.reasons) if line)
    return f"<li>{_anchor(entry.link, base_url)}<br><small>{small}</small></li>"


def _markdown_entry(entry: Entry) -> str:
    small = " · ".join(plain(line) for line in (entry.byline, *entry.reasons) if line)
    return f"- {_markdown_link(entry.link)}  \n  {small}"


def _anchor(link: Link, base_url: str) -> str:
    return f'<a href="{escape(address(base_url, link.path))}">{escape(link.title)}</a>'


def _markdown_link(link: Link) -> str:
    return f"[{plain(link.title)}](<{link.path}>)"
