"""Fresh statistics for the planner after a large load."""

from django.db import connections


def analyze(*, vacuum: bool = False) -> None:
    """ANALYZE what changed much, as the owner of the tables: a query planned for empty tables is slow on full ones.

    With `vacuum`, also do at once what the database would do behind the back of a measurement minutes later.
    """
    command = "VACUUM ANALYZE" if vacuum else "ANALYZE"
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE n_mod_since_analyze > 1000")
        for (name,) in cursor.fetchall():
            cursor.execute(f'{command} "{name}"')
