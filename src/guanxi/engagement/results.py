"""What a questionnaire found out: distributions, CSAT, NPS, CES with their intervals, over time and by kinds of customers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from guanxi.engagement.figures import FORMULAS, Figure, response_rate
from guanxi.engagement.models import Answer, AnswerItem, FormLink, Questionnaire
from guanxi.engagement.queries import latest_version
from guanxi.engagement.sheet import Question, Sheet, read_sheet
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records

# By what of an account the figures may be told apart.
BY: Mapping[str, Any] = {
    "industry": _("Industry"), "region": _("Province or state"), "country": _("Country"), "kind": _("Kind"), "grade": _("Grade"),
    "lifecycle_stage": _("Customer lifecycle stage"),
}  # fmt: skip
MOST_GROUPS = 12
WORDS_SHOWN = 12


@dataclass(frozen=True)
class Bar:
    """One answer with how many gave it."""

    key: str
    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Judged:
    """One attribute: means of what was perceived, expected and how important it is."""

    key: str
    label: str
    n: int
    perceived: float | None
    expected: float | None
    importance: float | None

    @property
    def gap(self) -> float | None:
        """Satisfaction = perceived − expected."""
        return None if self.perceived is None or self.expected is None else self.perceived - self.expected


@dataclass
class Asked:
    """One question with what was answered to it."""

    question: Question
    n: int = 0
    bars: list[Bar] = field(default_factory=list)
    mean: float | None = None
    least: float | None = None
    most: float | None = None
    judged: list[Judged] = field(default_factory=list)
    words: list[tuple[Any, str]] = field(default_factory=list)


@dataclass
class Results:
    """All of it; `rate` is the response rate of links that were sent, in percent."""

    n: int
    asked: list[Asked]
    measures: dict[str, Figure]
    sent: int
    answered: int
    opened: int
    refused: int
    rate: float | None


def results_of(actor: Actor, questionnaire: Questionnaire, language: str) -> Results:
    """The results, of the answers that the actor sees; without the right to answers nothing counts."""
    version = latest_version(questionnaire.id)
    sheet = read_sheet(version.content) if version else Sheet()
    answers = visible_answers(actor).filter(questionnaire=questionnaire)
    items = items_of(answers)
    links = FormLink.objects.filter(questionnaire=questionnaire, is_open=False, sent_at__isnull=False)
    sent = links.aggregate(sent=Count("id"), answered=Count("answered_at"), opened=Count("opened_at"))
    refused = FormLink.objects.filter(questionnaire=questionnaire).exclude(refusal="").count()
    return Results(
        n=answers.count(), asked=_asked(sheet, items, language), measures=measures_of(answers), refused=refused,
        rate=response_rate(sent["answered"], sent["sent"]), **sent,
    )  # fmt: skip


def visible_answers(actor: Actor) -> Any:
    """Answers that the actor may see and count."""
    return visible_records(actor, "answer") if may(actor, "answer", "view") else Answer.objects.none()


def items_of(answers: Any) -> Any:
    """What was said in some answers, question by question."""
    return AnswerItem.objects.filter(answer__in=answers.values("id"))


def attribute_words(answers: Any, language: str) -> dict[str, str]:
    """What the attributes judged in some answers are called, by key; the newest questionnaire decides."""
    asked = Questionnaire.objects.filter(id__in=answers.order_by().values("questionnaire_id").distinct())
    sheets = [read_sheet(content) for content in asked.order_by("updated_at", "id").values_list("content", flat=True)]
    options = (
        option for sheet in sheets for question in sheet if question.kind == "matrix" for option in question.options
    )
    return {option.key: option.words.said(language) for option in options}


def measures_of(answers: Any) -> dict[str, Figure]:
    """CSAT, NPS and CES of some answers; only those that were asked."""
    found = {}
    for name, formula in FORMULAS.items():
        counts = dict(answers.exclude(**{name: None}).values_list(name).annotate(count=Count("id")).order_by(name))
        if counts:
            found[name] = formula(counts)
    return found


def trend_of(answers: Any, measure: str) -> list[tuple[date, Figure]]:
    """A measure by month, oldest first."""
    rows = answers.exclude(**{measure: None}).annotate(month=TruncMonth("answered_at")).values_list("month", measure)
    return [(month.date(), figure) for month, figure in sorted(_grouped(rows, measure).items())]


def groups_of(actor: Actor, answers: Any, measure: str, by: str) -> list[tuple[str, Figure]]:
    """A measure by a field of the account, the most answers first; nothing where the role may not group by it."""
    if by not in BY or not matchable(actor, "account", by):
        return []
    accounts = visible_records(actor, "account")
    rows = answers.exclude(**{measure: None}).filter(account__in=accounts).values_list(f"account__{by}", measure)
    found = sorted(_grouped(rows, measure).items(), key=lambda pair: (-pair[1].n, str(pair[0])))
    return [(str(key or ""), figure) for key, figure in found[:MOST_GROUPS]]


def _grouped(rows: Any, measure: str) -> dict[Any, Figure]:
    counts: dict[Any, dict[int, int]] = defaultdict(dict)
    for key, score, count in rows.annotate(count=Count("id")).order_by():
        counts[key][score] = count
    return {key: FORMULAS[measure](scores) for key, scores in counts.items()}


def judged_attributes(question: Question | None, items: Any, language: str = "en") -> list[Judged]:
    """The attributes of a matrix question (or of all, by their keys) with their means."""
    rows = items.exclude(attribute="")
    if question is not None:
        rows = rows.filter(question=question.key)
    both = Q(perceived__isnull=False, expected__isnull=False)
    means = {
        row["attribute"]: row
        for row in rows.values("attribute").annotate(
            n=Count("id", filter=both),
            p=Avg("perceived", filter=both),
            e=Avg("expected", filter=both),
            i=Avg("importance"),
        )
    }
    names = {option.key: option.words.said(language) for option in question.options} if question else {key: key for key in means}  # fmt: skip
    return [
        Judged(key, label, row["n"], row["p"], row["e"], row["i"])
        for key, label in names.items()
        if (row := means.get(key)) is not None
    ]


def _asked(sheet: Sheet, items: Any, language: str) -> list[Asked]:
    counted: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    kinds = [question.key for question in sheet if question.kind in ("single", "multiple", "yes_no", "scale")]
    grouped = items.filter(question__in=kinds).values("question", "choice", "number").annotate(count=Count("id"))
    for row in grouped.order_by():
        counted[row["question"]].append(row)
    people = dict(items.values_list("question").annotate(count=Count("answer", distinct=True)).order_by())
    return [_one(question, counted[question.key], people.get(question.key, 0), items, language) for question in sheet]


def _one(question: Question, rows: Sequence[Mapping[str, Any]], n: int, items: Any, language: str) -> Asked:
    found = Asked(question, n)
    if question.kind == "matrix":
        found.judged = judged_attributes(question, items, language)
    elif question.kind == "text":
        texts = items.filter(question=question.key).exclude(text="").order_by("-answer__answered_at", "-answer_id")
        found.words = list(texts.values_list("answer_id", "text")[:WORDS_SHOWN])
    elif question.kind == "number":
        spread = items.filter(question=question.key).aggregate(
            mean=Avg("number"), least=Min("number"), most=Max("number")
        )
        found.mean, found.least, found.most = spread["mean"], spread["least"], spread["most"]
    else:
        found.bars = _bars(question, rows, n, language)
        if question.kind == "scale" and n:
            found.mean = sum(row["number"] * row["count"] for row in rows) / n
    return found


def _bars(question: Question, rows: Sequence[Mapping[str, Any]], n: int, language: str) -> list[Bar]:
    scale = question.kind == "scale"
    counts = {str(int(row["number"])) if scale else row["choice"]: row["count"] for row in rows}
    if scale:
        names = {str(step): str(step) for step in question.steps}
    elif question.kind == "yes_no":
        names = {"yes": str(_("Yes")), "no": str(_("No"))}
    else:
        names = {option.key: option.words.said(language) for option in question.options}
    return [
        Bar(key, label, counts.get(key, 0), 100 * counts.get(key, 0) / n if n else 0.0) for key, label in names.items()
    ]
