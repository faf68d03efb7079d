"""A profile: a TOML file that says how a folder of CSV files becomes records.

    source = "old-crm"                     # under which the keys of the other system are kept

    [[files]]
    file = "customers.csv"
    object = "account"                     # any object of the registry, or "user" with [files.people]
    key = "number"                         # column whose value identifies the row in the other system
    match = "name"                         # field by which a record that is there already is recognised
    [files.repairs.sector]                 # column: wrong text = right text
    technolgy = "technology"
    [files.fields]                         # field = where its value comes from, see `Origin`
    name = {column = "customer"}
    parent = {column = "belongs_to", reference = "account"}

Files are loaded in the order given; a reference leads to rows of the same file, of a file before, or of an earlier import.

A table of lines (invoices, receipts) is read once for each object in it: `once` takes the first row of each key, `[files.lines]` makes the rows
of one key the lines of one order.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guanxi.project.failure import Failure

SHIPPED = Path(__file__).resolve().parents[2] / "profiles"
MAX_SOURCE = 60


@dataclass(frozen=True)
class Origin:
    """Where a field's value comes from.

    column     column, or several of which the first that is filled counts
    template   texts with {column}; the first whose columns are all filled counts
    constant   the same for every row; "$currency" is the company's currency
    date       format of a date, such as %d-%m-%y (a field with time gets noon of that day in the company's time zone)
    times      factor of a number, as text or number: 1000000 for a column in millions
    values     text in the file → value of the field; what is not listed is reported and left empty
    reference  object that the text names, by its key in the same source or, with `by`, by a field of that object
    create     a reference that is not found is made, with the text as its name
    stage      the text is the name of a stage of the profile's pipeline
    """

    column: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    constant: Any = None
    date: str = ""
    times: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    by: str = ""
    create: bool = False
    stage: bool = False


@dataclass(frozen=True)
class People:
    """Rows that are people: each becomes a user with a role in a team; `lead` names the column of the team's lead.

    `above` is the column of the team above. `domain` completes the e-mail addresses, which are made of the names.
    """

    name: str
    role: str
    domain: str
    lead: str = ""
    lead_role: str = "manager"
    above: str = ""
    team: str = "{lead}"


@dataclass(frozen=True)
class Line:
    """The one product of an opportunity: `product` is the column with its key."""

    product: str


LINE_FIELDS = ("product", "name", "quantity", "price", "amount", "cost")


@dataclass(frozen=True)
class Began:
    """What came before the present stage: the first stage and the column of the day on which it began."""

    stage: str
    column: str
    date: str


@dataclass(frozen=True)
class File:
    """One CSV file and the object that its rows become.

    file       may be compressed (.gz)
    delimiter  between the columns; "space" for any number of blanks
    key        a column, or a text with {column}
    once       rows with the same key are one record: the first counts, the others are skipped
    skip       column → texts; such rows are skipped
    endings    column → what is cut from the end of its texts, such as the ".0" of a number that a program wrote
    lines      rows with the same key are lines of one order: LINE_FIELDS by their origin; an amount without a price is divided by the quantity
    """

    file: str
    object: str
    key: str
    match: str = ""
    repairs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Origin] = field(default_factory=dict)
    people: People | None = None
    line: Line | None = None
    began: Began | None = None
    delimiter: str = ","
    once: bool = False
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True)
class PipelineStages:
    """A pipeline of its own: (name, name in Chinese, category, probability) for each stage, in order."""

    name: str
    name_zh: str
    stages: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True)
class Profile:
    """A whole profile."""

    source: str
    files: tuple[File, ...]
    pipeline: PipelineStages | None = None


def load_profile(path: Path) -> Profile:
    """The profile in a file, or the shipped one of that name. Raises `Failure` that names what is wrong."""
    chosen = path if path.is_file() else SHIPPED / f"{path.name.removesuffix('.toml')}.toml"
    if not chosen.is_file():
        known = ", ".join(sorted(item.stem for item in SHIPPED.glob("*.toml")))
        raise Failure(f"There is no profile {path}. Profiles that come with Guanxi: {known}.")
    try:
        return _profile(tomllib.loads(chosen.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise Failure(f"{chosen}: {error}") from error


def _profile(data: dict[str, Any]) -> Profile:
    unknown = set(data) - {"source", "files", "pipeline", "title"}
    if unknown:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}")
    source = str(data["source"])
    if not source or len(source) > MAX_SOURCE:
        raise ValueError(f"source needs 1 to {MAX_SOURCE} characters")
    pipeline = _pipeline(data["pipeline"]) if "pipeline" in data else None
    return Profile(source, tuple(_file(item) for item in data["files"]), pipeline)


def _pipeline(data: dict[str, Any]) -> PipelineStages:
    stages = tuple(
        (item["name"], item.get("name_zh", ""), item["category"], int(item["probability"])) for item in data["stages"]
    )
    return PipelineStages(data["name"], data.get("name_zh", ""), stages)


def _file(data: dict[str, Any]) -> File:
    parts: dict[str, Any] = dict(data)
    for name in ("fields", "lines"):
        parts[name] = {name: _origin(origin) for name, origin in parts.get(name, {}).items()}
    parts["skip"] = {name: tuple(texts) for name, texts in parts.get("skip", {}).items()}
    for name, kind in (("people", People), ("line", Line), ("began", Began)):
        if name in parts:
            parts[name] = kind(**parts[name])
    made = File(**parts)
    if (made.object == "user") != (made.people is not None):
        raise ValueError(f'{made.file}: object "user" and [files.people] belong together')
    if made.lines and (made.object != "order" or made.once or not set(made.lines) <= set(LINE_FIELDS)):
        raise ValueError(f"{made.file}: [files.lines] takes {', '.join(LINE_FIELDS)}, for orders")
    return made


def _origin(data: dict[str, Any]) -> Origin:
    parts = dict(data)
    for name in ("column", "template"):
        if isinstance(parts.get(name), str):
            parts[name] = (parts[name],)
    if "times" in parts:
        parts["times"] = str(parts["times"])
    return Origin(**parts)
