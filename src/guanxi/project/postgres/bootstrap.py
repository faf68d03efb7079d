"""The three roles and the database of an installation, made once by a superuser; every step may be repeated.

`guanxi_owner` owns the tables, `guanxi_app` works under row-level security, `guanxi_backup` reads past it.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from guanxi.project.failure import Failure

OWNER, APP, BACKUP = "guanxi_owner", "guanxi_app", "guanxi_backup"
OLDEST_SERVER = 150000
EXTENSIONS = ("pg_trgm", "btree_gin")
STANDING_GRANTS = ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES", "EXECUTE ON FUNCTIONS")


@dataclass(frozen=True)
class Urls:
    """How each part reaches the database: the run-time role, the owner of the tables, the backup role."""

    app: str
    owner: str
    backup: str

    def environment(self) -> dict[str, str]:
        """As the variables that settings and commands read."""
        return {
            "DATABASE_URL": self.app,
            "GUANXI_OWNER_DATABASE_URL": self.owner,
            "GUANXI_BACKUP_DATABASE_URL": self.backup,
        }


def is_ready(url: str) -> bool:
    """Whether the run-time role can work at `url` already: the standing grants, the last step, are there."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_default_acl a JOIN pg_roles r ON r.oid = a.defaclrole WHERE a.defaclnamespace = 0 AND r.rolname = %s",
                [OWNER],
            )
            row = found.fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] == len(STANDING_GRANTS)


def make_database(superuser_url: str, database: str) -> None:
    """Create an empty database unless it exists. `superuser_url` leads to another database of the same server."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not found:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def make_roles(superuser_url: str, passwords: dict[str, Any]) -> None:
    """Create the roles, or give them these passwords. `passwords` has the keys owner, app and backup."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        check_server(connection)
        for role, key, option in (
            (OWNER, "owner", "NOBYPASSRLS"),
            (APP, "app", "NOBYPASSRLS"),
            (BACKUP, "backup", "BYPASSRLS"),
        ):
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            statement = "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE {option} PASSWORD {password}"
            connection.execute(
                sql.SQL(statement).format(
                    verb=sql.SQL("ALTER" if found else "CREATE"),
                    role=sql.Identifier(role),
                    option=sql.SQL(option),
                    password=sql.Literal(passwords[key]),
                )
            )
        connection.execute(f"GRANT pg_read_all_data TO {BACKUP}")


def prepare_database(superuser_url: str, database: str) -> None:
    """Extensions, ownership and standing grants inside the database that `superuser_url` leads to."""
    with psycopg.connect(superuser_url) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        name = sql.Identifier(database)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}, {}").format(
                name, *map(sql.Identifier, (OWNER, APP, BACKUP))
            )
        )
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(name, sql.Identifier(OWNER)))
        connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {BACKUP}")
        check_chinese(connection)


def grant_standing(owner_url: str) -> None:
    """Whatever the owner creates from now on, the run-time role may use; no more than that."""
    with psycopg.connect(owner_url) as connection:
        for what in STANDING_GRANTS:
            connection.execute(f"ALTER DEFAULT PRIVILEGES GRANT {what} TO {APP}")


def check_server(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server that is too old."""
    if connection.info.server_version < OLDEST_SERVER:
        raise Failure(f"PostgreSQL {connection.info.server_version // 10000} is too old: 15 or newer is needed.")


def check_chinese(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database whose locale hides Chinese from trigram search."""
    row = connection.execute("SELECT show_trgm('张三丰') <> '{}'").fetchone()
    if row is None or not row[0]:
        raise Failure(
            "This database ignores Chinese in searches: create it with ENCODING 'UTF8' and LC_CTYPE 'C.UTF-8'."
        )
