"""Persons and companies that were never there, with the slips of the hand that real lists have; the same seed gives the same rows."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pypinyin import Style, lazy_pinyin


def _list(text: str) -> list[str]:
    return text.split()


HEADER = ("id", "first_name", "surname", "dob", "city", "email", "phone", "company", "entity")
FIRST = _list(
    "Anna Boris Clara David Erik Fatima Greta Hannah Ivan Julia Karl Laura Marta Nora Oskar Paula Quentin Rosa Stefan Tanja "
    "Ulrich Vera Walter Xenia Yusuf Zoe Amelia Oliver Harper George Isla Harry Ava Jack Mia Noah Lily Leo Grace Oscar Freya "
    "Arthur Emily Ethan Sophie Lucas"
)
LAST = _list(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White "
    "Roberts Green Hall Wood Jackson Clarke Müller Schmidt Schneider Fischer Weber Wagner Becker Hoffmann "
    "Garcia Novak Okafor Rossi Kowalski Jensen Larsson Virtanen Featherstone Abernathy Blackwood "
    "Cholmondeley Drinkwater Entwistle Fairbrother Gathercole Hollingsworth Inglethorpe Jellicoe "
    "Kettlewell Longbottom"
)
STEMS = _list(
    "ba be bo bra bri da de do dra el en fa fe fi ga ge gra ha he ho ja jo ka ke ki kra la le li lo ma me mi mo na ne no pa "
    "pe pi po ra re ri ro sa se si so sta sti ta te ti to tra va ve vi vo wa we wi"
)
ENDS = _list("son ton ley man berg field wood ski stein feld ford worth well den ner mann")
HAN_LAST = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
HAN_FIRST = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞鹏辉建国志文丹琳晨雨欣怡佳宇浩然子轩梓涵思远"
CITIES = _list(
    "London Leeds Bristol Berlin Hamburg München Shanghai Beijing Shenzhen Paris Madrid Wien Zürich Oslo "
    "Gdansk Birmingham Sheffield Köln"
)
TRADES = ("Instruments", "Logistics", "Foods", "Textiles", "Energy", "Precision", "Optics", "Tools")
FORMS = ("Ltd", "GmbH", "Inc.", "AG", "Limited", "GmbH & Co. KG", "B.V.", "")
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Person:
    """What is true of somebody, before it is written down wrongly."""

    first: str
    last: str
    born: date
    city: str
    email: str
    phone: str
    company: str
    chinese: bool


def rows(count: int, *, seed: int) -> Iterator[tuple[str, ...]]:
    """`count` rows as in HEADER. About four in ten entities have more than one row; `entity` is the truth."""
    chance = random.Random(seed)
    made, entity = 0, 0
    while made < count:
        person = _person(chance)
        copies = chance.choices((1, 2, 3, 4, 6), (62, 20, 10, 6, 2))[0]
        for copy in range(min(copies, count - made)):
            yield (str(made), *_written(chance, person, spoilt=copy > 0), str(entity))
            made += 1
        entity += 1


def _person(chance: random.Random) -> Person:
    chinese = chance.random() < 0.25
    if chinese:
        last = chance.choice(HAN_LAST)
        first = "".join(chance.sample(HAN_FIRST, chance.choice((1, 2, 2))))
    else:
        first = chance.choice(FIRST)
        last = chance.choice(LAST) if chance.random() < 0.4 else _stem(chance).title() + chance.choice(ENDS)
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
    local = f"{_stem(chance)}{_stem(chance)}{chance.randrange(100)}"
    company = f"{_stem(chance).title()}{chance.choice(ENDS)} {chance.choice(TRADES)}"
    phone = f"+49 {chance.randrange(30, 999)} {chance.randrange(1_000_000, 99_999_999)}"
    email = f"{local}@{_stem(chance)}{chance.choice(ENDS)}.example"
    return Person(first, last, born, chance.choice(CITIES), email, phone, company, chinese)


def _stem(chance: random.Random) -> str:
    return "".join(chance.choice(STEMS) for _ in range(chance.choice((2, 2, 3))))


def _written(chance: random.Random, person: Person, *, spoilt: bool) -> tuple[str, ...]:
    """The person as one list has it. The first row of each is as it should be, but for what nobody asked."""
    first, last, born = person.first, person.last, person.born
    company = f"{person.company} {chance.choice(FORMS)}".strip()
    values = [first, last, born.isoformat(), person.city, person.email, person.phone, company]
    if spoilt:
        values = _spoilt(chance, person, values)
    blank = (0.02, 0.03, 0.1, 0.1, 0.15, 0.25, 0.3)
    return tuple("" if chance.random() < share else value for value, share in zip(values, blank, strict=True))


def _spoilt(chance: random.Random, person: Person, values: list[str]) -> list[str]:
    if person.chinese and chance.random() < 0.5:
        values[:2] = ["".join(lazy_pinyin(name, style=Style.NORMAL)).title() for name in values[:2]]
    if chance.random() < 0.15:
        values[:2] = [values[1], values[0]]
    if chance.random() < 0.25:
        values[2] = _other_date(chance, person.born)
    for place, share in ((0, 0.12), (1, 0.12), (3, 0.1), (4, 0.15), (6, 0.1)):
        if chance.random() < share and values[place].isascii():
            values[place] = typo(chance, values[place])
    if chance.random() < 0.2:
        values[5] = values[5].replace("+49 ", "0").replace(" ", "")
    return values


def _other_date(chance: random.Random, born: date) -> str:
    kind = chance.randrange(3)
    if kind == 0 and born.day <= 12:
        return born.replace(month=born.day, day=min(born.month, 28)).isoformat()
    if kind == 1:
        return (born + timedelta(days=chance.randrange(1, 60))).isoformat()
    return born.replace(year=born.year + chance.choice((-10, -1, 1, 10)), day=min(born.day, 28)).isoformat()


def typo(chance: random.Random, text: str) -> str:
    """One letter dropped, doubled, changed, or swapped with the next."""
    if len(text) < 2:
        return text
    at = chance.randrange(len(text) - 1)
    kind = chance.randrange(4)
    middle = ("", text[at] * 2, chance.choice(ALPHABET), text[at + 1] + text[at])[kind]
    return text[:at] + middle + text[at + (2 if kind == 3 else 1) :]
