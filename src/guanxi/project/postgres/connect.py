"""From a data directory (or the address of an external server) to the three connection URLs."""

import os
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from guanxi.project.failure import Failure
from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres import bootstrap
from guanxi.project.postgres.bootstrap import APP, BACKUP, OWNER, Urls
from guanxi.project.postgres.cluster import DATABASE, SUPERUSER
from guanxi.project.postgres.lease import Lease, acquire, exclusive


@dataclass
class Database:
    """A database that is ready: its URLs, and the lease that keeps the embedded server running (None: external)."""

    urls: Urls
    lease: Lease | None

    def close(self) -> None:
        """Let go of the embedded server."""
        if self.lease is not None:
            self.lease.close()
            self.lease = None


def open_database(data: DataDir) -> Database:
    """Make the installation's database usable: start the embedded server, or reach the one of DATABASE_URL; create
    roles and database at the first time. Migrations are not run here."""
    external = os.environ.get("DATABASE_URL")
    if external:
        return Database(external_urls(data, external), None)
    lease = acquire(data)
    try:
        return Database(embedded_urls(lease), lease)
    except BaseException:
        lease.close()
        raise


def embedded_urls(lease: Lease) -> Urls:
    """The URLs of the embedded database; roles and database are made when missing."""
    with exclusive(lease.data.run / "bootstrap"):
        passwords = load_credentials(lease.data)
        urls = Urls(
            app=lease.cluster.url(APP, passwords["app"]),
            owner=lease.cluster.url(OWNER, passwords["owner"]),
            backup=lease.cluster.url(BACKUP, passwords["backup"]),
        )
        if not bootstrap.is_ready(urls.app):
            bootstrap.make_database(lease.superuser_url, DATABASE)
            _bootstrap(
                lease.superuser_url, lease.cluster.url(SUPERUSER, passwords["superuser"]), urls, DATABASE, passwords
            )
    return urls


def external_urls(data: DataDir, url: str) -> Urls:
    """The URLs of an external database.

    With all three variables given (DATABASE_URL, GUANXI_OWNER_DATABASE_URL, GUANXI_BACKUP_DATABASE_URL) they are taken
    as they are. With DATABASE_URL alone it must be the address of a superuser, who creates the three roles once; their
    passwords are kept in the data directory."""
    owner, backup = os.environ.get("GUANXI_OWNER_DATABASE_URL"), os.environ.get("GUANXI_BACKUP_DATABASE_URL")
    if owner and backup:
        return Urls(app=url, owner=owner, backup=backup)
    with exclusive(data.run / "bootstrap"):
        passwords = load_credentials(data)
        urls = Urls(
            app=with_role(url, APP, passwords["app"]),
            owner=with_role(url, OWNER, passwords["owner"]),
            backup=with_role(url, BACKUP, passwords["backup"]),
        )
        if not bootstrap.is_ready(urls.app):
            _refuse_strangers_roles(url)
            _bootstrap(url, url, urls, psycopg.conninfo.conninfo_to_dict(url).get("dbname") or "postgres", passwords)
    return urls


def _bootstrap(server_url: str, database_url: str, urls: Urls, database: object, passwords: dict[str, str]) -> None:
    try:
        bootstrap.make_roles(server_url, passwords)
        bootstrap.prepare_database(database_url, str(database))
        bootstrap.grant_standing(urls.owner)
    except psycopg.Error as error:
        raise Failure(f"The database could not be prepared: {str(error).strip().splitlines()[0]}") from error


def _refuse_strangers_roles(url: str) -> None:
    """Another installation's roles live on this server: giving them new passwords would lock that one out."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            bootstrap.check_server(connection)
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone()
    except psycopg.OperationalError as error:
        raise Failure(f"DATABASE_URL cannot be reached: {str(error).strip().splitlines()[0]}") from error
    if found and not os.environ.get("GUANXI_RESET_ROLES"):
        raise Failure(
            f"The role {APP} exists on this server with another password. Copy credentials.json from the data directory of the host that made it, "
            "or set GUANXI_OWNER_DATABASE_URL and GUANXI_BACKUP_DATABASE_URL too, or set GUANXI_RESET_ROLES=1 to give the roles new passwords."
        )


def with_role(url: str, role: str, password: str) -> str:
    """`url` with another user and password."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))
