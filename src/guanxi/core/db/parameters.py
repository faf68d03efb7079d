"""How to reach the database outside Django's own connections: for LISTEN and for the job queue."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

_KNOWN = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey")


def connection_parameters(alias: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """Keyword arguments for `psycopg.connect`: the same database and role as Django's connection of this alias."""
    return {key: value for key, value in connections[alias].get_connection_params().items() if key in _KNOWN}
