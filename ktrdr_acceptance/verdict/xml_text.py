"""Texts of a target as XML 1.0 can hold them."""

from __future__ import annotations

import re

# Such as the colours in a log line.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return `text` with a sign in the place of each character that XML has none for."""
    return _NOT_XML.sub("\ufffd", text)
