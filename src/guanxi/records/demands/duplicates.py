"""Records that are likely the same by the company's own rules.

Each record has keys by which those like it are found: hashes of what a rule compares exactly or normalised, together with beginnings and
endings of what it compares loosely. Keys are written with the record, so that a look-up reads an index, at any number of records.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from rapidfuzz.distance import JaroWinkler

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records.addresses import sort_text
from guanxi.records.demands.reading import BLANK, Likeness, demands_of, fields_now, value_of
from guanxi.records.models import MatchKey, Operation
from guanxi.records.queries import visible_records
from guanxi.records.registry import Draft, Field, ObjectType
from guanxi.records.similar import Similar, similar_of
from guanxi.records.values import plain
from guanxi.science.names import company_core, latin

EXACT, NORMALISED, FUZZY = "exact", "normalised", "fuzzy"
WAYS = (EXACT, NORMALISED, FUZZY)
# From this likeness (Jaro-Winkler) on, two texts that are compared loosely agree.
ALIKE = 0.9
PART = 4
MOST = 6
CANDIDATES = 200
BATCH = 2000


class Duplicates(Invalid):
    """Saving would make a likely duplicate, which a rule forbids."""


@dataclass(frozen=True)
class Twin:
    """A record that is likely the same by a rule."""

    rule: Likeness
    record: Any


def keep_apart(actor: Actor, kind: ObjectType, drafts: Sequence[Draft]) -> None:
    """Write the keys of written records, and raise `Duplicates` where a rule forbids one that is like them."""
    errors: dict[str, list[str]] = {}
    for rule in demands_of(kind.name).likenesses:
        names = {match.field for match in rule.matches}
        concerned = [(at, draft) for at, draft in enumerate(drafts) if draft.before is None or draft.changed & names]
        if not concerned:
            continue
        keys = {draft.record.id: keys_of(kind, rule, draft.record) for _at, draft in concerned}
        if rule.blocks and actor.member_id is not None:
            _serialise(rule, {key for found in keys.values() for key in found})
        _write_keys(rule, keys, anew=any(draft.before is not None for _at, draft in concerned))
        if rule.blocks and actor.member_id is not None:
            twins = find_twins(kind, rule, [draft.record for _at, draft in concerned])
            for at, draft in concerned:
                if twins.get(draft.record.id) and not _merging(actor):
                    prefix = f"{at}." if len(drafts) > 1 else ""
                    text = refusal_text(actor, kind, rule, twins[draft.record.id])
                    errors.setdefault(prefix + rule.matches[0].field, []).append(text)
    if errors:
        raise Duplicates(errors)


def keys_of(kind: ObjectType, rule: Likeness, record: Any) -> set[str]:
    """The keys under which a record stands; none where one of the fields is empty."""
    known = fields_now(kind)
    firm: list[str] = []
    loose: list[str] = []
    for match in rule.matches:
        text = comparable(known[match.field], value_of(kind, record, match.field), match.how)
        if not text:
            return set()
        (loose if match.how == FUZZY else firm).append(text)
    ends = {("<", loose[0][:PART]), (">", loose[0][-PART:])} if loose else {("", "")}
    return {blake2b("\0".join((*firm, *end)).encode(), digest_size=16).hexdigest() for end in ends}


def comparable(item: Field, value: Any, how: str) -> str:
    """A value as it is compared; "" for none."""
    if value in BLANK:
        return ""
    if item.kind == "address":
        value = sort_text(value) or ""
    text = str(plain(value)).strip() if not isinstance(value, list) else ",".join(sorted(map(str, value)))
    if how == EXACT or item.kind not in ("text", "longtext", "email", "phone", "url", "address"):
        return text
    folded = unicodedata.normalize("NFKC", text).casefold()
    if item.kind == "phone":
        digits = "".join(char for char in folded if char.isdigit()).lstrip("0")
        return digits[-11:]
    if item.kind == "email":
        return folded
    if item.kind == "url":
        return folded.partition("://")[2].removeprefix("www.").rstrip("/") or folded.removeprefix("www.").rstrip("/")
    bare = company_core(folded) or "".join(char for char in folded if char.isalnum())
    return "".join(latin(bare).split()) if how == FUZZY else bare


def find_twins(kind: ObjectType, rule: Likeness, records: Sequence[Any]) -> dict[UUID, list[Any]]:
    """For each record those that a rule calls likely the same, in the order of their keys; deleted ones do not count."""
    wanted = {record.id: keys_of(kind, rule, record) for record in records}
    every = sorted({key for keys in wanted.values() for key in keys})
    if not every:
        return {}
    rows = MatchKey.objects.filter(rule_id=rule.id, key__in=every).order_by("record_id").values_list("key", "record_id")
    by_key: dict[str, list[UUID]] = {}
    for key, record_id in rows:
        by_key.setdefault(key, []).append(record_id)
    model: Any = kind.model
    ids = {one for found in by_key.values() for one in found[:CANDIDATES]}
    living = {row.id: row for row in model._default_manager.filter(id__in=ids, deleted_at=None)}
    return {
        record.id: [
            living[one]
            for one in sorted({one for key in wanted[record.id] for one in by_key.get(key, ())})
            if one != record.id and one in living and _agree(kind, rule, record, living[one])
        ]
        for record in records
    }


def twins_of(actor: Actor, kind: ObjectType, record: Any, rules: Sequence[Likeness] | None = None) -> list[Twin]:
    """Records like one that is being entered, by all rules or these; one that several rules find comes once."""
    found: dict[UUID, Twin] = {}
    for rule in demands_of(kind.name).likenesses if rules is None else rules:
        if all(matchable(actor, kind.name, match.field) for match in rule.matches):
            for twin in find_twins(kind, rule, [record]).get(record.id, ()):
                found.setdefault(twin.id, Twin(rule, twin))
    return list(found.values())


def likely_same(actor: Actor, kind: ObjectType, record: Any, rules: Sequence[Likeness] | None = None) -> list[Similar]:
    """The same as the form shows it: what the actor may see, with the rule's fields as reasons."""
    twins = twins_of(actor, kind, record, rules)
    if not twins:
        return []
    shown = set(
        visible_records(actor, kind.name).filter(id__in=[twin.record.id for twin in twins]).values_list("id", flat=True)
    )
    return [
        similar_of(actor, kind.name, twin.record, [reason(kind, twin.rule)])
        for twin in twins
        if twin.record.id in shown
    ][:MOST]


