"""How objects are described: fields, sections, boards, commands. Each room's objects.py makes these (records.registry)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.functional import Promise

from guanxi.records.parts import EXTERNAL, Document, Part, Trace

Text = str | Promise
KINDS = (
    "text", "longtext", "integer", "number", "percent", "money", "date", "datetime", "bool", "choice", "multichoice",
    "link", "email", "phone", "url", "tags", "json", "uuid", "address", "file",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One value of a choice field. `tone` is a colour of the kit: grey, indigo, jade, amber, rose, teal."""

    value: str
    label: Text
    tone: str = "grey"


@dataclass(frozen=True)
class Field:
    """One field of an object. Empty attributes are filled from the model at registration.

    name      name in API, forms, criteria; also the model attribute unless `column` differs
    kind      one of KINDS
    to        object name a link points to ("user" and "team" included)
    command   True when only a command (win, accept …) may change it; forms and API then show it read-only
    currency  name of the field that holds the currency of a money field
    maskable  may be shown masked to a role (phones, e-mails, tax numbers)
    clock     a moment that is shown with its time of day, not as a day alone
    search    its text is found by the global search
    sort      the column by which lists order it where that is not its own (a name by its pinyin, which has an index)
    choices_of  choices that the tenant defines (stages, reasons): called inside the tenant's transaction
    custom    a field of the tenant's own (records.custom), with its typed column `slot` and the `default` of new records
    within    the address field whose part this is ("site" of "site.city")
    key       what an own field is known by beside records: its counter, its files
    pattern   new records get a code of this pattern in it (records.numbering)
    """

    name: str
    label: Text = ""
    kind: str = ""
    column: str = ""
    to: str = ""
    choices: tuple[Choice, ...] = ()
    choices_of: Callable[[], tuple[Choice, ...]] | None = None
    required: bool | None = None
    command: bool = False
    readonly: bool = False
    sortable: bool = True
    filterable: bool = True
    search: bool = False
    maskable: bool = False
    max_length: int | None = None
    min_value: int | None = None
    max_value: int | None = None
    currency: str = ""
    help: Text = ""
    clock: bool = False
    sort: str = ""
    slot: str = ""
    custom: bool = False
    default: Any = None
    within: str = ""
    pattern: str = ""
    key: str = ""

    @property
    def stored_name(self) -> str:
        """The name under which a record holds the value, or the whole of which this is a part."""
        return self.within or self.name

    @property
    def part(self) -> str:
        """The part of an address that this is, or ""."""
        return self.name.rpartition(".")[2] if self.within else ""

    @property
    def elsewhere(self) -> bool:
        """Whether the value stands in a joined row (`score__value`), which is read and never written through the record."""
        return "__" in self.column and not self.custom

    @property
    def writable(self) -> bool:
        """May appear in forms and write requests."""
        return not (self.command or self.readonly)


@dataclass(frozen=True)
class Section:
    """A titled group of fields on detail and edit screens."""

    label: Text
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """Columns by a choice or link field; sums of a money field in the company's currency, weighted by a percent field.

    `columns` gives (value, label, category open|won|lost|done, probability) in order, inside the tenant's transaction.
    `move` performs the drop (a service command). Closed columns show `closed_days` of `closed_field`.
    `since` names the field with the moment a record entered its column: cards that stay longer than usual say so.
    `forms` names the command whose form opens instead of a drop into a column of that category.
    `scopes` gives key and name of each board where there may be several, the usual one first; `columns` takes such a key.
    """

    field: str
    columns: Callable[[Any], list["BoardColumn"]]
    move: Callable[..., Any]
    sum_field: str = ""
    weight_field: str = ""
    order: str = ""
    card_fields: tuple[str, ...] = ()
    closed_field: str = ""
    closed_days: int = 90
    since: str = ""
    forms: tuple[tuple[str, str], ...] = (("won", "win"), ("lost", "lose"))
    scopes: Callable[[], Sequence[tuple[str, Text]]] | None = None


@dataclass(frozen=True)
class BoardColumn:
    """One column of a board; `probability` in percent; `usual_days` is how long a record normally stays."""

    value: str
    label: Text
    category: str = "open"
    probability: int | None = None
    usual_days: int | None = None


@dataclass(frozen=True)
class Related:
    """A tab on the detail screen: records of `object` whose link field `field` names this record."""

    object: str
    field: str
    label: Text


@dataclass(frozen=True)
class Ready:
    """What an empty list offers instead: records of `object` that meet `criteria`, from which one of these is made.

    `action` is the button's text; it posts to `url`, where {id} is the record's.
    """

    label: Text
    object: str
    criteria: Mapping[str, Any]
    action: Text
    url: str
    text: Text = ""


@dataclass(frozen=True)
class View:
    """A view every tenant has from the start."""

    key: str
    label: Text
    criteria: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""


