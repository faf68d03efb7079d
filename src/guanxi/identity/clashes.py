"""Two administrators had the same settings form open: what fits together is kept from both, the rest is chosen.

A form carries in `before` what it showed when it was opened. If the stored values are others by now, the fields that only one
side changed are merged without a word; where both changed, a page shows both values and lets the person choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from guanxi.core.models import AccessEntry
from guanxi.identity.models import Membership
from guanxi.identity.screens import settings_page

# Field name → the texts that the form posts for it; none for an empty box or a box that is not checked.
State = Mapping[str, Sequence[str]]
CHOICE, THEIRS = "choice_", "theirs_"


@dataclass(frozen=True)
class Word:
    """How a field is called, and its values where they are keys."""

    label: str
    choices: Sequence[tuple[str, str]] = ()

    def text(self, values: Sequence[str]) -> str:
        """The values as a person reads them."""
        known = dict(self.choices)
        return ", ".join(known.get(value, value).strip() for value in values) or "–"


@dataclass(frozen=True)
class Line:
    """One field that both changed."""

    name: str
    label: str
    mine: str
    theirs: str
    before: str
    mine_values: Sequence[str]
    theirs_values: Sequence[str]


def state_of(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Values of a form as it would post them: texts trimmed, None and False as nothing, lists in order."""
    return {name: _texts(value) for name, value in values.items()}


def dump_state(state: State) -> str:
    """The content of a form's hidden field `before`."""
    return orjson.dumps({name: list(values) for name, values in state.items()}).decode()


def settle(
    request: HttpRequest,
    *,
    now: State,
    words: Mapping[str, Word],
    trace: tuple[str, UUID],
    version: int | None = None,
) -> HttpResponse | None:
    """Make the posted form fit what is stored `now`; returns a page (412) where the person has to choose, else None.

    After None, `request.POST` holds the values to save and the current `version`. `trace` names object and row in the access
    log, for who changed it. A form without `before` is left as it is.
    """
    post = _chosen(request.POST)
    request.POST = post  # type: ignore[assignment]
    before = _parsed(post.get("before", ""))
    if before is None:
        return None
    if version is not None:
        post["version"] = str(version)
    lines = _merge(post, before, now, words)
    if not lines:
        return None
    who, at = _last_change(*trace)
    hidden = [(name, value) for name, values in post.lists() for value in values if name not in _SPECIAL]
    context = {
        "page_title": _("Changed meanwhile"),
        "lines": lines,
        "hidden": hidden,
        "before": dump_state(now),
        "version": version,
        "who": who or _("Somebody"),
        "at": at,
    }
    return settings_page(request, "identity/clash.html.jinja", context, status=412)


_SPECIAL = frozenset({"csrfmiddlewaretoken", "before", "version"})


def _merge(post: QueryDict, before: State, now: State, words: Mapping[str, Word]) -> list[Line]:
    lines = []
    for name, theirs in now.items():
        mine, old = _texts(post.getlist(name)), list(before.get(name, ()))
        if list(theirs) == old or mine == list(theirs):
            continue
        if mine == old:
            _put(post, name, theirs)
            continue
        word = words.get(name) or Word(name)
        lines.append(Line(name, word.label, word.text(mine), word.text(theirs), word.text(old), mine, list(theirs)))
    return lines


def _chosen(posted: QueryDict) -> QueryDict:
    """The form with each choice of the page carried out."""
    post = posted.copy()
    for key in [key for key in post if key.startswith(CHOICE)]:
        name = key.removeprefix(CHOICE)
        if post.pop(key) == ["theirs"]:
            _put(post, name, post.getlist(THEIRS + name))
        post.pop(THEIRS + name, None)
    return post


def _put(post: QueryDict, name: str, values: Sequence[str]) -> None:
    post.pop(name, None)
    if values:
        post.setlist(name, list(values))


def _texts(value: Any) -> list[str]:
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(text for one in value for text in _texts(one))
    if value is True:
        return ["1"]
    text = "" if value in (None, False) else str(value).replace("\r\n", "\n").strip()
    return [text] if text else []


def _parsed(text: str) -> dict[str, list[str]] | None:
    try:
        state = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None
    return state_of(state) if isinstance(state, dict) else None


def _last_change(object_name: str, row_id: UUID) -> tuple[str, Any]:
    entry = AccessEntry.objects.filter(object=object_name, record_id=row_id).order_by("-at").first()
    if entry is None:
        return "", None
    name = Membership.objects.filter(id=entry.member_id).values_list("name", flat=True).first()
    return name or "", entry.at
