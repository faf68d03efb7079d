"""What was uploaded before stands among the imports; the table of uploads goes."""

from django.db import migrations

from guanxi.core.db.operations import ForEachTenant

COPY = """
INSERT INTO records_import (id, tenant_id, object, file_id, name, sha256, via, heads, mapping, options, status, stop_wanted, error, size,
                            total, read, created, updated, unchanged, skipped, refused, seconds, member_id, created_at, finished_at,
                            followed_at)
SELECT u.id, u.tenant_id, u.object, u.file_id, f.name, f.sha256, 'web', '', '[]', '{"form": {}, "headers": []}', 'done', false, '', 1000,
       u.read, u.read, u.created, u.updated, 0, u.skipped, u.refused, 0, u.member_id, u.created_at, u.finished_at, u.finished_at
FROM records_upload u JOIN core_storedfile f ON f.tenant_id = u.tenant_id AND f.id = u.file_id
WHERE u.finished_at IS NOT NULL
"""


def copy(apps, schema_editor):
    schema_editor.execute(COPY)


class Migration(migrations.Migration):
    dependencies = [("records", "0006_search_without_pending")]
    operations = [
        migrations.RemoveField("import", "undo_position"),
        migrations.RemoveField("import", "undone"),
        migrations.RemoveField("import", "kept"),
        migrations.RemoveField("importrow", "record_id"),
        ForEachTenant(copy),
        migrations.DeleteModel("Upload"),
    ]
