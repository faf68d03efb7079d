"""A write over the API that the company's rules against duplicates would warn of in a form: refused until the caller says that it is meant."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict
from guanxi.records.api.calls import PREFIX, Call
from guanxi.records.api.problems import pointer
from guanxi.records.demands.duplicates import likely_same
from guanxi.records.demands.reading import demands_of
from guanxi.records.similar import Similar

HEADER = "Duplicates"
ALLOW = "allow"


class Doubtful(Conflict):
    """What was written is likely there already; `duplicates` are the records, within the caller's sight, with reasons."""

    def __init__(self, message: str, duplicates: Sequence[dict[str, Any]]) -> None:
        super().__init__(message)
        self.duplicates = list(duplicates)


def refuse_doubts(call: Call, written: Iterable[tuple[int | None, Any, Iterable[str]]]) -> None:
    """Raise `Doubtful` where a rule that warns finds records like those written, unless the header says that they are meant.

    `written` are, of each record, its place in a list of operations (None of a single one), the record, and the fields written. What
    was written is taken back with the transaction.
    """
    kind = call.object_type
    warning = [rule for rule in demands_of(kind.name).likenesses if not rule.blocks]
    if not warning or call.request.headers.get(HEADER, "").strip().lower() == ALLOW:
        return
    found: list[dict[str, Any]] = []
    for place, record, names in written:
        changed = set(names)
        rules = [rule for rule in warning if changed & {match.field for match in rule.matches}]
        found += [
            _told(kind.plural, place, one) for one in (likely_same(call.actor, kind, record, rules) if rules else ())
        ]
    if found:
        text = _(
            "It may exist already: %(name)s (%(why)s). With the header “Duplicates: allow” it is saved all the same."
        )
        first = found[0]
        raise Doubtful(text % {"name": first["name"], "why": ", ".join(first["reasons"])}, found)


def _told(plural: str, place: int | None, one: Similar) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(one.id), "name": one.name, "url": f"{PREFIX}/{plural}/{one.id}", "reasons": [str(text) for text in one.reasons],
    }  # fmt: skip
    return told if place is None else {"pointer": pointer(place), **told}
