"""Column types whose database form is chosen so that an index works under row-level security."""

from decimal import Decimal
from typing import Any

from django.core import validators
from django.db import models
from django.db.models.expressions import Combinable

from guanxi.core.money import MAX_AMOUNT, from_minor, to_minor


class MoneyField(models.BigIntegerField):
    """An amount: Decimal in Python, bigint ten-thousandths in the database (numeric is not leakproof).

    The currency stands in another column of the same row. Range ±922 trillion, four decimal places.
    """

    description = "Amount of money (Decimal, four places)"

    # What the type checker is told of attributes on instances: Decimal, not the base's int.
    _pyi_private_set_type: Decimal | int | str | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    @property
    def validators(self) -> list[Any]:
        """The range in Decimal terms; Django's own would compare with the bigint."""
        limits = [validators.MinValueValidator(-MAX_AMOUNT), validators.MaxValueValidator(MAX_AMOUNT)]
        return [*self._validators, *limits]  # type: ignore[attr-defined]

    def to_python(self, value: Any) -> Decimal | None:
        """Decimal from text, int or Decimal."""
        return None if value is None or value == "" else Decimal(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        """Ten-thousandths; expressions pass through."""
        if value is None or hasattr(value, "resolve_expression"):
            return value  # type: ignore[no-any-return]
        return to_minor(Decimal(str(value)))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        """Decimal from ten-thousandths; sums arrive as numeric and are converted alike."""
        return None if value is None else from_minor(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A decimal input instead of an integer one."""
        return models.Field.formfield(self, **{"form_class": None, **kwargs})

    def value_to_string(self, obj: models.Model) -> str:
        """Plain decimal text for serialisers."""
        value = self.value_from_object(obj)
        return "" if value is None else str(value)
