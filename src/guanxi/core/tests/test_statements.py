"""Statements beside the ORM: prepared, sent together, counted."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from guanxi.core.codes import next_code
from guanxi.core.db.behind import behind
from guanxi.core.db.statements import run_prepared, send_prepared, together
from guanxi.core.ids import new_id
from guanxi.core.models import CodePattern
from guanxi.core.tenancy import tenant_tx

INSERT = (
    "INSERT INTO core_codepattern (id, tenant_id, object, pattern, period, next_number) VALUES (%s, %s, %s, %s, '', 1)"
)


def test_a_prepared_statement_gives_its_rows(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        assert run_prepared("SELECT %s::int + 1", [41]) == [(42,)]
        assert run_prepared("SELECT 1 WHERE false") == []


def test_an_answer_is_read_among_statements_sent_together(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id), together():
        send_prepared(INSERT, [new_id(), tenant_id, "box", "BX-{seq:3}"])
        assert run_prepared("SELECT pattern FROM core_codepattern WHERE object = 'box'") == [("BX-{seq:3}",)]
        assert run_prepared("SELECT 1 WHERE false") == []
        assert next_code("box", "unused-{seq}") == "BX-001"


def test_an_error_among_statements_sent_together_is_raised_at_their_end(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        with pytest.raises(IntegrityError), tenant_tx(tenant_id), together():
            send_prepared(INSERT, [new_id(), tenant_id, "box", "A-{seq}"])
            send_prepared(INSERT, [new_id(), tenant_id, "box", "B-{seq}"])
        assert run_prepared("SELECT count(*) FROM core_codepattern WHERE object = 'box'") == [(0,)]


def test_prepared_statements_are_counted(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id), CaptureQueriesContext(connection) as seen:
        run_prepared("SELECT %s::text", ["it's"])
    assert [query["sql"] for query in seen.captured_queries] == ["SELECT 'it''s'::text"]


def test_what_is_written_behind_is_seen_by_every_later_statement(tenant_id: UUID) -> None:
    count = "SELECT count(*) FROM core_codepattern WHERE tenant_id = %s"
    with tenant_tx(tenant_id), behind():
        for number in range(40):
            send_prepared(INSERT, [new_id(), tenant_id, f"box{number}", "BX-{seq:3}"])
        assert run_prepared(count, [tenant_id]) == [(40,)]
        send_prepared(INSERT, [new_id(), tenant_id, "lid", "LD-{seq:3}"])
        assert CodePattern.objects.count() == 41
        assert next_code("lid", "unused-{seq}") == "LD-001"


def test_an_error_behind_is_raised_at_the_end_and_takes_all_back(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        with pytest.raises(IntegrityError), tenant_tx(tenant_id), behind():
            for _time in range(2):
                send_prepared(INSERT, [new_id(), tenant_id, "box", "A-{seq}"])
        assert CodePattern.objects.count() == 0
        # The connection is whole, and nothing is written behind any more.
        assert next_code("box", "BX-{seq}") == "BX-1"
