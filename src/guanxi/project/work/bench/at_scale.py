"""`guanxi bench --million`: the record engine on a million accounts, for people who see a little, some, most and all of it.

Times are those of the database: what `pgbench` needs for the statements that Guanxi sends, each planned once as Guanxi's connections do,
with one client. What is asked once in minutes and then kept (who sees little, rules of sharing) is asked before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import SharingRule, Team
from guanxi.identity.queries import actor_of_user
from guanxi.project.work.bench import bare
from guanxi.project.work.bench.large import Large, prepare_large
from guanxi.project.work.statistics import analyze
from guanxi.records.board import board_page
from guanxi.records.lists import ListQuery, count_records, list_records
from guanxi.records.queries import visible_records
from guanxi.records.search import search
from guanxi.records.sharing.filling import fill_rule
from guanxi.records.sharing.rules import save_rule

RULES = 200
PAGE = 50
HEAD = ("| what | sees | ms | of unrestricted | rows | what limits it |", "|---|---|---|---|---|---|")


@dataclass(frozen=True)
class Question:
    """Something that a person asks: `ask(actor)` reads it and says how many rows came."""

    name: str
    ask: Callable[[Actor], int]
    limit: str


def run_large(*, accounts: int, seconds: int, sharing: bool, report: Path | None) -> list[str]:
    """Make the tenant, with `sharing` also its rules, measure, and return the table as Markdown; also into `report`."""
    large = prepare_large(accounts)
    actors = _actors(large)
    if sharing:
        _make_rules(large, actors["all"])
        actors = _actors(large)
    lines = [line for question in _questions(large) for line in _measured(large, actors, question, seconds)]
    text = [*_introduction(large, sharing), *HEAD, *lines]
    if report is not None:
        report.write_text("\n".join(text) + "\n", encoding="utf-8")
    return text


def _actors(large: Large) -> dict[str, Actor]:
    with tenant_tx(large.tenant.id):
        found = {name: actor_of_user(large.tenant.id, user) for name, user in large.viewers.items()}
    return {name: actor for name, actor in found.items() if actor is not None}


def _make_rules(large: Large, admin: Actor) -> None:
    """Rules by city, each to a team; their rows are made here and now."""
    with tenant_tx(large.tenant.id):
        have = set(SharingRule.objects.values_list("name", flat=True))
        teams = list(Team.objects.order_by("id").values_list("id", flat=True))
    for number in range(RULES):
        name = f"Rule {number}"
        if name in have:
            continue
        values = {
            "name": name, "object": "account", "criteria": {"field": "city", "op": "is", "value": f"City {number}"},
            "principal_kind": "team", "principal_id": teams[number * 7 % len(teams)], "is_active": True,
        }  # fmt: skip
        with tenant_tx(large.tenant.id):
            rule = save_rule(admin, values)
        fill_rule.function(large.tenant.id, rule.id, rule.grant_id)
    analyze()


def _questions(large: Large) -> Iterator[Question]:
    yield _page("first page, newest first", "account", "-updated_at", {}, "the walk along the order until 50 are seen")
    yield _page("first page, by name", "account", "name", {}, "the walk along the order until 50 are seen")
    yield _page(
        "filter by an own number, sort by it",
        "account",
        "-own_machines",
        {"field": "own_machines", "op": "gte", "value": 500},
        "the index of the slot",
    )
    wanted = {"all": [
        {"field": "own_territory", "op": "is", "value": "T7"}, {"field": "own_machines", "op": "lt", "value": 500}, {"field": "own_visited", "op": "gte", "value": "2026-03-01"},
    ]}  # fmt: skip
    yield _page("filter by three own fields", "account", "-own_visited", wanted, "the index of one slot")
    yield Question(
        "count",
        lambda actor: count_records(actor, ListQuery(object="account"), cap=large.accounts)[0],
        "reading every row that counts",
    )
    yield Question("board: sums and cards", _board, "sums of every stage over all visible rows")
    yield _search("search: part of a name", f"arbour {large.accounts // 3}")
    yield _search("search: Chinese name", "长江 精密", ["account"])
    yield _search("search: a number", f"{large.accounts // 2 + 7}")
    yield _search("search: words in a text", f"order {large.accounts * 2}")
    yield _search("search: common words in texts", "samples prices")


def _search(name: str, text: str, objects: Sequence[str] | None = None) -> Question:
    def ask(actor: Actor) -> int:
        return len(search(actor, text, objects=objects, texts=True))

    return Question(name, ask, "the index, and ranking what it finds")


def _page(name: str, object_name: str, sort: str, criteria: Any, limit: str) -> Question:
    query = ListQuery(object=object_name, criteria=criteria, sort=sort, limit=PAGE)
    return Question(name, lambda actor: len(list_records(actor, query).rows), limit)


def _board(actor: Actor) -> int:
    return sum(column.count for column in board_page(actor, "opportunity", {}))


def _measured(large: Large, actors: dict[str, Actor], question: Question, seconds: int) -> Iterator[str]:
    times: dict[str, tuple[float, int]] = {}
    for name, actor in actors.items():
        rows = 0

        def ask(actor: Actor = actor) -> None:
            nonlocal rows
            rows = question.ask(actor)

        with tenant_tx(large.tenant.id):
            ask()
        statements = bare.captured(large.tenant.id, ask)
        rate = bare.rate([bare.script(large.tenant.id, statements)], clients=1, seconds=seconds, prepared=True)
        times[name] = (1000 / rate, rows)
    whole = times["all"][0]
    for name, (spent, rows) in times.items():
        yield f"| {question.name} | {name} | {spent:.1f} | {spent / whole:.1f} × | {rows:,} | {question.limit} |"


def _introduction(large: Large, sharing: bool) -> list[str]:
    with tenant_tx(large.tenant.id):
        seen = {name: visible_records(actor, "account").count() for name, actor in _actors(large).items()}
    people = ", ".join(f"{name} ({count:,})" for name, count in seen.items())
    return [
        f"{large.accounts:,} accounts, {2 * large.accounts:,} contacts, {large.accounts:,} opportunities, {5 * large.accounts:,} interactions; a tree of 300 teams,",
        f"5,000 members, 50,000 manual shares, {RULES if sharing else 'no'} rules. Who looks sees of the accounts: {people}.",
        "",
    ]