def reason(kind: ObjectType, rule: Likeness) -> str:
    """Why two records are likely the same: “Same Name, like City”."""
    known = fields_now(kind)
    words = {EXACT: _("same %(field)s"), NORMALISED: _("same %(field)s"), FUZZY: _("similar %(field)s")}
    return ", ".join(words[match.how] % {"field": known[match.field].label} for match in rule.matches)


def refusal_text(actor: Actor, kind: ObjectType, rule: Likeness, twins: Sequence[Any]) -> str:
    """What is said where a rule forbids a duplicate; what the actor may not see is not named."""
    shown = (
        visible_records(actor, kind.name).filter(id__in=[one.id for one in twins[:CANDIDATES]]).order_by("id").first()
    )
    why = reason(kind, rule)
    if shown is None or not all(matchable(actor, kind.name, match.field) for match in rule.matches):
        return _("It exists already (%(why)s), but is not shown to you.") % {"why": why}
    one = similar_of(actor, kind.name, shown, ())
    name = f"{one.name} ({shown.code})" if shown.code and shown.code != one.name else one.name
    return _("It exists already: %(name)s (%(why)s).") % {"name": name, "why": why}


def write_keys_again(kind: ObjectType, rule: Likeness, records: Sequence[Any]) -> None:
    """Make the keys of records that are there already."""
    _write_keys(rule, {record.id: keys_of(kind, rule, record) for record in records}, anew=True)


def _merging(actor: Actor) -> bool:
    """Whether the change is part of a merge: what the survivor takes over still stands on the record that goes."""
    return actor.batch_id is not None and Operation.objects.filter(id=actor.batch_id, action="merge").exists()


def _agree(kind: ObjectType, rule: Likeness, one: Any, other: Any) -> bool:
    known = fields_now(kind)
    for match in rule.matches:
        texts = [
            comparable(known[match.field], value_of(kind, record, match.field), match.how) for record in (one, other)
        ]
        if match.how != FUZZY and texts[0] != texts[1]:
            return False
        if match.how == FUZZY and (not all(texts) or JaroWinkler.similarity(*texts) < ALIKE):
            return False
    return True


def _write_keys(rule: Likeness, keys: Mapping[UUID, Iterable[str]], *, anew: bool) -> None:
    if anew:
        MatchKey.objects.filter(rule_id=rule.id, record_id__in=list(keys)).delete()
    MatchKey.objects.bulk_create(_rows(rule, keys), batch_size=BATCH)


def _rows(rule: Likeness, keys: Mapping[UUID, Iterable[str]]) -> Iterator[MatchKey]:
    for record_id, found in keys.items():
        for key in sorted(found):
            yield MatchKey(rule_id=rule.id, record_id=record_id, key=key)


def _serialise(rule: Likeness, keys: Iterable[str]) -> None:
    """Two who enter the same at the same moment come one after the other, or neither would see the other."""
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{rule.id}{key}"])
