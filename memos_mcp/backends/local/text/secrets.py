"""Secrets: keys, passwords and card numbers in a text, which never become a memory.

The formats of vendors' keys are those of CredSweeper, as data (`keys/`, made by `tools/make_key_formats.py`). What it
does not know (formats of further vendors, passwords in prose, whole key blocks, card numbers) is added here. A pattern
is taken only if it is right nearly always: a word taken for a key is lost to its reader.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import JsonValue

from memos_mcp.backends.local.text.language_files import pattern_of, phrases_of

MARK = "[redacted: "
"""How every mark begins that stands in place of a secret."""

_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN )[\s\S]){0,20000}?"
    r"(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\n[ \t]*\n|\Z)"
)
_KEYS = files(__name__.rpartition(".")[0]).joinpath("keys")
_FORMS = _KEYS.joinpath("further.txt").read_text("utf-8").splitlines()
_API_KEY = re.compile(rf"(?<![\w-])(?:{'|'.join(form for form in _FORMS if not form.startswith('#'))})(?![\w-])")
_IN_URL = re.compile(r"(?<=://)[^\s:/?#@]{0,100}:(?P<secret>[^\s/?#]{3,100})(?=@[\w.\[-])")
_OPTION = re.compile(
    r"(?<!\S)--(?:[a-z]{1,20}-)?(?:password|passwd|pass|token|api-?key|account-key|secret)"
    r"(?:=|[ \t]+)[\"']?(?P<secret>[^\s\"'$<{-][^\s\"']{3,100})"
    r"|\b(?:mysql(?:dump|admin)?|mariadb|sshpass)\b[^\n|;]{0,100}?[ \t]-p[\"']?(?P<short>[^\s\"'$<{][^\s\"']{3,100})"
    r"|\b(?:sshpass|docker[ \t]+login\b[^\n|;]{0,100}?)[ \t]-p[ \t]+[\"']?(?P<given>[^\s\"'$<{-][^\s\"']{3,100})"
    r"|\bredis-cli\b[^\n|;]{0,100}?[ \t]-a[ \t]+[\"']?(?P<redis>[^\s\"'$<{-][^\s\"']{3,100})"
    r"|\bnet[ \t]+use\b[^\n]{0,100}/user:\S{1,100}[ \t]+(?P<share>[^\s/*$<{]\S{3,100})"
    r"|<(?:password|passwd|secret|token|api_?key)>(?P<tagged>[^\s<>$%{]{4,200})</"
    r"|\bcurl\b[^\n|;]{0,200}?[ \t](?:-u|--user)[ \t]+[\"']?[^\s:\"']{1,100}:(?P<user>[^\s\"'$<{][^\s\"']{2,100})"
)
_RANDOM = re.compile(
    r"(?<![\w-])key\s?(?:is|:|=)\s?[\"']?"
    r"(?P<secret>(?=[A-Za-z]{0,50}\d)(?=[^A-Z]{0,50}[A-Z])(?=[^a-z]{0,50}[a-z])[A-Za-z0-9]{24,})(?![\w./:-])"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_BEARER = re.compile(
    r"\b(?:Bearer|bearer|BEARER|Basic|Authorization: ?(?:token|apikey|key|ApiKey)) "
    r"(?P<secret>(?=[\w.~+/=-]{0,200}\d)[\w.~+/=-]{16,})"
)

# What every key lies in: a run of characters with a digit.
_RUN = re.compile(r"[^\s\"'`<>,;(){}\[\]]{16,}")

_NAMES = (
    "pass", "pwd", "pw", "key", "token", "secret", "wachtwoord", "lösenord", "adgangskode", "salasana", "hasło",
    "heslo", "jelsz", "şifre", "parola", "mật khẩu", "kata sandi",
)  # fmt: skip
_NAMED = r"""
    (?P<name>password|WORDS|(?<![a-z])pw(?=\s?[:=])
        |passwd|passcode|passphrase|pwd|wachtwoord|lösenord(?:et)?|adgangskode|passord(?:et)?|salasana(?:ni)?|hasło|heslo
        |jelsz(?:ó|avam)|şifrem?|parolam?|mật\ khẩu|kata\ sandi(?:\ saya)?
        |(?:api|access|secret|private|signing|encryption|auth)[ _-]?(?:access[ _-]?)?(?:key(?:_base)?|token)
        |client[ _-]?secret
        |(?<![a-z])(?:secret|token))
    (?![a-z])["'`]?(?:[ ](?:for|of|to|do|da|del|de|du|für|vom|zum)(?:[ ][\w-]{1,30}){1,2})?\s{0,2}
    (?P<link>(?:[:=：]|\bis\b|\bwas\b|\bes\b|\bist\b|\blautet\b|\best\b|\bé\b|\bè\b|\bär\b|\ber\b|\bto\b|\bjest\b
        |\bje\b|\bon\b|\blà\b|\badalah\b|\bείναι\b|は|는|은|هي|है|คือ|是|为|[—–-])[:=]?)\s{0,2}["'`“]?
    (?P<secret>[^\s"'`”<>,;，。；]{4,200})
    """
_PIN = re.compile(
    r"\b(?:PIN|(?:my|the|our) pin)(?: code| number)?(?: is|:| =| ist| è| es| est| é| är)\s?(?P<secret>\d{4,8})\b"
)
_KEY = re.compile(r"key|token|secret", re.IGNORECASE)
_ENDS = re.compile(r"[.!]?[ \t]*(?:$|\n)")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"[(\[{]|^\$|^\*+$|^[\w.]+\.[A-Za-z_]\w*$|^[xX*•.]+$")
_STATES = re.compile(
    r"(?:wrong|expired|incorrect|invalid|weak|strong|gone|missing|required|needed|optional|lost|forgotten|secret|safe|saved"
    r"|set|reset|changed|broken|empty|different|ready|ok|okay|fine|correct|hashed|encrypted|stored|string|text|str|none|null"
    r"|true|false|password|passwd|value|example|changeme|placeholder|hidden|masked|protected|unknown|below|above|here|this"
    r"|that|bytes|secretstr|your\w*)",
    re.IGNORECASE,
)
_RANDOM_LENGTH = 30  # characters above which a value with one digit is no name of a variable
_ENOUGH = {"password": 4, "key": 12}  # characters of the shortest value that is taken for one

_DIGITS = re.compile(r"\d(?<![\w.-]\d)(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_CARD = re.compile(
    r"3[47]\d\d([ -]?)\d{6}\1\d{5}|3(?:0[0-5]|[68]\d)\d([ -]?)\d{6}\2\d{4}"
    r"|(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|64[4-9]\d|65\d\d|62\d\d|35\d\d)([ -]?)\d{4}\3\d{4}\3\d{4}(?:\3\d{3})?"
)

_Found = tuple[int, int, str]


def redact(text: str) -> tuple[str, int]:
    """Put a mark such as `[redacted: card number]` in place of each secret; give the text and how many there were."""
    parts: list[str] = []
    reached = count = 0
    for start, stop, kind in sorted(_secrets_within(text)):
        if start >= reached:
            parts += text[reached:start], f"{MARK}{kind}]"
            count += 1
        reached = max(reached, stop)
    return ("".join([*parts, text[reached:]]), count) if count else (text, 0)


def redact_values(value: JsonValue) -> tuple[JsonValue, int]:
    """Redact every text in a JSON value; the key that a text stands under tells what it is, as in `password: ...`."""
    match value:
        case str():
            return redact(value)
        case list():
            redacted = [redact_values(one) for one in value]
            return [one for one, _ in redacted], sum(count for _, count in redacted)
        case dict():
            pairs = {key: _redact_under(key, one) for key, one in value.items()}
            return {key: one for key, (one, _) in pairs.items()}, sum(count for _, count in pairs.values())
        case _:
            return value, 0


def _redact_under(key: str, value: JsonValue) -> tuple[JsonValue, int]:
    if not isinstance(value, str):
        return redact_values(value)
    named, count = redact(f"{key}: {value}")
    if count and named.startswith(f"{key}: "):
        return named.removeprefix(f"{key}: "), count
    return redact(value)


def _secrets_within(text: str) -> Iterator[_Found]:
    """Find secrets, also where characters without a width stand inside of them."""
    yield from _secrets(text)
    if _NO_WIDTH.search(text):
        places = [place for place, character in enumerate(text) if not _NO_WIDTH.match(character)]
        for start, stop, kind in _secrets("".join(text[place] for place in places)):
            yield places[start], places[stop - 1] + 1, kind


def _secrets(text: str) -> Iterator[_Found]:
    for kind, pattern in (
        ("private key", _PRIVATE_KEY),
        ("password", _IN_URL),
        ("key", _BEARER),
        ("PIN", _PIN),
        ("key", _RANDOM),
    ):
        for match in pattern.finditer(text):
            yield *match.span("secret" if "secret" in pattern.groupindex else 0), kind
    for match in _OPTION.finditer(text):
        yield *match.span(match.lastgroup or 0), "password"
    for match in _IBAN.finditer(text):
        if _mod_97(match.group()):
            yield *match.span(), "IBAN"
    yield from _keys(text)
    yield from _named(text)
    for digits in _DIGITS.finditer(text):
        if _CARD.fullmatch(digits.group()) and _luhn(digits.group()):
            yield *digits.span(), "card number"


def _keys(text: str) -> Iterator[_Found]:
    for run in _RUN.finditer(text):
        text_of_run = run.group()
        if not _DIGIT.search(text_of_run):
            continue
        for match in _API_KEY.finditer(text_of_run):
            yield run.start() + match.start(), run.start() + match.end(), "API key"
        for form in _formats():
            if any(hint in text_of_run for hint in form.hints):
                for match in form.pattern.finditer(text_of_run):
                    yield run.start() + match.start(), run.start() + match.end(), form.kind


@dataclass(frozen=True, slots=True)
class _Format:
    """A kind of key that is known by its form alone; each match has one of the hints in it."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


@cache
def _formats() -> tuple[_Format, ...]:
    read: dict[str, list[dict[str, Any]]] = json.loads(_KEYS.joinpath("formats.json").read_text("utf-8"))
    return tuple(_Format(one["name"], tuple(one["hints"]), re.compile(one["pattern"])) for one in read["formats"])


@cache
def _names() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the words one of which a text with a named secret has, and the pattern of such a secret."""
    words = sorted(phrases_of("passwords"))
    named = _NAMED.replace("WORDS", "|".join(map(re.escape, words)))
    return (*_NAMES, *words), re.compile(named, re.IGNORECASE | re.VERBOSE)


@cache
def _owned() -> re.Pattern[str]:
    """Return the pattern of "my" before what is owned."""
    return re.compile(rf"(?:\b(?:{pattern_of('first_person')})|我的) $|我的$", re.IGNORECASE)


def _named(text: str) -> Iterator[_Found]:
    lowered = text.lower()
    names, named = _names()
    if any(name in lowered for name in names):
        for match in named.finditer(text):
            if (kind := _kind(match)) is not None:
                yield *match.span("secret"), kind


def _kind(match: re.Match[str]) -> str | None:
    """Tell what a named secret is, or that its value is not one: a word of prose, a variable, a call."""
    secret = match["secret"].rstrip(".!?)")
    kind = "key" if _KEY.search(match["name"]) else "password"
    if len(secret) < _ENOUGH[kind] or _CODE.search(secret) or secret.startswith(MARK.rstrip()):
        return None
    digits = len(_DIGIT.findall(secret))
    if digits and digits < len(secret) and (kind == "password" or digits > 1 or len(secret) > _RANDOM_LENGTH):
        return kind
    return kind if kind == "password" and _is_password(secret, match) else None


def _is_password(secret: str, match: re.Match[str]) -> bool:
    """Tell whether a value that does not mix letters and digits is a password: it is quoted, or ends what is said."""
    if secret.isdecimal() or re.search(r"[!@#$%^&*+~]", secret):
        return True
    if _STATES.fullmatch(secret):
        return False
    quoted = (
        match.string[match.start("secret") - 1] in "\"'`“"
        and len(secret) >= 6
        and (match["link"] in ":=：" or bool(_ENDS.match(match.string, match.end() + 1)))
    )
    said = _owned().search(match.string, max(0, match.start() - 8), match.start()) or (
        match["link"] in ":：" and len(secret) > 7
    )
    return quoted or bool(said and _ENDS.match(match.string, match.end()))


def _luhn(number: str) -> bool:
    """Check the check digit of a card number (ISO/IEC 7812-1)."""
    digits = [int(digit) for digit in number if digit.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _mod_97(iban: str) -> bool:
    """Check the check digits of an account number (ISO 13616)."""
    plain = iban.replace(" ", "")
    return len(plain) >= 15 and int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1
