"""What the record engine asks of rooms above it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor


@dataclass(frozen=True)
class MenuEntry:
    """One line of the side bar, or of New.

    group    work, customers, sales, service, insight or settings
    go       the letter after G that opens it; `position` orders entries inside their group, records stand at 100
    room     the room that must be switched on
    badge    a count that wants attention (known without a query, else leave it to /menu/counts)
    unread   its count is what nobody has read yet: drawn in seal red
    """

    key: str
    label: Any
    icon: str
    url: str
    group: str = "work"
    go: str = ""
    position: int = 50
    room: str = ""
    badge: int | None = None
    unread: bool = False


class AddMenu(Protocol):
    """Adds entries to the side bar that stand for no object: my day, calendar, inbox, insight."""

    def __call__(self, actor: Actor) -> Iterable[MenuEntry]:
        """Entries that this actor may open. Called on each page: no query."""


class CountMenu(Protocol):
    """Counts beside entries of the side bar that stand for no object, loaded after the page.

    An object that is `counted` is counted by its first view: the engine does that.
    """

    def __call__(self, actor: Actor) -> dict[str, int]:
        """Key of the entry → how many things its page lists for this actor; inside the tenant's transaction."""


@dataclass(frozen=True)
class SegmentRule:
    """What decides whether a record is in a segment: its `criteria`, or rows that name the members in `record_id`."""

    name: str
    criteria: Mapping[str, Any] | None = None
    members: Any = None


class FindSegment(Protocol):
    """Finds the segment that the condition `$segment` of a filter names."""

    def __call__(self, actor: Actor, object_name: str, segment_id: UUID, *, nested: bool) -> SegmentRule | None:
        """The rule of a segment of this object that the actor may use; `nested`: named by another segment. None: there is none."""


class ListSegments(Protocol):
    """Segments that the filter builder offers."""

    def __call__(self, actor: Actor) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Object → key and name of each segment of it that the actor sees; inside the tenant's transaction, one query."""


class DescribeBeside(Protocol):
    """Says what else a record's page loads into its head, once it stands."""

    def __call__(self, actor: Actor, object_name: str, record_id: UUID) -> str:
        """The address of a fragment, or "" for none; no query."""


@dataclass(frozen=True)
class ReportLines:
    """Rows that belong to a record (the lines of an order) and are counted by themselves in reports.

    link     the column that names the record of `object`
    fields   complete registry.Field, as criteria of the record know them; the link to the record is among them
    needs    fields of the record that a role must be able to read to count by a field of the lines; "*" for all of them
    """

    name: str
    object: str
    link: str
    model: Any
    label: Any
    fields: tuple[Any, ...]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadyReport:
    """A report that everybody has from the start; `definition` as records.reports.definition reads it, its labels lazy texts.

    `folder` is the heading it stands under in the library; `about` says in a sentence what its figures mean.
    """

    key: str
    label: Any
    about: Any
    folder: Any
    definition: Mapping[str, Any]


@dataclass(frozen=True)
class ReadyDashboard:
    """A dashboard that roles have from the start: keys of ready reports in their order, each with its width in columns of 12.

    `filters` are the fields that all of them are filtered by, such as "account.region".
    """

    key: str
    label: Any
    tiles: tuple[tuple[str, int], ...]
    roles: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoomReports:
    """What one room adds to the reports."""

    lines: tuple[ReportLines, ...] = ()
    ready: tuple[ReadyReport, ...] = ()
    dashboards: tuple[ReadyDashboard, ...] = ()


class OfferReports(Protocol):
    """Tells the ready reports of a room and the lines of its records that reports may count."""

    def __call__(self) -> RoomReports:
        """Constants: no query."""


class MailReport(Protocol):
    """Mails a report to one person, and tells what became of it."""

    def send(
        self,
        actor: Actor,
        *,
        subject: str,
        paragraphs: Sequence[str],
        links: Sequence[tuple[str, str]],
        files: Sequence[UUID],
    ) -> UUID:
        """Queue a mail to the actor's own address in the running transaction; paragraphs are plain words. Returns the message's key."""

    def states(self, ids: Iterable[UUID]) -> Mapping[UUID, tuple[str, str]]:
        """Key → word for where the message is, and its error; one query."""


REPORT_MAIL: Port[MailReport] = Port("report_mail")
REPORTS: Port[OfferReports] = Port("reports")
MENU: Port[AddMenu] = Port("menu")
MENU_COUNTS: Port[CountMenu] = Port("menu_counts")
CREATE_MENU: Port[AddMenu] = Port("create_menu")
SEGMENT_RULES: Port[FindSegment] = Port("segment_rules")
SEGMENT_CHOICES: Port[ListSegments] = Port("segment_choices")
BESIDE: Port[DescribeBeside] = Port("beside")
