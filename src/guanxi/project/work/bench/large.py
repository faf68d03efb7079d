"""The tenant of `guanxi bench --size million`, made by the database itself in sets: a million accounts in minutes.

For that, the connection is the superuser's: without checks of foreign keys, and without indexes until the rows are there. So it works with
the embedded database only, and best in a data folder of its own.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import models
from psycopg import sql

from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Team, Tenant, User
from guanxi.identity.permissions import share_bit
from guanxi.identity.services import create_tenant
from guanxi.project.failure import Failure
from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import SUPERUSER, locate
from guanxi.project.work.bench.company import FAMILIES, GIVEN, TRADES, WORDS
from guanxi.project.work.statistics import analyze
from guanxi.records import registry
from guanxi.records.ngrams import grams, search_text
from guanxi.records.own_fields import create_field
from guanxi.sales.models import Stage

MEMBERS, TEAMS = 5000, 300
# Of each hundred members, how many belong to each division: what its manager sees of all records.
DIVISIONS = (60, 30, 5, 5)
DISTRICTS = 36
SHARES = 50_000
INTERACTIONS = 5
# One interaction in so many has a text that the search reads.
WRITTEN = 10
Columns = Mapping[str, str]


@dataclass(frozen=True)
class Large:
    """The tenant, how many accounts it has, and who looks at it, by what part of the records they see."""

    tenant: Tenant
    accounts: int
    viewers: Mapping[str, UUID]


def prepare_large(accounts: int) -> Large:
    """Find the tenant of this size or make it."""
    slug = f"bench-large-{accounts}"
    tenant = Tenant.objects.filter(slug=slug).first() or _make(slug, accounts)
    with tenant_tx(tenant.id):
        people = dict(Membership.objects.filter(name__startswith="Viewer ").values_list("name", "user_id"))
        admin = Membership.objects.get(role__is_admin=True).user_id
    return Large(
        tenant, accounts, {**{name.removeprefix("Viewer "): key for name, key in sorted(people.items())}, "all": admin}
    )


def _make(slug: str, accounts: int) -> Tenant:
    began = time.monotonic()
    mail, password = f"admin@{slug}-{int(time.time())}.example", f"Bench-{slug}-9"
    tenant = create_tenant(
        slug=f"{slug}-{new_id().hex[:8]}", name="Bench", admin_email=mail, admin_password=password, currency="CNY"
    )
    with tenant_tx(tenant.id):
        members = _people(slug)
        own = [create_field(Actor.system(tenant.id, via="cli"), {"object": "account", **one}) for one in OWN_FIELDS]
        stages = list(Stage.objects.filter(pipeline__is_default=True).order_by("position"))
    maker = _Maker(tenant.id, accounts, members, stages, {field.name: field.slot or "" for field in own})
    with superuser() as connection:
        maker.run(connection)
    analyze()
    tenant.slug = slug
    tenant.save(update_fields=["slug"])
    print(f"{accounts:,} accounts and what belongs to them: {time.monotonic() - began:.0f} s", flush=True)
    return tenant


OWN_FIELDS: Sequence[Mapping[str, Any]] = (
    {"kind": "number", "label_en": "Machines", "name": "own_machines"},
    {"kind": "text", "label_en": "Territory", "name": "own_territory"},
    {"kind": "date", "label_en": "Visited", "name": "own_visited"},
)


def _people(slug: str) -> list[Membership]:
    """The tree of teams and all members, set by set; the last member is alone in a team."""
    root = Team.objects.get(parent=None)
    divisions = Team.objects.bulk_create([Team(name=f"Division {n}", parent=root) for n in range(len(DIVISIONS))])
    districts = Team.objects.bulk_create(
        [Team(name=f"District {n}", parent=divisions[n % len(divisions)]) for n in range(DISTRICTS)]
    )
    rest = TEAMS - 1 - len(divisions) - len(districts)
    leaves = Team.objects.bulk_create([Team(name=f"Team {n}", parent=districts[n % DISTRICTS]) for n in range(rest)])
    of_division = [
        [leaf for at, leaf in enumerate(leaves) if at % DISTRICTS % len(DIVISIONS) == n] for n in range(len(DIVISIONS))
    ]
    alone = of_division[-1].pop()
    roles = {role.key: role for role in Role.objects.all()}
    users = User.objects.bulk_create(
        [
            User(email=f"m{n}@{slug}-{new_id().hex[-6:]}.example", name=f"Member {n}", password="!")
            for n in range(MEMBERS + 2)
        ]
    )
    members = []
    for number, user in enumerate(users):
        name, role, team = (
            f"Member {number}",
            roles["sales"],
            of_division[_division(number)][number % len(of_division[_division(number)])],
        )
        if number == MEMBERS - 1:
            name, team = "Viewer 0.02 %", alone
        if number >= MEMBERS:
            share, division = (("5 %", 2), ("60 %", 0))[number - MEMBERS]
            name, role, team = f"Viewer {share}", roles["manager"], divisions[division]
        members.append(Membership(user=user, role=role, team=team, name=name))
    return list(Membership.objects.bulk_create(members))[:MEMBERS]


def _division(number: int) -> int:
    place, at = 100 * (number % MEMBERS) // MEMBERS, 0
    while place >= DIVISIONS[at]:
        place -= DIVISIONS[at]
        at += 1
    return at


@contextmanager
def superuser() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the embedded database that fills tables fast: no triggers, no wait for the disk."""
    if os.environ.get("GUANXI_EXTERNAL_DATABASE"):
        raise Failure("The tenant of a million accounts is made in the embedded database only.")
    data = DataDir.at(os.environ["GUANXI_DATA"])
    credentials = load_credentials(data)
    url = locate(data, credentials["instance"]).url(SUPERUSER, credentials["superuser"])
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '1GB'",
            "work_mem = '256MB'",
        ):
            connection.execute(f"SET {setting}")
        yield connection


