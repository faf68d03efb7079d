"""The history of a record in words: labels of fields, values as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.display import Painter, labels_of
from guanxi.records.history import read_history
from guanxi.records.registry import Field, ObjectType


def history_lines(actor: Actor, kind: ObjectType, record: Any) -> list[dict[str, Any]]:
    """The history in words: labels of fields, values as people read them."""
    lines = read_history(actor, kind.name, record.id)
    words = HistoryWords(actor, kind, lines)
    actions = {
        "created": _("created the record"),
        "updated": _("changed"),
        "deleted": _("deleted the record"),
        "restored": _("brought the record back"),
        "merged": _("merged others into this"),
        "unmerged": _("undid a merge"),
    }
    return [
        {
            "at": line.at,
            "who": line.who or "Guanxi",
            "behalf": line.behalf,
            "action": actions.get(line.action, line.action),
            "created": line.action == "created",
            "via": via_words().get(line.via, line.via),
            "version": line.version,
            "changes": [words(*change) for change in line.changes],
        }
        for line in lines
    ]


def via_words() -> dict[str, str]:
    """Ways of changing a record, as history names them; the screens need no word."""
    return {"web": "", "api": "API", "import": _("Import"), "cli": _("Command line")}


class HistoryWords:
    """Labels and texts of all changes of a history; labels of links are read at once."""

    def __init__(self, actor: Actor, kind: ObjectType, lines: Any) -> None:
        self.kind, self.painter = kind, Painter(actor, kind)
        self.custom = custom_fields(kind.name)
        ids: dict[str, set[Any]] = {}
        for line in lines:
            for name, before, after in line.changes:
                item = kind.by_name.get(name) or self.custom.get(name)
                if item is not None and item.kind == "link":
                    ids.setdefault(name, set()).update(value for value in (before, after) if value)
        self.labels: dict[tuple[str, str], str] = {}
        for name, values in ids.items():
            for value in values:
                found = labels_of(actor, kind, [kind.by_name.get(name) or self.custom[name]], {name: value})
                self.labels[(name, str(value))] = next(iter(found.values()), "")

    def __call__(self, name: str, before: Any, after: Any) -> dict[str, str]:
        """One change in words."""
        item = self.kind.by_name.get(name) or self.custom.get(name)
        if item is None:
            trace = self.kind.trace(name)
            show = trace.value_in_words if trace else lambda value: str(value or "")
            return {
                "label": trace.name_in_words(name) if trace else name,
                "before": show(before) or "–",
                "after": show(after) or "–",
            }
        return {"label": str(item.label), "before": self._text(item, before), "after": self._text(item, after)}

    def _text(self, item: Field, value: Any) -> str:
        if item.kind == "link" and value:
            value = {"id": value, "label": self.labels.get((item.name, str(value))) or "?"}
        return self.painter.text(item, value) or "–"


@dataclass(frozen=True)
class _Line:
    changes: tuple[tuple[str, Any, Any], ...]


def changes_in_words(actor: Actor, changes: Sequence[Change]) -> list[list[dict[str, str]]]:
    """Stored changes of records of any objects as people read them, in their order: label, before and after of each field."""
    lines = [_Line(tuple((name, *pair) for name, pair in change.diff.items() if len(pair) == 2)) for change in changes]
    words: dict[str, HistoryWords] = {}
    for name in dict.fromkeys(change.object for change in changes):
        kind = registry.find(name)
        if kind is not None:
            own = [line for line, change in zip(lines, changes, strict=True) if change.object == name]
            words[name] = HistoryWords(actor, kind, own)
    return [
        [words[change.object](*one) if change.object in words else _bare(*one) for one in line.changes]
        for line, change in zip(lines, changes, strict=True)
    ]


def _bare(name: str, before: Any, after: Any) -> dict[str, str]:
    """A change of an object that is not there any more."""
    shown = ["–" if value in (None, "") else str(value) for value in (before, after)]
    return {"label": name, "before": shown[0], "after": shown[1]}
