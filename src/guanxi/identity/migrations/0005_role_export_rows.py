"""How many rows a day a role may export."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_company_recycle_days")]
    operations = [
        migrations.AddField(
            "role",
            "export_rows",
            models.PositiveIntegerField(db_default=0, default=0, verbose_name="Rows a day in exports"),
        ),
    ]
