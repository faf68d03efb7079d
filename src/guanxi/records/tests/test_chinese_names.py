"""Names that a company configures twice: a Chinese reader sees the Chinese one, wherever a link is drawn."""

from typing import Any

import orjson
import pytest
from django.utils.translation import override

from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import record_label
from guanxi.records.queries import get_record, linked_labels
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def record(actor: Actor) -> Any:
    made = create_record(actor, "opportunity", {"name": "Torque rigs"})
    update_record(actor, "stage", made.stage_id, {"name": "First talks", "name_zh": "初步接洽"})
    update_record(actor, "pipeline", made.pipeline_id, {"name": "Direct", "name_zh": ""})
    return made


@pytest.mark.parametrize(("language", "stage"), [("en", "First talks"), ("zh-hans", "初步接洽")])
def test_lists_and_links_speak_the_readers_language(actor: Actor, record: Any, language: str, stage: str) -> None:
    with override(language):
        query = ListQuery(object="opportunity", fields=("name", "stage", "pipeline"))
        (row,) = list_records(actor, query).rows
        assert (row["stage"]["label"], row["pipeline"]["label"]) == (stage, "Direct")
        assert linked_labels(actor, "stage", {record.stage_id}) == {record.stage_id: stage}
        assert record_label(get_record(actor, "stage", record.stage_id)) == stage


def test_only_objects_with_a_second_name_have_one() -> None:
    named = {kind.name for kind in registry.objects() if kind.title_zh}
    assert {"stage", "pipeline", "reason", "product"} <= named
    assert not {"account", "contact", "opportunity", "lead"} & named


def test_pages_chips_and_look_ups_show_it(actor: Actor, record: Any) -> None:
    User.objects.update(language="zh-hans")
    client = sign_in(actor)
    assert "初步接洽" in client.get(f"/opportunities/{record.id}/").content.decode()
    chosen = orjson.dumps({"field": "stage", "op": "is", "value": str(record.stage_id)}).decode()
    page = client.get("/opportunities/", {"filter": chosen}).content.decode()
    assert "<b>初步接洽</b>" in page and "First talks" not in page
    for text in ("初步", "First"):
        found = orjson.loads(client.get("/lookup/stage/", {"q": text}).content)["data"]
        assert [item["label"] for item in found] == ["初步接洽"]
