"""Every text that a person may see stands in the Chinese catalogue."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from guanxi.project.catalogues import PACKAGE, gaps, read, sources

METHODS = [
    ("**/tests/**", "ignore"),
    ("project/**", "ignore"),
    ("**.py", "python"),
    ("**.jinja", "jinja2"),
    ("**/allauth_templates/**.html", "ignore"),
]
OPTIONS = {
    "**.jinja": {
        "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols",
        "newstyle_gettext": "true",
        "trimmed": "false",
        "silent": "false",
    }
}
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def texts() -> Iterator[tuple[str, str | None, str]]:
    """(text, context, where) of every marked string in the rooms."""
    for name, line, message, _comments, context in extract_from_dir(PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS):
        yield (message[0] if isinstance(message, tuple) else message), context, f"{name}:{line}"


def test_no_catalogue_has_a_gap() -> None:
    assert list(gaps()) == []


def test_every_marked_text_is_in_a_catalogue() -> None:
    known = {
        (message.id[0] if isinstance(message.id, tuple) else message.id, message.context)
        for source in sources()
        for message in read(Path(source))
        if message.id
    }
    missing = sorted(
        {f"{text!r} ({context or ''}) {where}" for text, context, where in texts() if (text, context) not in known}
    )
    assert missing == [], "Add it to the room's locale/zh_Hans/LC_MESSAGES/django.po."
