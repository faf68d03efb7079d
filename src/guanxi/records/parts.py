"""What a record has beside its fields: rows of its own, files made of it, traces in its history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Text = str | Promise


@dataclass(frozen=True)
class Part:
    """Rows that belong to a record: GET /{plural}/{id}/{key}.

    `columns` gives the kind of each member of a row (a kind of fields); `rows(actor, record)` its rows as plain JSON values, those that
    the actor may not see left out.

    Rows that people add one by one say so, and have a column `id`. `takes` are the members of a new row (registry.Field, complete),
    `fixed` names those that a stored row keeps. Each function is a service that checks the right to edit the record:
    `add(actor, record_id, **values)` returns the row's key; `change(actor, record_id, row_id, **values)` gets the given members only.
    """

    key: str
    label: Text
    columns: Mapping[str, str]
    rows: Callable[[Any, Any], Sequence[Mapping[str, Any]]]
    takes: tuple[Any, ...] = ()
    fixed: tuple[str, ...] = ()
    add: Callable[..., Any] | None = None
    change: Callable[..., Any] | None = None
    remove: Callable[[Any, Any, Any], Any] | None = None

    @property
    def changeable(self) -> tuple[Any, ...]:
        """What PATCH takes."""
        return tuple(item for item in self.takes if item.name not in self.fixed)


@dataclass(frozen=True)
class Document:
    """A file that is made of a record: GET /{plural}/{id}/{key}?lang=. `make(record, language)` gives its name and bytes.

    It tells the fields in `needs`: who may not read one of them gets no file.
    """

    key: str
    label: Text
    content_type: str
    languages: tuple[str, ...]
    make: Callable[[Any, str], tuple[str, bytes]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """A part of a record that a table of its own keeps, as history names it: `key`, or `key.` and more.

    Its history is shown under `label`, and only as far as the role may read all of `fields`. `words` are the labels of the
    keys that names ("consent.marketing.mail") and values ("Julia: decision_maker") are made of.
    """

    key: str
    label: Text
    fields: tuple[str, ...] = ()
    words: Mapping[str, Text] = field(default_factory=dict)

    def name_in_words(self, name: str) -> str:
        """The label, with what else the history's name says behind it: Consent (Marketing, E-mail)."""
        parts = [str(self.words[part]) for part in name[len(self.key) :].split(".") if part in self.words]
        return f"{self.label} ({', '.join(parts)})" if parts else str(self.label)

    def value_in_words(self, value: Any) -> str:
        """The value with its keys as labels: "Julia: decision_maker" is Julia: Decision maker. What is no key stays."""
        head, mark, tail = str(value or "").rpartition(": ")
        if tail in self.words:
            return f"{head}{mark}{self.words[tail]}"
        first, mark, rest = str(value or "").partition(": ")
        return (
            f"{self.words[first]}{mark}{rest}" if first in self.words and mark else str(value or "").removesuffix(": ")
        )


# What any record may have beside its fields.
EXTERNAL = Trace("external_keys", gettext_lazy("Keys in other systems"))
