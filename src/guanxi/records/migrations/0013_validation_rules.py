"""Rules of a company's own for its records."""

from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0012_legal_hold"),
    ]

    operations = [
        migrations.CreateModel(
            name="ValidationRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("formula", models.TextField()),
                ("field", models.CharField(blank=True, max_length=80)),
                ("message_en", models.CharField(max_length=300)),
                ("message_zh", models.CharField(blank=True, max_length=300)),
                ("is_active", models.BooleanField(default=True)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "object", "name"], name="records_rule_object")],
            },
        ),
    ]
