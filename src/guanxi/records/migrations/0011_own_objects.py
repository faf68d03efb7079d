"""Definitions of objects that tenants invent, and the tables that wait for their records."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.fields
import guanxi.core.ids
import guanxi.core.tenancy

TABLES = 16


def _keys() -> list[tuple[str, "models.Field"]]:
    return [
        ("id", models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
        ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
    ]


def _now(label: str) -> "models.Field":
    now = django.db.models.functions.datetime.Now()
    return models.DateTimeField(db_default=now, editable=False, verbose_name=label)


def _link(to: str, label: str) -> "models.Field":
    protect = django.db.models.deletion.PROTECT
    return models.ForeignKey(blank=True, null=True, on_delete=protect, related_name="+", to=to, verbose_name=label)


def _table(number: int) -> migrations.CreateModel:
    name = f"own{number:02}"
    words = django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name="Tags"
    )
    sorted_by = {
        "updated": "-updated_at",
        "owner": "owner",
        "team": "team",
        "name": "name",
        "status": "status",
        "starts": "starts_at",
    }
    return migrations.CreateModel(
        name=name.title(),
        fields=[
            *_keys(),
            ("code", models.CharField(blank=True, db_default="", max_length=40, verbose_name="Code")),
            ("created_at", _now("Created")),
            ("created_by_id", models.UUIDField(editable=False, null=True)),
            ("updated_at", _now("Updated")),
            ("updated_by_id", models.UUIDField(editable=False, null=True)),
            ("version", models.IntegerField(default=1, editable=False)),
            ("deleted_at", models.DateTimeField(editable=False, null=True)),
            ("custom", models.JSONField(default=dict, editable=False)),
            ("share_mask", models.BigIntegerField(default=0, editable=False)),
            ("tags", words),
            ("name", models.CharField(max_length=255, verbose_name="Name")),
            ("status", models.CharField(blank=True, default="", max_length=60, verbose_name="Status")),
            ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="Begins")),
            ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="Ends")),
            ("amount", guanxi.core.fields.MoneyField(blank=True, null=True, verbose_name="Amount")),
            ("owner", _link("identity.membership", "Owner")),
            ("team", _link("identity.team", "Team")),
        ],
        options={
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant_id", column, "id"], name=f"{name}_{end}")
                for end, column in sorted_by.items()
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("code", ""), _negated=True),
                    fields=("tenant_id", "code"),
                    name=f"records_{name}_code",
                )
            ],
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_sharing_and_delegation"),
        ("records", "0010_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnObject",
            fields=[
                *_keys(),
                ("name", models.SlugField(max_length=60)),
                ("plural", models.SlugField(max_length=60)),
                ("label_en", models.CharField(max_length=120)),
                ("label_zh", models.CharField(blank=True, max_length=120)),
                ("plural_en", models.CharField(max_length=120)),
                ("plural_zh", models.CharField(blank=True, max_length=120)),
                ("icon", models.CharField(default="box", max_length=40)),
                ("place", models.SmallIntegerField()),
                ("statuses", models.JSONField(default=list)),
                ("dated", models.BooleanField(default=False)),
                ("priced", models.BooleanField(default=False)),
                ("code_pattern", models.CharField(max_length=60)),
                ("version", models.IntegerField(default=1)),
                ("removed_in", models.BigIntegerField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", name), name=f"records_ownobject_{name}")
                    for name in ("name", "plural", "place")
                ],
            },
        ),
        *(_table(number) for number in range(1, TABLES + 1)),
    ]
