"""Criteria on parts of addresses, on whole addresses, codes and files mean the same in SQL and in Python, whatever they hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from guanxi.identity.actor import Actor
from guanxi.records.changes import update_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.models import CustomField
from guanxi.records.queries import visible_records
from guanxi.records.tests.test_file_fields import sent
from guanxi.records.tests.test_own_fields import account, make

TEXTS = ["", "Ulm", "ulm", "Köln", "KÖLN", "苏州市", "a%b", "a_b", "\\", "St. Ulm ", "ß", "İ", "e\u0301"]
CITIES = st.sampled_from(TEXTS)
COUNTRIES = st.sampled_from(["", "DE", "CN"])
ADDRESSES = st.fixed_dictionaries(
    {}, optional={"street": CITIES, "city": CITIES, "postcode": CITIES, "country": COUNTRIES}
)
WORDS = ("is", "is_not", "contains", "starts", "empty", "not_empty", "in", "not_in")
LEAVES = st.one_of(
    st.tuples(st.sampled_from(["site.city", "site.street"]), st.sampled_from(WORDS), CITIES),
    st.tuples(st.just("site.country"), st.sampled_from(WORDS), COUNTRIES),
    st.tuples(st.just("site"), st.sampled_from(["contains", "empty", "not_empty"]), CITIES),
    st.tuples(
        st.just("file_no"), st.sampled_from(WORDS), st.sampled_from(["F-0001", "f-0002", "F-", "3", "", "_", "%"])
    ),
    st.tuples(st.just("papers"), st.sampled_from(["empty", "not_empty"]), st.just("")),
).map(lambda one: {"field": one[0], "op": one[1], "value": [one[2]] if one[1] in ("in", "not_in") else one[2]})
CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda many: {"all": many}),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: {"any": many}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("slot", [True, False])
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
@given(
    addresses=st.lists(ADDRESSES, min_size=3, max_size=3),
    held=st.lists(st.booleans(), min_size=3, max_size=3),
    many=st.lists(CRITERIA, min_size=8, max_size=8),
)
def test_criteria_find_the_same_records_in_sql_and_in_python(
    actor: Actor, slot: bool, addresses: list[dict[str, str]], held: list[bool], many: list[dict[str, Any]]
) -> None:
    if not CustomField.objects.exists():
        for kind, label, more in (("address", "Site", {}), ("file", "Papers", {}), ("autocode", "File no", {"pattern": "F-{seq:4}"})):  # fmt: skip
            row = make(actor, kind, label, **more)
            if not slot:
                CustomField.objects.filter(id=row.id).update(slot="")
        for name in "ABC":
            account(actor, name)
    for record, place, paper in zip(visible_records(actor, "account").order_by("name"), addresses, held, strict=True):
        papers = record.custom.get("papers", []) if paper else []
        update_record(
            actor, "account", record.id, {"site": place, "papers": papers or ([sent(actor)] if paper else [])}
        )
    records = list(visible_records(actor, "account"))
    for criteria in many:
        found = compile_q(actor, "account", criteria).apply(visible_records(actor, "account"))
        test = compile_predicate(actor, "account", criteria)
        names = sorted(found.values_list("name", flat=True))
        assert names == sorted(one.name for one in records if test(one)), (
            criteria,
            [one.custom for one in records],
        )
