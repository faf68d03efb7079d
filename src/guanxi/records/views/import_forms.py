"""The form in which a person decides what becomes of the columns of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.records.imports.preview import Preview
from guanxi.records.imports.rules import CASES, MAX_MAP, PARTS, Rule
from guanxi.records.models import Import

SAMPLES = 3
_LONGEST = 2000


@dataclass(frozen=True)
class Sent:
    """The policies as they were sent, or as they were decided before."""

    key: str
    policy: str

    @classmethod
    def of(cls, post: Mapping[str, str], row: Import) -> "Sent":
        """From the form, else from the import."""
        kept = row.options
        return cls(post.get("key", kept.get("key", "")), post.get("policy") or str(kept.get("policy") or "skip"))


def shape_of(post: Mapping[str, str]) -> dict[str, str]:
    """How the file is to be read, as far as the form says."""
    names = ("encoding", "delimiter", "decimal", "dates")
    return {name: post[f"form_{name}"] for name in names if post.get(f"form_{name}")}


def sent_rules(post: Mapping[str, str], width: int) -> list[Rule]:
    """The rules of the form. Raises `Invalid` for what no form of ours sends."""
    rules = []
    for number in range(width):
        name = post.get(f"column_{number}", "")[:100]
        if name:
            rules.append(
                Rule(
                    name,
                    number,
                    case=_one_of(post.get(f"case_{number}", ""), CASES),
                    part=_one_of(post.get(f"part_{number}", ""), PARTS),
                    squeeze=bool(post.get(f"squeeze_{number}")),
                    map=_map(post.get(f"map_{number}", "")),
                    default=post.get(f"default_{number}", "").strip()[:_LONGEST],
                    by=post.get(f"by_{number}", "")[:100],
                    make=bool(post.get(f"make_{number}")),
                )
            )
        also = post.get(f"also_{number}", "")[:100]
        if also:
            rules.append(Rule(also, number, part=_one_of(post.get(f"also_part_{number}", ""), PARTS)))
    return rules


def _one_of(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise Invalid({"": [_("Choose one of the values.")]})
    return text


def _map(text: str) -> dict[str, str]:
    """Lines such as "Herr = mr"."""
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    if len(pairs) > MAX_MAP:
        raise Invalid({"": [_("Use at most %(count)d entries.") % {"count": MAX_MAP}]})
    return {before.strip(): after.strip() for before, _sign, after in pairs if before.strip()}


def column_rows(shown: Preview, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """One line of the form for each column: its head, examples, and the rules it has."""
    by_column: dict[int, list[Rule]] = {}
    for rule in rules:
        by_column.setdefault(rule.column, []).append(rule)
    rows = []
    for number, header in enumerate(shown.headers):
        first, second = [*by_column.get(number, []), None, None][:2]
        rule = first or Rule("", number)
        samples = [row[number] for row in shown.samples if number < len(row) and row[number].strip()][:SAMPLES]
        rows.append(
            {
                "number": number,
                "header": header or _("Column %(number)s") % {"number": number + 1},
                "samples": samples,
                "rule": rule,
                "map": "\n".join(f"{before} = {after}" for before, after in rule.map.items()),
                "also": second,
                "changed": bool(set(rule.as_json()) - {"field", "column"}) or second is not None,
            }
        )
    return rows


def policy_choices() -> list[tuple[str, str]]:
    """What may happen with rows that are known."""
    return [
        ("skip", _("leave the record as it is")),
        ("fill", _("fill what is empty in the record")),
        ("update", _("update the record")),
        ("create", _("make another record")),
    ]


def part_choices() -> list[tuple[str, str]]:
    """Which part of a text is taken."""
    return [
        ("first", _("first word")),
        ("rest", _("all but the first word")),
        ("last", _("last word")),
        ("butlast", _("all but the last word")),
    ]
