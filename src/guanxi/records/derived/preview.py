"""What a formula gives for a real record, before it is kept: with every letter typed, in the settings and over the API."""

from dataclasses import dataclass
from typing import Any

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.derived.graph import setting_now, time_zone_now
from guanxi.records.formulas.checking import TYPE_OF, check
from guanxi.records.formulas.evaluating import stored
from guanxi.records.formulas.functions import FUNCTIONS
from guanxi.records.formulas.syntax import FormulaError
from guanxi.records.models import record_label
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.values import plain


@dataclass(frozen=True)
class Preview:
    """A formula's type and its value for the record changed last; or what is wrong with it."""

    text: str
    type: str = ""
    value: Any = None
    record: str = ""
    error: FormulaError | None = None

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the wrong place, there, and behind it."""
        if self.error is None:
            return self.text, "", ""
        return self.text[: self.error.start], self.text[self.error.start : self.error.end], self.text[self.error.end :]


def preview(actor: Actor, kind: ObjectType, text: str, result: str = "") -> Preview:
    """Check a formula whose field shall hold `result` (a kind of field) and calculate it once. Administrators only."""
    require_admin(actor)
    try:
        formula = check(kind, text, custom_fields_of_all(), wanted=TYPE_OF.get(result, ""))
    except FormulaError as problem:
        return Preview(text, error=problem)
    record = visible_records(actor, kind.name).order_by("-updated_at").first()
    if record is None:
        return Preview(text, formula.type)
    value = stored(formula, record, setting_now(time_zone_now()))
    return Preview(text, formula.type, plain(value), record_label(record))


def function_names() -> list[str]:
    """The functions, without the operators."""
    return sorted(name for name in FUNCTIONS if name.isidentifier() and name not in ("and", "or", "not", "negative"))
