"""From the text of a formula to its tree. Every node knows where in the text it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

LONGEST = 2_000
MOST_TOKENS = 400
DEEPEST = 40


class FormulaError(Exception):
    """What is wrong with a formula, in words, and from which character to which."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text)
        self.text, self.start, self.end = text, start, max(end, start + 1)


@dataclass(frozen=True)
class Token:
    """One sign or word; `kind` is number, text, name, sign or end."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Literal:
    """A number, a text, true, false (bool) or blank (None)."""

    value: Decimal | str | bool | None
    start: int
    end: int


@dataclass(frozen=True)
class Name:
    """A field, perhaps over links: account.industry is ("account", "industry")."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Call:
    """A function or an operator with what it is given; `start` and `end` span all of it, `at` is its name or sign."""

    name: str
    given: tuple["Node", ...]
    start: int
    end: int
    at: tuple[int, int]


Node = Literal | Name | Call

_TOKEN = re.compile(
    r"""(?P<space>[\s\u3000]+)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign><=|>=|<>|!=|==|[-+*/&=<>(),（），])""",
    re.VERBOSE | re.ASCII,
)
_SAME = {"（": "(", "）": ")", "，": ",", "!=": "<>", "==": "="}
_BINARY = {
    "or": 1, "and": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7,
}  # fmt: skip
_NOT, _MINUS = 3, 8
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "blank": None}


def parse(text: str) -> Node:
    """The tree of a formula. Raises `FormulaError`."""
    if len(text) > LONGEST:
        raise FormulaError(_("Use at most %(count)d characters.") % {"count": LONGEST}, LONGEST, len(text))
    if "\x00" in text:
        raise FormulaError(_("This sign has no meaning here."), text.index("\x00"), text.index("\x00") + 1)
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            quote = text[at] in "\"'"
            problem = _("This text has no closing quotation mark.") if quote else _("This sign has no meaning here.")
            raise FormulaError(problem, at, len(text) if quote else at + 1)
        if match.lastgroup != "space":
            sign = _SAME.get(match.group(), match.group())
            found.append(Token(match.lastgroup or "", sign, match.start(), match.end()))
        at = match.end()
    found.append(Token("end", "", len(text), len(text)))
    return found


class _Parser:
    """Reads by precedence: or, and, not, comparison, &, sum, product, minus."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at, self.taken = tokens, 0, 0

    def whole(self) -> Node:
        """The one expression that the text is."""
        if self.here.kind == "end":
            raise FormulaError(_("Write a formula."), 0, 0)
        node = self.expression(0, 0)
        if self.here.kind != "end":
            raise self.error(_("An operator such as + or & is missing before this."))
        return node

    @property
    def here(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def error(self, text: str, token: Token | None = None) -> FormulaError:
        """An error at a token."""
        token = token or self.here
        return FormulaError(text, token.start, token.end)

    def take(self) -> Token:
        """The next token, which is behind us then."""
        token = self.here
        self.at += 1
        self.taken += 1
        if self.taken > MOST_TOKENS:
            raise self.error(_("The formula is too long."), token)
        return token

    def expression(self, least: int, depth: int) -> Node:
        """What follows, as far as operators bind at least so tightly."""
        if depth > DEEPEST:
            raise self.error(_("The formula is nested too deeply."))
        left = self.operand(depth)
        while True:
            sign = self.here
            power = _BINARY.get(sign.text.lower(), 0) if sign.kind in ("sign", "name") else 0
            if power <= least:
                return left
            self.take()
            right = self.expression(power, depth + 1)
            if power == 4 and self.here.kind == "sign" and _BINARY.get(self.here.text) == 4:
                raise self.error(_("Join comparisons with “and”."))
            left = Call(sign.text.lower(), (left, right), left.start, right.end, (sign.start, sign.end))

    def operand(self, depth: int) -> Node:
        """A value, a field, a call, brackets, or a sign before one of these."""
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "text":
            quote = token.text[0]
            return Literal(token.text[1:-1].replace(quote * 2, quote), token.start, token.end)
        if token.kind == "name":
            return self.named(token, depth)
        if token.text == "(":
            inner = self.expression(0, depth + 1)
            self.close(token)
            return inner
        if token.text == "-":
            inner = self.expression(_MINUS, depth + 1)
            return Call("negative", (inner,), token.start, inner.end, (token.start, token.end))
        missing = token.kind == "end"
        raise self.error(_("Something is missing at the end.") if missing else _("A value is expected here."), token)

    def number(self, token: Token) -> Literal:
        """A number of at most 14 digits before the point and 10 behind it."""
        whole, _point, rest = token.text.partition(".")
        if len(whole) > 14 or len(rest) > 10:
            raise self.error(_("The number is too large."), token)
        return Literal(Decimal(token.text), token.start, token.end)

    def named(self, token: Token, depth: int) -> Node:
        """A word: true, false, blank, not, a function or a field."""
        word = token.text.lower()
        if word == "not" and self.here.text != "(":
            inner = self.expression(_NOT, depth + 1)
            return Call("not", (inner,), token.start, inner.end, (token.start, token.end))
        if self.here.text == "(" and self.here.kind == "sign":
            return self.call(token, word, depth)
        if word in _WORDS:
            return Literal(_WORDS[word], token.start, token.end)
        if word in ("and", "or"):
            raise self.error(_("A value is expected here."), token)
        return Name(tuple(token.text.split(".")), token.start, token.end)

    def call(self, token: Token, word: str, depth: int) -> Call:
        """A function with its arguments in brackets."""
        opening = self.take()
        given: list[Node] = []
        while self.here.text != ")" or self.here.kind != "sign":
            given.append(self.expression(0, depth + 1))
            if self.here.kind != "sign" or self.here.text != ",":
                break
            self.take()
        end = self.close(opening)
        return Call(word, tuple(given), token.start, end, (token.start, token.end))

    def close(self, opening: Token) -> int:
        """The bracket that belongs to `opening`; returns its end."""
        if self.here.kind != "sign" or self.here.text != ")":
            if self.here.kind == "end":
                raise self.error(_("This bracket is not closed."), opening)
            raise self.error(_("An operator such as + or & is missing before this."))
        return self.take().end
