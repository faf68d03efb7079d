"""From a row to the values of a record: templates, dates, factors, value maps, references, stages."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.identity.models import Membership
from guanxi.project.failure import Failure
from guanxi.project.work.profiles.profile import File, Origin
from guanxi.project.work.profiles.rows import Row, places
from guanxi.project.work.profiles.run import Run
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import Wrong, clean_value

CONSTANTS: dict[str, Callable[[Run], Any]] = {"$currency": lambda run: run.actor.currency}


class Refusal(Exception):
    """A row cannot become a record; the text says why."""


class Reader:
    """Reads rows of one file into values of its object."""

    def __init__(self, run: Run, file: File, kind: ObjectType) -> None:
        self.run, self.file, self.kind = run, file, kind
        self._teams: dict[UUID, UUID | None] = dict(Membership.objects.values_list("id", "team_id"))

    def read(self, row: Row) -> dict[str, Any]:
        """Clean values by field. What does not fit is reported and left empty; raises `Refusal` where the field needs it."""
        values: dict[str, Any] = {}
        for name, origin in self.file.fields.items():
            item = self.kind.by_name[name]
            try:
                raw = self._raw(origin, item, row)
                values[name] = clean_value(item, raw, source=self.kind.model._meta.get_field(item.column))  # type: ignore[arg-type]
            except Wrong as wrong:
                # An order without its date would be one of today.
                if item.required or origin.stage or self.file.lines:
                    raise Refusal(f"{name}: {wrong}") from None
                self.run.ledger.warn(self.file.file, row.line, f"{name}: {wrong} It is left empty.")
        if values.get("owner") and "team" not in self.file.fields:
            values["team"] = self._teams.get(values["owner"])
        return values

    def _raw(self, origin: Origin, item: Field, row: Row) -> Any:
        if origin.constant is not None:
            special = CONSTANTS.get(str(origin.constant))
            return special(self.run) if special else origin.constant
        text = filled(origin, row)
        if not text:
            return None
        if origin.values:
            if text not in origin.values:
                raise Wrong(f"“{text}” is not known to the profile.")
            return origin.values[text]
        if origin.date:
            return self._moment(origin.date, item, text)
        if origin.times:
            return _scaled(text, origin.times)
        if origin.stage:
            return self._stage(text)
        return self._referred(origin, text) if origin.reference else text

    def _moment(self, form: str, item: Field, text: str) -> Any:
        day = day_of(text, form)
        if item.kind != "datetime":
            return day.date()
        return noon(day, self.run.actor.time_zone)

    def _stage(self, text: str) -> UUID:
        if text not in self.run.stages:
            raise Wrong(f"“{text}” is no stage of the profile's pipeline.")
        return self.run.stages[text].id

    def _referred(self, origin: Origin, text: str) -> UUID:
        found = self.run.keys.find_living(self.run.actor, origin.reference, text, origin.by)
        if found is None and origin.create:
            return self.run.keys.make(self.run.actor, origin.reference, text)
        if found is None:
            raise Wrong(f"There is no {origin.reference} “{text}”.")
        return found


def filled(origin: Origin, row: Row) -> str:
    """The text that an origin gives for a row; empty where its columns are."""
    for column in origin.column:
        if row.cells[column]:
            return row.cells[column]
    for text in origin.template:
        if all(row.cells[name] for name in places(text)):
            return text.format(**row.cells)
    return ""


def _scaled(text: str, times: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "")) * Decimal(times)
    except InvalidOperation:
        raise Wrong(f"“{text}” is no number.") from None


def day_of(text: str, form: str) -> datetime:
    """The day that a text names in a format. Raises `Wrong`."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        raise Wrong(f"“{text}” is no date of the form {form}.") from None


def noon(day: datetime, time_zone: str) -> datetime:
    """Noon of a day in a time zone."""
    return datetime.combine(day.date(), time(12), ZoneInfo(time_zone))


def check_fields(file: File, kind: ObjectType) -> None:
    """Raise `Failure` for a field that the object does not have or that nobody may set."""
    for name in file.fields:
        item = kind.by_name.get(name)
        if item is None or not (item.writable or item.command):
            raise Failure(f"{file.file}: {kind.name} has no field {name} that can be filled.")
    unknown = [origin.reference for origin in file.lines.values() if origin.reference not in ("", "product")]
    if unknown:
        raise Failure(f"{file.file}: lines refer to products only, not to {unknown[0]}.")
    missing = [item.name for item in kind.fields if item.required and item.writable and item.name not in file.fields]
    if missing:
        raise Failure(f"{file.file}: {kind.name} needs {', '.join(missing)}.")
