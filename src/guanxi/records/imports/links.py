"""References in files: records named by code, name or another field become their ids."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from guanxi.core.errors import Refused
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import matchable, may
from guanxi.records.changes import create_record
from guanxi.records.custom import completed, custom_fields
from guanxi.records.display import object_or_none
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import Wrong

MOST_KNOWN = 200_000
Key = tuple[str, str, str]


class Links:
    """Finds the records that cells name; each text is looked up once as long as it is found."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._known: dict[Key, list[UUID]] = {}

    def learn(self, item: Field, texts: Iterable[str], by: str = "") -> None:
        """Look many texts up in one query."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        wanted = sorted({text for text in texts if text and (item.to, by, text.casefold()) not in self._known})
        for key, name in self._find(item, wanted, by) if wanted else ():
            found = self._known.setdefault((item.to, by, name.casefold()), [])
            if key not in found:
                found.append(key)

    def found(self, item: Field, text: str, by: str = "") -> list[UUID]:
        """What `text` names, as far as it was learnt."""
        return self._known.get((item.to, by, text.casefold()), [])

    def one(self, item: Field, text: str, by: str = "") -> UUID:
        """The record that `text` names. Raises `Wrong` when none or several have that name."""
        found = self.found(item, text, by)
        if len(found) == 1:
            return found[0]
        if found:
            raise Wrong(_("Several records are called “%(name)s”.") % {"name": text[:60]})
        raise Wrong(_("There is no record called “%(name)s”.") % {"name": text[:60]})

    def make(self, item: Field, text: str, by: str = "") -> UUID:
        """A new record of that name, for a reference to what is not there. Raises `Wrong` where that is not possible."""
        kind = object_or_none(item.to)
        named = by or (kind.title if kind else "")
        if kind is None or named not in kind.by_name or not may(self.actor, kind.name, "create"):
            raise Wrong(_("There is no record called “%(name)s”.") % {"name": text[:60]})
        values = completed(self.actor, kind, custom_fields(kind.name), {kind.title: text, named: text})
        try:
            made: UUID = create_record(self.actor, kind.name, values).id
        except Refused as refusal:
            raise Wrong(refusal.message) from None
        self._known[(item.to, by, text.casefold())] = [made]
        return made

    def _find(self, item: Field, texts: Sequence[str], by: str) -> list[tuple[UUID, str]]:
        if item.to == "user":
            rows = Membership.objects.filter(Q(name__in=texts) | Q(user__email__in=[text.lower() for text in texts]))
            return _pairs(rows.values_list("id", "name", "user__email"))
        if item.to == "team":
            return list(Team.objects.filter(name__in=texts).values_list("id", "name"))
        kind = object_or_none(item.to)
        if kind is None or not may(self.actor, kind.name, "view"):
            return []
        columns = self._columns(kind, by)
        if not columns:
            return []
        condition = Q()
        for column in columns:
            condition |= Q(**{f"{column}__in": texts})
        return _pairs(visible_records(self.actor, kind.name).filter(condition).values_list("id", *columns))

    def _columns(self, kind: ObjectType, by: str) -> list[str]:
        """The columns by which a record may be named: the given field, else its name and its code."""
        names = [by] if by else [kind.title, "code"]
        return [
            kind.by_name[name].column
            for name in names
            if name in kind.by_name and matchable(self.actor, kind.name, name)
        ]


def _pairs(rows: Iterable[Sequence[Any]]) -> list[tuple[UUID, str]]:
    return [(row[0], str(name)) for row in rows for name in row[1:] if name]
