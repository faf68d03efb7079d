import django.db.models.deletion
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0010_selling"),
        ("customers", "0006_score_service"),
        ("engagement", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelfit",
            name="offer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="engagement.offer",
            ),
        ),
        migrations.AlterField(
            model_name="modelfit",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("purchases", "Purchases"),
                    ("margin", "Margin of a purchase"),
                    ("retention", "Renewal of contracts"),
                    ("migration", "Coming back after a pause"),
                    ("churn", "Leaving"),
                    ("next_product", "Next product"),
                    ("uplift", "What asking changes"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="CustomerUplift",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("uplift", models.FloatField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("as_of", models.DateField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.account",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="engagement.offer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "account", "offer"), name="analytics_uplift_once")
                ],
            },
        ),
    ]
