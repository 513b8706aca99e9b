"""Secrets by what stands around them or by their own form, within one line of text."""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "***"

# Names whose value is a secret. After the weak ones stands ordinary text too: "unexpected token: the end".
_STRONG = (
    r"passw(?:or)?d|passwd|passphrase|pwd|(?:proxy-)?authorization|(?:set-)?cookie"
    r"|(?:api|access|private|secret|auth|signing|encryption|account|master|shared|session|licen[cs]e|client"
    r"|subscription|ssh|hmac)[ _.-]?key|(?-i:(?<!PRIMARY)(?<!FOREIGN)(?<!PUBLIC)(?<=[A-Z])_KEY)"
)
_WEAK = (
    r"(?<!cancellation[ _-])(?<!cancellation)(?<!page[ _-])(?<!page)token|secret|credentials?|signature|jwt"
    r"|x-auth(?:-\w+)?"
)
# A quotation mark as it is, escaped in JSON (in JSON ...), in XML or in a URL.
_QUOTE = r"""(?:\\*["']|&quot;|&apos;|&\#3[49];|%22|%27)"""
_COLOUR = r"(?:(?:\x1b|\\u001b|\\x1b)\[[\d;]*m)*"
# What tells that a value follows: a sign, the comma of a pair, or the end of an XML tag.
_IS = (
    rf"{_QUOTE}?{_COLOUR}[ \t]{{0,8}}(?:=>|:=|[:=]|%3[AD])[ \t]{{0,8}}{_COLOUR}"
    rf"|{_QUOTE},[ ]?(?=b?{_QUOTE})|>(?!<)|&gt;(?!&lt;)"
)
# Up to the quotation mark that ends it, or the line: a text may have been cut there.
_QUOTED = (
    r"""b?(?:"(?P<in_double>(?:\\.|[^"\\\n])*)(?:"|$)|'(?P<in_single>(?:\\.|[^'\\\n])*)(?:'|$)"""
    rf"""|(?P<mark>{_QUOTE})(?P<in_other>[^\n]*?)(?:(?<!\\)(?P=mark)|$))"""
)
# Several words: cookies, and the schemes of authorization that name their parts.
_WHOLE = (
    r"(?P<whole>(?:Digest|OAuth|AWS4-HMAC-SHA256)[ ][^\n<]+"
    r"""|(?<=cookie:[ ])[\w.-]+=[^\s;,"']*(?:;[ ]?[\w.-]+(?:=[^\s;,"']*)?)*)"""
)
_SCHEME = r"(?:(?:Bearer|Basic|Token|Negotiate|ApiKey)[ \t]+)?"
# Up to what cannot belong to it; brackets, commas and quotation marks may, between other characters.
_BARE = (
    r"""(?P<bare>(?![{\[(])(?:[^\s"'\\<&,;)\]}\x1b]|\\+(?=[^\s"'\\])|<(?!/)|[)\]}](?=\w)|(?<=\w)["'](?=\w)"""
    r"""|&(?![\w.-]+=|\#?\w+;)|[,;](?=[^\s"',;=:]{1,64}(?:[\s"',;]|$)))+)"""
)
_NAMED = re.compile(
    rf"(?P<name>{_STRONG}|(?P<weak>{_WEAK}))(?P<is>{_IS})(?:{_QUOTED}|{_WHOLE}|{_SCHEME}{_BARE})",
    re.IGNORECASE | re.MULTILINE,
)
_SECRET_NAME = re.compile(rf"(?s:.*)(?:(?P<strong>{_STRONG})|{_WEAK})", re.IGNORECASE)
# Types, constants and what a sentence goes on with.
_NO_SECRET = re.compile(
    r"\*{3,}|(?:none|null|true|false|str|bytes|int|float|bool|any|optional|required|missing|invalid|expired|not"
    r"|is|must|expected|unexpected|empty|unknown|undefined|denied|rejected|wrong|incorrect|SecretStr)[.:!]?",
    re.IGNORECASE,
)
# Source text in a stack trace: a call, an index or an attribute.
_CODE = re.compile(r"(?:await |self\.|os\.)|[A-Za-z_]\w*(?:\.\w+)*[(\[]")
_PAIR_BEGINS = re.compile(rf"[(\[]\s*b?{_QUOTE}[\w.-]*$")
# A weak name before a bare word is no secret unless the word has a digit or this many characters.
_LONG_WORD = 20
_LONGEST_NAME = 100


def is_secret_name(name: str) -> bool:
    """Return whether what stands under a name is a secret."""
    return len(name) <= _LONGEST_NAME and _SECRET_NAME.fullmatch(name) is not None


def is_strong_name(name: str) -> bool:
    """Return whether even a number under a name is a secret."""
    found = _SECRET_NAME.fullmatch(name)
    return found is not None and found["strong"] is not None


def is_no_secret(value: str) -> bool:
    """Return whether a value cannot be a secret, whatever its name: empty, masked, a constant."""
    return not value or _NO_SECRET.fullmatch(value) is not None


