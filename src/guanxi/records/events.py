"""Facts of the record engine."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RecordsChanged(Event):
    """Records of one object were created, updated, deleted (to the recycle bin) or restored, in one transaction.

    `fields` are the names that changed in at least one of them (empty on deletion and restoration).
    """

    object: str
    action: str
    ids: tuple[UUID, ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordsImported(Event):
    """A file became records of one object: so many are new, so many changed. `import_id` is the batch in their history.

    One for the whole import; what it changed stands in the history under the batch.
    """

    object: str
    import_id: UUID
    created: int
    updated: int


@dataclass(frozen=True, kw_only=True)
class RecordsMerged(Event):
    """Records became a part of another; what pointed to them points there now. Undoing tells of changed records only."""

    object: str
    survivor_id: UUID
    ids: tuple[UUID, ...]
    batch_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    """A person's data were erased, by this certificate: whoever keeps copies outside of the tables lets them follow."""

    erasure_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReportNotSent(Event):
    """A report that the event's member had ordered by mail could not be made for one of its recipients."""

    subscription_id: UUID
    name: str
    error: str


@dataclass(frozen=True, kw_only=True)
class ReportRead(Event):
    """A job has read the report that the event's member ordered, or could not (`failed`)."""

    run_id: UUID
    name: str
    failed: bool
