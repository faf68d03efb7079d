"""Search reads the whole pending list of its index each time: new entries go into the index itself."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0005_imports")]
    operations = [
        migrations.RunSQL(
            [
                "ALTER INDEX records_searchentry_grams SET (fastupdate = off)",
                "SELECT gin_clean_pending_list('records_searchentry_grams')",
            ],
            "ALTER INDEX records_searchentry_grams SET (fastupdate = on)",
        ),
    ]