def _masked_value(found: re.Match[str]) -> str:
    """Return a named value masked, with the quotation marks that it had."""
    if "," in found["is"] and not _is_pair(found):
        return found[0]
    for group in ("in_double", "in_single", "in_other"):
        if (inside := found[group]) is not None:
            start, end = (place - found.start() for place in found.span(group))
            return found[0] if is_no_secret(inside) else f"{found[0][:start]}{MASK}{found[0][end:]}"
    bare = found["bare"]
    kept = bare is not None and _is_ordinary(
        found["name"], found["is"], bare, is_weak=found["weak"] is not None
    )
    return found[0] if kept else f"{found['name']}{found['is']}{MASK}"


def _is_ordinary(name: str, sign: str, bare: str, *, is_weak: bool) -> bool:
    """Return whether what follows a name without quotation marks is ordinary text after all."""
    if is_no_secret(bare) or (sign.strip() == "=" != sign and _CODE.match(bare)):
        return True
    if name.lower() == "pwd" and bare[0] in "/~":
        return True
    in_prose = is_weak and sign[-1] in " \t"
    return in_prose and len(bare) < _LONG_WORD and not re.search(r"\d", bare)


def _is_pair(found: re.Match[str]) -> bool:
    """Return whether name and value are a pair, as headers are shown, not two of a longer list."""
    before = found.string[max(0, found.start() - _LONGEST_NAME) : found.start()]
    return _PAIR_BEGINS.search(before) is not None and found.string[found.end() :][:1] in (")", "]")


# What makes a rule worth trying (in lower case), the rule, and what it leaves.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        ("://",),
        # A password may hold an @; a / only where no port stands before it.
        re.compile(r"""(?<=://)(?:[^\s/"'<>\\]*|(?![\w.-]*:\d+/)[^\s/:@"'<>\\]+:[^\s@"'<>\\]*)@"""),
        f"{MASK}@",
    ),
    (
        ("key=", "sig=", "auth=", "pass=", "pw="),
        re.compile(r"""((?:[?&;]|%3F|%26)(?:key|sig|auth|pass|pw)=)[^&\s"'<>\\#;]+""", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        (
            *("passw", "passphrase", "pwd", "authorization", "cookie", "key", "token", "secret"),
            *("credential", "signature", "jwt", "x-auth"),
        ),
        _NAMED,
        _masked_value,
    ),
    (
        ("--",),
        re.compile(
            r"""(--(?:[\w-]*-)?(?:password|passphrase|token|secret|api-?key)[ ])(["']?)(?!-)[^\s"']+""",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
    (
        ("bearer ", "basic "),
        re.compile(
            r"\b((?:Bearer)[ ]+)(?=[\w.~+/=-]*\d|[\w.~+/=-]{24})[\w.~+/=-]{8,}"
            r"|\b((?:Basic)[ ]+)(?=[A-Za-z0-9+/]*[\d=])[A-Za-z0-9+/]{8,}={0,2}",
            re.IGNORECASE,
        ),
        lambda found: f"{found[1] or found[2]}{MASK}",
    ),
    (("eyj",), re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"), MASK),
    (
        (
            *("sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "_pat_", "glpat-"),
            *("akia", "asia", "aiza", "xox", "hf_", "npm_", "pypi-"),
        ),
        re.compile(
            r"(?<![\w-])(?:sk-(?=[\w-]*\d)[\w-]{16,}|[srp]k_(?:live|test)_\w{10,}|gh[pousr]_\w{20,}"
            r"|github_pat_\w{20,}|glpat-[\w-]{16,}|A[KS]IA[0-9A-Z]{16}(?!\w)|AIza[\w-]{30,}|xox[a-z]-[\w-]{10,}"
            r"|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,})"
        ),
        MASK,
    ),
)
# "://" stands everywhere; the other two never without one of the rest.
_TRIGGERS = tuple({one for triggers, _, _ in _RULES for one in triggers} - {"://", "--", "key="})
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?:(?s:.*?)(-----END [A-Z ]*PRIVATE KEY-----)|\*{3}|[\w+/=\s\\]*)"
)


def may_hold_secret(text: str) -> bool:
    """Return whether a text may hold a secret: a cheap look, at which nearly every text ends."""
    lower = text.lower()
    for trigger in _TRIGGERS:
        if trigger in lower:
            return True
    return "://" in lower and "@" in lower


def masked(text: str) -> str:
    """Return a text with each secret masked that can be told by its name, place or form."""
    if "PRIVATE KEY-" in text:
        text = _PRIVATE_KEY.sub(rf"\1{MASK}\2", text)
    # All other rules end with the line, and most lines of a long text need none.
    return "\n".join(map(_masked_line, text.split("\n"))) if "\n" in text else _masked_line(text)


def _masked_line(line: str) -> str:
    lower = line.lower()
    for triggers, pattern, left in _RULES:
        for trigger in triggers:
            if trigger in lower:
                line = pattern.sub(left, line)
                break
    return line
