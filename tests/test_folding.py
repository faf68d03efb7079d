"""Indexes and constraints move into the creation of their table, and only where nothing lies between."""

from django.db import migrations, models

from guanxi.project.folding import folded

INDEX = models.Index(fields=["name"], name="by_name")
CHECK = models.CheckConstraint(condition=models.Q(size__gte=0), name="size_not_negative")


def _create(name: str) -> migrations.CreateModel:
    return migrations.CreateModel(name, [("id", models.UUIDField(primary_key=True)), ("name", models.TextField())])


def test_indexes_and_constraints_move_into_the_new_table() -> None:
    result = folded(
        [
            _create("Box"),
            _create("Lid"),
            migrations.AddIndex("box", INDEX),
            migrations.AddConstraint("box", CHECK),
        ]
    )
    assert [(operation.name, operation.options) for operation in result] == [
        ("Box", {"indexes": [INDEX], "constraints": [CHECK]}),
        ("Lid", {}),
    ]


def test_an_index_stays_behind_a_change_of_its_table() -> None:
    field = migrations.AddField("box", "size", models.IntegerField())
    index = migrations.AddIndex("box", INDEX)
    operations = [_create("Box"), field, index]
    assert folded(operations) == operations


def test_an_index_stays_behind_free_sql() -> None:
    operations = [_create("Box"), migrations.RunSQL("SELECT 1"), migrations.AddIndex("box", INDEX)]
    assert folded(operations) == operations


def test_an_index_of_an_older_table_stays() -> None:
    operations = [migrations.AddIndex("box", INDEX)]
    assert folded(operations) == operations
