"""HTTP: a client per service, response models, one reader for all error shapes."""

import sys

# httpx brings a command line along, with click and pygments: over half of its import, for nothing here.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
