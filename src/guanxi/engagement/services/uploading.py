"""Answers from a file: one row an answer, columns called by the keys or words of the questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import IO, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.queries import find_by_address
from guanxi.engagement.models import AnswerChannel, Questionnaire
from guanxi.engagement.queries import latest_version
from guanxi.engagement.services.offers import key_of
from guanxi.engagement.services.questionnaires import keep_answer
from guanxi.engagement.sheet import RATINGS, Question, Sheet, read_sheet
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.imports.forms import recognise
from guanxi.records.imports.reading import Bad, open_source
from guanxi.records.queries import get_record, visible_records

MOST_ROWS = 10_000
WHO = ("account", "contact", "answered")
YES = {"yes", "true", "1", "y", "是"}
NO = {"no", "false", "0", "n", "否"}


@dataclass
class Uploaded:
    """How many answers were kept, and why others were not: (row, reason)."""

    kept: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def upload_answers(actor: Actor, record_id: Any, *, name: str, file: IO[bytes]) -> Uploaded:
    """Keep each row that can be read as an answer; the others are told with their reasons.

    Raises `Invalid` for a file that is no table, or whose columns name no question; `Conflict` when the questionnaire is not open.
    """
    with tenant_tx(actor.tenant_id):
        require(actor, "answer", "create")
        questionnaire: Questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"))  # type: ignore[arg-type]
        version = latest_version(questionnaire.id)
        if questionnaire.status != "open" or version is None:
            raise Conflict(_("This questionnaire takes no answers."))
        sheet = read_sheet(version.content)
        source = open_source(file, recognise(name, file))
        columns = _columns(sheet, source.headers)
        found = Uploaded()
        for number, row in enumerate(source.rows, start=2):
            if number > MOST_ROWS + 1:
                raise Invalid({"file": [_("At most %(most)s rows at once.") % {"most": f"{MOST_ROWS:,}"}]})
            if isinstance(row, Bad):
                found.refused.append((number, row.reason))
                continue
            _keep_row(actor, questionnaire, sheet, columns, row, number, found)
        return found


def _columns(sheet: Sheet, headers: Sequence[str]) -> list[str]:
    """What each column holds: who, or the path of a question; "" for columns that say nothing to us."""
    known: dict[str, str] = {name: name for name in WHO}
    for question in sheet:
        if question.kind == "matrix":
            known |= {f"{question.key}.{option.key}.{rating}": f"{question.key}.{option.key}.{rating}" for option in question.options for rating in RATINGS}  # fmt: skip
            continue
        for text in (question.key, question.words.en, question.words.zh):
            known.setdefault(text.strip().lower(), question.key)
    columns = [known.get(header.strip().lower(), "") for header in headers]
    if not any(column and column not in WHO for column in columns):
        raise Invalid({"file": [_("No column is called like a question.")]})
    return columns


def _keep_row(
    actor: Actor,
    questionnaire: Questionnaire,
    sheet: Sheet,
    columns: Sequence[str],
    row: Sequence[str],
    number: int,
    found: Uploaded,
) -> None:
    cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False) if column and cell.strip()}
    try:
        with tenant_tx(actor.tenant_id):
            account_id, contact_id = _who(actor, cells)
            given = _given(sheet, cells)
            keep_answer(
                actor,
                questionnaire,
                given,
                account_id,
                contact_id,
                channel=AnswerChannel.IMPORT,
                at=_moment(cells.get("answered", "")),
            )
        found.kept += 1
    except Invalid as refusal:
        found.refused.append(
            (number, "; ".join(f"{key}: {text}" for key, texts in refusal.errors.items() for text in texts))
        )
    except Refused as refusal:
        found.refused.append((number, refusal.message))


def _who(actor: Actor, cells: Mapping[str, str]) -> tuple[UUID | None, UUID | None]:
    contact = _named(actor, "contact", cells.get("contact", ""))
    account = _named(actor, "account", cells.get("account", ""))
    return getattr(account, "id", None) or getattr(contact, "account_id", None), getattr(contact, "id", None)


def _named(actor: Actor, object_name: str, text: str) -> Any:
    """The record of a code, an e-mail address or a name of which there is one."""
    if not text:
        return None
    rows = visible_records(actor, object_name)
    found = list(rows.filter(code=text)[:2]) or list(rows.filter(name=text)[:2])
    if not found and "@" in text:
        found = [record for name, record in find_by_address(actor, text) if name == object_name]
    if len(found) != 1:
        raise Invalid(
            {object_name: [_("“%(text)s” is not known, or more than one is called so.") % {"text": text[:80]}]}
        )
    return found[0]


def _given(sheet: Sheet, cells: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for question in sheet:
        if question.kind == "matrix":
            rows: dict[str, dict[str, str]] = {}
            for option in question.options:
                ratings = {
                    name: cells[path] for name in RATINGS if (path := f"{question.key}.{option.key}.{name}") in cells
                }
                if ratings:
                    rows[option.key] = ratings
            if rows:
                given[question.key] = rows
        elif question.key in cells:
            given[question.key] = _value(question, cells[question.key])
    return given


def _value(question: Question, text: str) -> Any:
    """The keys of what a cell says: options by key or by their words."""
    keys = {option.key.lower(): option.key for option in question.options}
    keys |= {
        words.lower(): option.key
        for option in question.options
        for words in (option.words.en, option.words.zh)
        if words
    }
    if question.kind == "single":
        return keys.get(text.lower(), text)
    if question.kind == "multiple":
        return [
            keys.get(part.strip().lower(), part.strip()) for part in text.replace("；", ";").split(";") if part.strip()
        ]
    if question.kind == "yes_no":
        return True if text.lower() in YES else False if text.lower() in NO else text
    return text


def _moment(text: str) -> datetime:
    """The day that a row names, at noon; now where it names none."""
    if not text:
        return timezone.now()
    try:
        day = date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError:
        raise Invalid({"answered": [_("A date such as 2026-11-19 is expected.")]}) from None
    if day > timezone.localdate():
        raise Invalid({"answered": [_("This day is still to come.")]})
    return min(timezone.now(), datetime.combine(day, time(4), tzinfo=UTC))
