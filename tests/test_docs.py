"""What a machine can check of the documents: ports, languages, links, commands, decisions."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.main import get_command

from guanxi.project.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
PORT = re.compile(r"^(\w+): Port\[\w+\] = Port\(\"(\w+)\"\)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\./guanxi +([a-z]+)(?: +([a-z]+))?([^\n`|]*)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
MOST_BYTES = 300 * 1024


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def declared_ports() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "src" / "guanxi").rglob("*.py")):
        if "tests" not in path.parts:
            yield from PORT.findall(path.read_text(encoding="utf-8"))


def test_every_port_is_listed() -> None:
    text = (DOCS / "ports.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \| `\S+` \(`(\w+)`\)", text, re.MULTILINE))
    assert {(name, constant) for constant, name in declared_ports()} == listed


def test_both_languages_have_the_same_pages() -> None:
    english, chinese = (
        {str(path.relative_to(DOCS / tongue)) for path in (DOCS / tongue).rglob("*.md")} for tongue in ("en", "zh")
    )
    assert english == chinese


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _hash, anchor = unquote(target).partition("#")
        found = (page.parent / place).resolve() if place else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(page: Path) -> None:
    known = commands()
    wrong = []
    for first, second, rest in COMMAND.findall(page.read_text(encoding="utf-8")):
        name = f"{first} {second}" if f"{first} {second}" in known else first
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", f"{second}{rest}"))
        if name not in known or (name != "test" and not options <= known[name]):
            wrong.append(f"{first} {second}{rest}")
    assert wrong == []


def commands() -> dict[str, set[str]]:
    """Name of each command ("serve", "tenant create") → its options."""
    found: dict[str, set[str]] = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        parts = getattr(command, "commands", {"": command})
        for part, leaf in parts.items():
            options = {text for item in leaf.params for text in item.opts if text.startswith("--")}
            found[f"{name} {part}".strip()] = options | {"--help", "--debug"}
    return found


def test_decisions_are_numbered_and_listed() -> None:
    files = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\S+)\)", index) == files
    for name in files:
        title = (DOCS / "decisions" / name).read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {name[:4]}: ") and title[2:] in index


def test_pictures_are_small() -> None:
    assert [path.name for path in DOCS.rglob("*.png") if path.stat().st_size > MOST_BYTES] == []