@dataclass(frozen=True)
class Command:
    """An action on one record beyond editing: POST /{plural}/{id}/{key} in the API, a button on the detail screen.

    `run(actor, record_id, version=…, **params)` is a service. `params` describe its input. `when(record)` says whether the
    record's state permits it. `permission` is the action that the role needs ("edit" by default).
    """

    key: str
    label: Text
    run: Callable[..., Any]
    params: tuple[Field, ...] = ()
    when: Callable[[Any], bool] | None = None
    icon: str = ""
    tone: str = ""
    permission: str = "edit"


@dataclass(frozen=True)
class Draft:
    """What a check sees: the object, the record as it will be, the changed fields, the record before (None on create)."""

    actor: Any
    record: Any
    changed: frozenset[str]
    before: Mapping[str, Any] | None


Check = Callable[[Draft], Mapping[str, list[str]] | None]
Columns = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Bulk:
    """How an import makes very many new records of an object at once, with the same result as `prepare`, `checks` and `after`.

    derive  the values of the columns that follow from others, by column; from the values by field, as they will be stored, and
            the number of rows
    check   what is wrong beyond single fields: message by row and field
    after   what is written beside the new records, in the same transaction: called with their ids
    follow  what may follow within minutes (what a customer is recognised by): called with their ids, repeatable
    """

    derive: Callable[[Columns, int], dict[str, list[Any]]]
    check: Callable[[Columns, int], Mapping[int, Mapping[str, str]]] | None = None
    after: Callable[[Sequence[Any]], None] | None = None
    follow: Callable[[Sequence[Any]], None] | None = None


@dataclass(frozen=True)
class ObjectType:
    """Everything the engine must know of one object. See the module's docstring for an example.

    checks   whole-record validations: return messages by field, or None
    prepare  fills derived columns before saving (normalised phones, sort names): called with the Draft
    fetch    links that `prepare` and `checks` read: fetched for a whole batch at once
    after    runs inside the transaction after saving (e.g. identity rows): called with the Draft
    parts    rows that belong to a record (lines): read with it, changed by a command
    documents  files that are made of a record (a quote's PDF)
    after_all  the same for a whole batch: called with all its Drafts
    children link fields that belong to the record and go with it (lines): (object or relation name)
    echoes   says of a record that it repeats another one's words (a note's line on the timeline), by which that one is found
    account  path of the link to the account whose timeline this record belongs to
    similar  finds records that may be the one being entered, by the texts of `similar_fields`: (actor, texts) -> [Similar]
    ready    what an empty list offers: records that are waiting for one of these
    counted  the side bar tells how many records the first view holds
    mergeable  two or three of its records may become one
    compared   what tells records apart when all are searched for duplicates: (path of a column, role in science.linkage.headers)
    bulk     makes new records of a large import at once
    """

    name: str
    plural: str
    room: str
    model: type[models.Model]
    label: Text
    label_plural: Text
    fields: tuple[Any, ...]
    icon: str = "file"
    code_pattern: str = ""
    title: str = "name"
    subtitle: tuple[str, ...] = ()
    list_columns: tuple[str, ...] = ()
    default_sort: str = "-updated_at"
    sections: tuple[Section, ...] = ()
    board: Board | None = None
    calendar: str = ""
    calendar_end: str = ""
    views: tuple[View, ...] = ()
    related: tuple[Related, ...] = ()
    commands: tuple[Command, ...] = ()
    traces: tuple[Trace, ...] = ()
    parts: tuple[Part, ...] = ()
    documents: tuple[Document, ...] = ()
    checks: tuple[Check, ...] = ()
    prepare: Callable[[Draft], None] | None = None
    fetch: tuple[str, ...] = ()
    after: Callable[[Draft], None] | None = None
    after_all: Callable[[Sequence[Draft]], None] | None = None
    echoes: Callable[[Any], bool] | None = None
    account: str = ""
    detail_template: str = ""
    detail_context: Callable[..., dict[str, Any]] | None = None
    detail_url: str = ""
    similar: Callable[[Any, Mapping[str, str]], Sequence[Any]] | None = None
    similar_fields: tuple[str, ...] = ()
    ready: Ready | None = None
    importable: bool = False
    bulk: Bulk | None = None
    creatable: bool = True
    in_menu: bool = True
    counted: bool = False
    mergeable: bool = False
    compared: tuple[tuple[str, str], ...] = ()
    menu_group: str = ""
    key: str = ""
    by_name: Mapping[str, Field] = field(default_factory=dict, compare=False)

    def trace(self, name: str) -> Trace | None:
        """What the history's `name` is about, when it is no field."""
        known = (*self.traces, EXTERNAL)
        return next((one for one in known if name == one.key or name.startswith(f"{one.key}.")), None)

    @property
    def title_zh(self) -> str:
        """The column of the title's Chinese form, where the object has one beside its title."""
        column = self.by_name[self.title].column
        return f"{column}_zh" if any(item.name == f"{column}_zh" for item in self.model._meta.fields) else ""

    def field(self, name: str) -> Field:
        """The field of this name. Raises KeyError."""
        return self.by_name[name]
