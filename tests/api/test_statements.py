"""How many statements the hottest calls cost: a timing may vary, these may not grow."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.calling import Api

IDLE = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config", "BEGIN")


def statements(call: Callable[[], object]) -> list[str]:
    """What a warmed call asks the database, transactions aside."""
    for _ in range(2):
        call()
    with CaptureQueriesContext(connection) as queries:
        call()
    return [one["sql"].strip()[:200] for one in queries if not one["sql"].strip().startswith(IDLE)]


def test_reading_a_record_costs_the_caller_and_the_record(api: Api) -> None:
    key = api.post("/accounts", {"name": "Polar Foods"}).json["id"]
    asked = statements(lambda: api.get(f"/accounts/{key}"))
    assert len(asked) == 2, asked


def test_a_page_costs_the_caller_and_one_statement_for_each_part_of_the_order(api: Api) -> None:
    api.post("/accounts", {"name": "Polar Foods"})
    asked = statements(lambda: api.get("/accounts?sort=name"))
    assert len(asked) == 2, asked


def test_a_new_record_costs_seven_statements(api: Api) -> None:
    asked = statements(lambda: api.post("/accounts", {"name": "Polar Foods", "city": "Ulm"}))
    # The caller, a code, the row, history, search entries, the event, the record as it is answered.
    assert len(asked) == 7, asked
