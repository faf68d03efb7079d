"""Migrations as they are run: with less work for Django's state of the models, and the same tables.

Django renders every model that is related by any chain of links again after each operation. Of the time of a first start that
is four fifths, and making a table, a column or an index needs none of it. So indexes and constraints of a new table are made together
with it, and a new model is rendered alone. Whoever needs all of the models, a data migration, gets them rendered anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AddField
from django.db.migrations.operations.models import AddConstraint, AddIndex, CreateModel
from django.db.migrations.operations.special import RunPython
from django.db.migrations.state import ProjectState, StateApps

Extra = AddIndex | AddConstraint


def folded(operations: Sequence[Operation]) -> list[Operation]:
    """The same operations, cheaper: see above."""
    return [quick for operation in _gathered(operations) for quick in _quick(operation)]


def _gathered(operations: Sequence[Operation]) -> list[Operation]:
    """Indexes and constraints put into the `CreateModel` of their table where that is safe."""
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


def _quick(operation: Operation) -> list[Operation]:
    if type(operation) is CreateModel:
        return [
            QuickCreateModel(operation.name, operation.fields, operation.options, operation.bases, operation.managers)
        ]
    if type(operation) is AddIndex:
        return [QuickAddIndex(operation.model_name, operation.index)]
    if type(operation) is AddConstraint:
        return [QuickAddConstraint(operation.model_name, operation.constraint)]
    if type(operation) is AddField:
        return [QuickAddField(operation.model_name, operation.name, operation.field, operation.preserve_default)]
    if isinstance(operation, RunPython):
        return [RenderAll(), operation]
    return [operation]


@contextmanager
def _unrendered(state: ProjectState) -> Iterator[StateApps | None]:
    """The state without its rendered models, which come back as they are; None when there are none yet."""
    apps: StateApps | None = state.__dict__.pop("apps", None)
    try:
        yield apps
    finally:
        if apps is not None:
            state.__dict__["apps"] = apps


class QuickCreateModel(CreateModel):
    """Renders the new model only."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the model to the state."""
        with _unrendered(state) as apps:
            super().state_forwards(app_label, state)
        if apps is not None:
            with apps.bulk_update():
                state.models[app_label, self.name_lower].render(apps)


class QuickAddIndex(AddIndex):
    """Tells the rendered model instead of rendering it again."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the index to the state."""
        with _unrendered(state) as apps:
            super().state_forwards(app_label, state)
        if apps is not None:
            meta = apps.all_models[app_label][self.model_name_lower]._meta
            meta.indexes = [*meta.indexes, self.index]


class QuickAddConstraint(AddConstraint):
    """Likewise."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the constraint to the state."""
        with _unrendered(state) as apps:
            super().state_forwards(app_label, state)
        if apps is not None:
            meta = apps.all_models[app_label][self.model_name_lower]._meta
            meta.constraints = [*meta.constraints, self.constraint]


class QuickAddField(AddField):
    """Renders the model that gets the field, and none that is related to it."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the field to the state."""
        with _unrendered(state) as apps:
            super().state_forwards(app_label, state)
        if apps is not None:
            with apps.bulk_update():
                state.models[app_label, self.model_name_lower].render(apps)


class RenderAll(Operation):
    """Before a data migration: all models with all their links."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Forget what was rendered; the next to ask renders all."""
        state.__dict__.pop("apps", None)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Nothing."""

    def describe(self) -> str:
        """As other operations do."""
        return "Render all models"