class _Maker:
    """The statements that fill the tables. A row's number gives everything else of it."""

    def __init__(
        self, tenant: UUID, accounts: int, members: list[Membership], stages: list[Stage], own: Mapping[str, str]
    ) -> None:
        self.tenant, self.accounts, self.members, self.stages, self.own = tenant, accounts, members, stages, own

    def run(self, connection: psycopg.Connection[Any]) -> None:
        self._helpers(connection)
        for name, count, columns in self._objects():
            table = registry.get(name).model._meta.db_table
            with without_indexes(connection, table):
                self._fill(connection, name, count, columns)
        with without_indexes(connection, "records_searchentry"):
            for name in ("account", "contact", "opportunity"):
                connection.execute(self._entries(name))
        with without_indexes(connection, "records_textentry"):
            connection.execute(self._texts())
        with without_indexes(connection, "identity_share"):
            connection.execute(self._shares())
        # What the database does by itself within minutes, and what counting by indexes alone needs.
        for table in (
            "customers_account",
            "customers_contact",
            "sales_opportunity",
            "records_searchentry",
            "identity_share",
        ):
            connection.execute(f"VACUUM (ANALYZE) {table}")

    def _objects(self) -> Iterator[tuple[str, int, Columns]]:
        yield "account", self.accounts, self._account()
        yield "contact", 2 * self.accounts, self._contact()
        yield "opportunity", self.accounts, self._opportunity()
        yield "interaction", INTERACTIONS * self.accounts, self._interaction()

    def _helpers(self, connection: psycopg.Connection[Any]) -> None:
        """Temporary tables: members, stages, and the words of which names are made with what the search needs of them."""
        connection.execute("CREATE TEMP TABLE m (n int PRIMARY KEY, id uuid, team uuid, bit bigint)")
        connection.execute(
            "CREATE TEMP TABLE s (n int PRIMARY KEY, id uuid, pipeline uuid, category text, probability int)"
        )
        connection.execute(
            "CREATE TEMP TABLE w (kind text, n int, text text, sort text, norm text, rest text, grams text[], PRIMARY KEY (kind, n))"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO m VALUES (%s, %s, %s, %s)",
                [(n, one.id, one.team_id, share_bit(one.id)) for n, one in enumerate(self.members)],
            )
            cursor.executemany(
                "INSERT INTO s VALUES (%s, %s, %s, %s, %s)",
                [(n, one.id, one.pipeline_id, one.category, one.probability) for n, one in enumerate(self.stages)],
            )
            cursor.executemany(
                "INSERT INTO w VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [(kind, n, *_parts(text)) for kind, n, text in _names()],
            )
        connection.execute("ANALYZE m; ANALYZE s; ANALYZE w")

    def _fill(self, connection: psycopg.Connection[Any], name: str, count: int, columns: Columns) -> None:
        model = registry.get(name).model
        values = {**self._common(name), **columns}
        field: Any
        for field in model._meta.local_concrete_fields:
            if field.column not in values and not field.null and not by_database(field):
                values[field.column] = nothing(field)
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        line = f"SELECT {', '.join(values.values())} FROM generate_series(0, {count - 1}) AS g(n) JOIN m ON m.n = g.n % {MEMBERS} {_JOINS[name]}"
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) ").format(sql.Identifier(model._meta.db_table), names) + sql.SQL(line)
        )

    def _common(self, name: str) -> Columns:
        at = "timestamptz '2026-01-01' + g.n * interval '3 seconds'"
        return {
            "id": key(NUMBERS[name], "g.n"),
            "tenant_id": f"'{self.tenant}'",
            "owner_id": "m.id",
            "team_id": "m.team",
            "created_at": at,
            "updated_at": at,
            "version": "1",
        }

    def _account(self) -> Columns:
        machines, territory, visited = (self.own[one["name"]] for one in OWN_FIELDS)
        shared = f"CASE WHEN g.n % {self._every} = 0 THEN (SELECT bit FROM m o WHERE o.n = (g.n / {self._every}) % {MEMBERS}) ELSE 0 END"
        return {
            "name": "w.text || ' ' || g.n", "name_sort": "w.sort || ' ' || g.n", "code": "'AC-' || lpad(g.n::text, 7, '0')", "industry": f"({_array(TRADES)})[1 + g.n % 7]",
            "city": "'City ' || g.n % 997", "country": "CASE g.n % 3 WHEN 0 THEN 'DE' ELSE 'CN' END", "currency": "'CNY'", "employees": "g.n % 5000",
            "grade": "substr('ABCD', 1 + g.n % 4, 1)", "share_mask": shared,
            "custom": f"jsonb_build_object('own_machines', {_MIXED}::text, 'own_territory', 'T' || {_MIXED}, 'own_visited', (date '2026-01-01' + {_MIXED} % 300)::text)",
            machines: f"{_MIXED} * 10000", territory: f"'T' || {_MIXED}", visited: f"(date '2026-01-01' + {_MIXED} % 300)::timestamptz",
        }  # fmt: skip

    @property
    def _every(self) -> int:
        return max(1, self.accounts // SHARES)

    def _contact(self) -> Columns:
        return {
            "name": "w.text || ' ' || g.n", "name_sort": "w.sort || ' ' || g.n", "family_name": "split_part(w.text, ' ', 2) || ' ' || g.n", "given_name": "split_part(w.text, ' ', 1)",
            "code": "'CO-' || lpad(g.n::text, 7, '0')", "account_id": key(1, f"g.n % {self.accounts}"), "job_title": "'Buyer'",
            "email": "'c' || g.n || '@firm' || g.n % 5000 || '.example'", "email_norm": "'c' || g.n || '@firm' || g.n % 5000 || '.example'",
        }  # fmt: skip

    def _opportunity(self) -> Columns:
        amount = "((1000 + g.n * 7919::bigint % 900000) * 10000)"
        closed = "CASE WHEN s.category <> 'open' THEN now() - (g.n * 13::bigint % 1000) * interval '1 day' END"
        return {
            "name": "w.text || ' ' || g.n", "code": "'OP-' || lpad(g.n::text, 7, '0')", "account_id": key(1, f"g.n % {self.accounts}"),
            "contact_id": key(2, f"g.n % {self.accounts}"), "pipeline_id": "s.pipeline", "stage_id": "s.id", "category": "s.category", "probability": "s.probability",
            "amount": amount, "amount_company": amount, "weighted": f"{amount} * s.probability / 100", "currency": "'CNY'", "closed_at": closed,
            "stage_since": "timestamptz '2026-01-01'", "close_date": f"coalesce(({closed})::date, current_date + g.n % 200)",
            "forecast_category": "CASE s.category WHEN 'open' THEN 'pipeline' ELSE 'closed' END",
        }  # fmt: skip

    def _interaction(self) -> Columns:
        return {
            "account_id": key(1, f"g.n % {self.accounts}"), "contact_id": key(2, f"g.n % {self.accounts}"),
            "channel": "(ARRAY['phone', 'mail', 'meeting', 'visit', 'wechat'])[1 + g.n % 5]", "direction": "CASE g.n % 2 WHEN 0 THEN 'in' ELSE 'out' END",
            "at": "timestamptz '2024-01-01' + g.n * interval '14 seconds'", "subject": "'Talk about ' || w.text", "body": f"CASE WHEN g.n % {WRITTEN} = 0 THEN {_BODY} ELSE '' END",
        }  # fmt: skip

    def _entries(self, name: str) -> str:
        """Search entries of names, as records.search writes them."""
        table = registry.get(name).model._meta.db_table
        digits = "CASE WHEN length(g.n::text) >= 4 THEN chr(10) || g.n ELSE '' END"
        return f"""
            INSERT INTO records_searchentry (tenant_id, record_id, field, object, text, norm, grams, owner_id, team_id, share_mask)
            SELECT '{self.tenant}', t.id, 'name', '{name}', t.name, w.norm || ' ' || g.n || w.rest || {digits},
                   w.grams || {_DIGITS}, t.owner_id, t.team_id, t.share_mask
            FROM "{table}" t CROSS JOIN LATERAL (SELECT ('x' || right(t.id::text, 12))::bit(48)::bigint::int AS n) g
            CROSS JOIN LATERAL (SELECT g.n::text AS t) d {_JOINS[name].split("JOIN s")[0]}
            WHERE t.tenant_id = '{self.tenant}'
        """

    def _texts(self) -> str:
        return f"""
            INSERT INTO records_textentry (tenant_id, record_id, field, object, body, words, owner_id, team_id, share_mask)
            SELECT '{self.tenant}', t.id, 'body', 'interaction', t.body, array_to_tsvector(array_remove(regexp_split_to_array(lower(t.body), '[^a-z0-9]+'), '')), t.owner_id, t.team_id, 0
            FROM activity_interaction t WHERE t.tenant_id = '{self.tenant}' AND t.body <> ''
        """

    def _shares(self) -> str:
        count = self.accounts // self._every
        return f"""
            INSERT INTO identity_share (id, tenant_id, principal_id, object, record_id, source, may_edit)
            SELECT gen_random_uuid(), '{self.tenant}', m.id, 'account', {key(1, f"g.n * {self._every}")}, 'manual', false
            FROM generate_series(0, {count - 1}) AS g(n) JOIN m ON m.n = g.n % {MEMBERS}
        """


# A number below a thousand that has nothing to do with who owns the record.
_MIXED = f"((g.n / {MEMBERS} * 37 + g.n) % 1000)"
NUMBERS = {"account": 1, "contact": 2, "opportunity": 3, "interaction": 4}
_BODY = "'We spoke about ' || w.text || ' and order ' || g.n || '. They want ' || (g.n * 7::bigint % 90000) || ' pieces by spring, ask for samples, and compare prices with two others.'"
_JOINS = {
    "account": "JOIN w ON w.kind = 'account' AND w.n = g.n % 2268",
    "contact": "JOIN w ON w.kind = 'contact' AND w.n = g.n % 72",
    "opportunity": "JOIN w ON w.kind = 'project' AND w.n = g.n % 18 JOIN s ON s.n = g.n::bigint * 7 / 10 % (SELECT count(*) FROM s)",
    "interaction": "JOIN w ON w.kind = 'word' AND w.n = g.n % 18",
}
# The n-grams of a number of at most eight digits, as records.ngrams.grams gives them.
_DIGITS = (
    "array_remove(ARRAY['^' || left(d.t, 1), '^' || left(d.t, 2), "
    + ", ".join(f"CASE WHEN length(d.t) >= {at + 2} THEN substr(d.t, {at}, 3) END" for at in range(1, 7))
    + "]::text[], NULL)"
)


def _names() -> Iterator[tuple[str, int, str]]:
    """What names are made of, numbered."""
    for number in range(len(WORDS) ** 2 * len(TRADES)):
        yield "account", number, f"{WORDS[number % 18]} {WORDS[number // 18 % 18]} {TRADES[number % 7]}"
    for number in range(len(FAMILIES) * len(GIVEN)):
        yield "contact", number, f"{GIVEN[number % 9]} {FAMILIES[number % 8]}"
    for number, word in enumerate(WORDS):
        yield "word", number, word
        yield "project", number, f"{word} project"


def _parts(text: str) -> tuple[str, str, str, str, list[str]]:
    """A text, how it is sorted, its normalised first line, its pinyin lines, its n-grams."""
    norm = search_text(text)
    first, mark, rest = norm.partition("\n")
    return text, text.lower(), first, mark + rest, sorted(grams(norm))


def key(kind: int, number: str) -> str:
    return f"('{kind:08x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _array(texts: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{text}'" for text in texts) + "]"


