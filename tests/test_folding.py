"""Indexes and constraints move into the creation of their table, and only where nothing lies between."""

from collections.abc import Sequence

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from guanxi.project.folding import folded

INDEX = models.Index(fields=["name"], name="by_name")
CHECK = models.CheckConstraint(condition=models.Q(size__gte=0), name="size_not_negative")


def _create(name: str) -> migrations.CreateModel:
    return migrations.CreateModel(name, [("id", models.UUIDField(primary_key=True)), ("name", models.TextField())])


def _described(operations: Sequence[Operation]) -> list[str]:
    return [operation.describe() for operation in operations]


def test_indexes_and_constraints_move_into_the_new_table() -> None:
    result = folded(
        [
            _create("Box"),
            _create("Lid"),
            migrations.AddIndex("box", INDEX),
            migrations.AddConstraint("box", CHECK),
        ]
    )
    made = [operation for operation in result if isinstance(operation, migrations.CreateModel)]
    assert len(made) == len(result)
    assert [(operation.name, operation.options) for operation in made] == [
        ("Box", {"indexes": [INDEX], "constraints": [CHECK]}),
        ("Lid", {}),
    ]


def test_an_index_stays_behind_a_change_of_its_table() -> None:
    field = migrations.AddField("box", "size", models.IntegerField())
    index = migrations.AddIndex("box", INDEX)
    operations = [_create("Box"), field, index]
    assert _described(folded(operations)) == _described(operations)


def test_an_index_stays_behind_free_sql() -> None:
    operations = [_create("Box"), migrations.RunSQL("SELECT 1"), migrations.AddIndex("box", INDEX)]
    assert _described(folded(operations)) == _described(operations)


def test_an_index_of_an_older_table_stays() -> None:
    operations = [migrations.AddIndex("box", INDEX)]
    assert _described(folded(operations)) == _described(operations)


def test_a_data_migration_sees_all_links_of_models_made_before() -> None:
    link = models.ForeignKey("stock.Box", on_delete=models.CASCADE, related_name="lids")
    lid = migrations.CreateModel("Lid", [("id", models.UUIDField(primary_key=True)), ("box", link)])
    state = ProjectState()
    data = migrations.RunPython(migrations.RunPython.noop)
    for number, operation in enumerate(folded([_create("Box"), lid, data])):
        operation.state_forwards("stock", state)
        if number == 0:
            # As while migrating: rendered before the next model comes.
            assert state.apps.get_model("stock", "Box")
    assert [found.name for found in state.apps.get_model("stock", "Box")._meta.related_objects] == ["lids"]


def test_a_new_model_is_rendered_alone() -> None:
    state = ProjectState()
    first, second = folded([_create("Box"), _create("Lid")])
    (index,) = folded([migrations.AddIndex("box", INDEX)])
    first.state_forwards("stock", state)
    box = state.apps.get_model("stock", "Box")
    second.state_forwards("stock", state)
    index.state_forwards("stock", state)
    assert state.apps.get_model("stock", "Box") is box
    assert state.apps.get_model("stock", "Lid")._meta.db_table == "stock_lid"
    assert [found.name for found in box._meta.indexes] == ["by_name"]
    assert [found.name for found in state.models["stock", "box"].options["indexes"]] == ["by_name"]
