"""Merge fields: {{ contact.name }} in a template becomes the contact's name.

Replacement and nothing else, so that whoever writes templates can run nothing: a field is a dotted path into plain values, with
an optional text for when it is empty: {{ contact.name | "customer" }}.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import nh3
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from guanxi.core.errors import Invalid

_FIELD = re.compile(r"""\{\{\s*([a-z_]\w*(?:\.[a-z_]\w*)*)\s*(?:\|\s*["“”]([^"“”{}]*)["“”]\s*)?\}\}""")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!<>~|&])")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_STRONG = re.compile(r"(\*\*|__)(.+?)\1")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


def check_fields(text: str) -> list[str]:
    """The merge fields of a template's text. Raises Invalid({"": …}) where braces form no field."""
    rest = _FIELD.sub("", text)
    if _LEFT_OVER.search(rest):
        raise Invalid({"": [_('Write merge fields as {{ contact.name }} or {{ contact.name | "customer" }}.')]})
    return [match[1] for match in _FIELD.finditer(text)]


def merge(text: str, values: Mapping[str, Any], *, escape: Callable[[str], str] = str) -> str:
    """`text` with its merge fields replaced; unknown and empty ones give their alternative text, or nothing.

    `escape` is applied to what comes from `values`, not to the template.
    """
    return _FIELD.sub(lambda match: escape(_value(match[1], values) or match[2] or ""), text)


def merge_html(text: str, values: Mapping[str, Any]) -> str:
    """The merged Markdown as HTML. Values are shown as they are: they bring no markup and no links of their own."""
    return to_html(merge(text, values, escape=escape_markdown))


def to_html(text: str) -> str:
    """Markdown as safe HTML: no raw HTML, no scripts, links to web and mail addresses only."""
    return nh3.clean(
        _markdown.render(text), url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener noreferrer"
    )


def to_plain(text: str) -> str:
    """Markdown as people read it in plain mail: links and emphasis are written out."""
    return _STRONG.sub(r"\2", _LINK.sub(_written_out, text))


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows it literally, on one line."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def _written_out(match: re.Match[str]) -> str:
    return match[2] if match[1] in ("", match[2]) else f"{match[1]}: {match[2]}"


def _value(path: str, values: Mapping[str, Any]) -> str:
    found: Any = values
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return ""
        found = found.get(part)
    return "" if found is None or isinstance(found, Mapping) else str(found)
