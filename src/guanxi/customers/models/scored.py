"""What was concluded about an account, as fields of the account: read by a join, never written through it."""

from typing import Any

from django.db import models

SCORE = "score"


class ScoreLink(models.ForeignObject):
    """The account's row of conclusions, by the account's own key: no column, no constraint, one join."""

    requires_unique_target = False

    def __init__(self, to: Any = "customers.Score", **options: Any) -> None:
        options |= {
            "on_delete": models.DO_NOTHING,
            "from_fields": ["tenant_id", "id"],
            "to_fields": ["tenant_id", "account"],
            "related_name": "+",
            "null": True,
            "editable": False,
        }
        super().__init__(to, **options)

    def deconstruct(self) -> Any:
        """Everything but the target is always the same."""
        name, path, _arguments, _options = super().deconstruct()
        return name, path, ["customers.Score"], {}


class Scored:
    """Lets a record answer `score__value` as a list's row does: one statement for all conclusions, only for records that were read."""

    _state: Any
    pk: Any
    _score: Any

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
        """Remember that the record was read, so that its score may be asked for."""
        found = super().from_db(db, field_names, values)  # type: ignore[misc]
        found._score = None
        return found


class Conclusion:
    """The attribute `score__<name>` of an account."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, record: Any, owner: Any = None) -> Any:
        if record is None:
            return self
        # A record that was just made has no score: nothing is asked.
        if "_score" not in record.__dict__:
            return None
        if record._score is None:
            model = type(record)._meta.get_field(SCORE).related_model
            record._score = model.objects.filter(account_id=record.pk).first() or model(
                id=record.pk, tenant_id=record.tenant_id
            )
        return getattr(record._score, self._name)


def offer(model: Any, names: tuple[str, ...]) -> None:
    """Give a model the attributes of these conclusions."""
    for name in names:
        setattr(model, f"{SCORE}__{name}", Conclusion(name))
