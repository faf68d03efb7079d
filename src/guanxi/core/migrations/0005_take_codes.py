"""Taking codes is one statement, so that it can be a transaction of its own (`core.db.apart`)."""

from django.db import migrations

# The period only moves forward: a day of the past takes its number from the running period, because the counter of the
# past one is gone. The pattern in the condition notices that an administrator changed it meanwhile.
FUNCTION = """
CREATE FUNCTION core_take_codes(tenant uuid, of_object text, in_pattern text, in_period text, how_many bigint)
RETURNS TABLE (period text, first bigint) LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.tenant', tenant::text, true);
    RETURN QUERY
        UPDATE core_codepattern AS c
        SET next_number = CASE WHEN c.period < in_period THEN 1 ELSE c.next_number END + how_many,
            period = greatest(c.period, in_period)
        WHERE c.tenant_id = tenant AND c.object = of_object AND c.pattern = in_pattern
        RETURNING c.period::text, c.next_number - how_many;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_change_batch")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION core_take_codes(uuid, text, text, text, bigint)"),
    ]