def by_database(field: Any) -> bool:
    """Whether the database fills the column."""
    return field.generated or field.db_default is not models.NOT_PROVIDED


def nothing(field: Any) -> str:
    """The empty value of a column that must have one, as SQL."""
    default = field.get_default()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, list | dict):
        return "'{}'" if isinstance(default, dict) or not isinstance(field, models.JSONField) else "'[]'"
    if default is None or default == "":
        return "''" if field.get_internal_type() in ("CharField", "TextField", "EmailField", "SlugField") else "0"
    return "'" + str(default).replace("'", "''") + "'"


@contextmanager
def without_indexes(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Fill a table without its indexes and make them afterwards, if it is empty: several times faster.

    Those with a condition, most of them for slots that nothing uses, cost less than making them anew.
    """
    began = time.monotonic()
    few = sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT 10001) AS few").format(sql.Identifier(table))
    row = connection.execute(few).fetchone()
    empty = row is not None and row[0] <= 10_000
    found = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i WHERE indrelid = %s::regclass AND NOT indisprimary AND indpred IS NULL"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        [table],
    ).fetchall()
    dropped = found if empty else []
    for name, _definition in dropped:
        connection.execute(f"DROP INDEX {name}")
    try:
        yield
        filled = time.monotonic()
    finally:
        for _name, definition in dropped:
            connection.execute(definition)
    connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    print(
        f"{table}: filled in {filled - began:.0f} s, {len(dropped)} indexes in {time.monotonic() - filled:.0f} s",
        flush=True,
    )


def owner_of(number: int) -> int:
    """The number of the member who owns a record."""
    return number % MEMBERS
