"""The fields by which all reports of a dashboard are filtered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0019_search_keyed_by_tenant")]

    operations = [
        migrations.AddField(model_name="dashboard", name="filters", field=models.JSONField(default=list)),
    ]
