import django.core.validators
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_training"), ("customers", "0006_score_service")]

    operations = [
        migrations.CreateModel(
            name="ServiceClass",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                (
                    "grade",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D")],
                        max_length=1,
                        verbose_name="Value grade",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("priority", "Priority"),
                            ("preferred", "Preferred"),
                            ("standard", "Standard"),
                            ("basic", "Basic"),
                        ],
                        max_length=12,
                        verbose_name="Service level",
                    ),
                ),
                ("promise", models.CharField(blank=True, max_length=200, verbose_name="What that means")),
                ("channel", models.CharField(blank=True, max_length=12, verbose_name="Preferred channel")),
                (
                    "visit_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="Contact every (days)",
                    ),
                ),
                (
                    "discount_limit",
                    models.FloatField(
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                        verbose_name="Discount up to (%)",
                    ),
                ),
                (
                    "cost_share",
                    models.FloatField(
                        default=100,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1000.0),
                        ],
                        verbose_name="Cost to serve up to (% of margin)",
                    ),
                ),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "grade"), name="analytics_service_class_once")
                ]
            },
        ),
    ]
