"""What the record engine offers to ports of identity."""

from collections.abc import Iterator

from guanxi.identity.ports import GUARDED_OBJECTS, SHELL, GuardedField, GuardedObject
from guanxi.records import registry
from guanxi.records.screens import shell_context


def guarded_objects() -> Iterator[GuardedObject]:
    """Every registered object with its fields, for the screen of roles."""
    for kind in registry.objects():
        fields = tuple(GuardedField(field.name, str(field.label), field.maskable) for field in kind.by_name.values())
        yield GuardedObject(kind.name, str(kind.label_plural), kind.room, fields)


SHELL.register("records", shell_context)
GUARDED_OBJECTS.register("records", guarded_objects)
