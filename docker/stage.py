"""`stage.py BASE`: put beside the Dockerfile what the embedded KTRDR needs and an image made FROM BASE lacks.

The packages are those of requirements.lock, hashes included, for the Python and the platform of BASE.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
ROOT = HERE.parent
STAGE = HERE / "stage"
# What embedded_ktrdr imports; the rest follows from them.
WANTED = ("fastapi", "httpx", "pydantic", "pyyaml", "starlette", "uvicorn")

_PROBE = """\
import json, platform, sys
python = "%d.%d" % sys.version_info[:2]
print(json.dumps({"python": python, "machine": platform.machine(), "libc": platform.libc_ver()[0]}))
"""


def main() -> None:
    """Stage the packages unless they are there already, and the embedded KTRDR as it is now."""
    base = _probe(sys.argv[1])
    lines = locked(needed(WANTED, base["python"]), (ROOT / "requirements.lock").read_text("utf-8"))
    packages, stamp = STAGE / "packages", STAGE / "staged"
    wanted = hashlib.sha256(json.dumps([base, lines]).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(STAGE, ignore_errors=True)
        STAGE.mkdir()
        requirements = STAGE / "requirements.txt"
        requirements.write_text(lines)
        _install(requirements, packages, base)
        shutil.rmtree(packages / "bin", ignore_errors=True)
        stamp.write_text(wanted)
    shutil.rmtree(STAGE / "embedded_ktrdr", ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.md")
    shutil.copytree(ROOT / "embedded_ktrdr", STAGE / "embedded_ktrdr", ignore=ignored)
    shutil.copy(HERE / "healthy.py", STAGE)


def needed(names: tuple[str, ...], python: str) -> set[str]:
    """The names, and what they need under that version of Python."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        for text in requires(name) or ():
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or marker.evaluate({"python_version": python, "extra": ""}):
                waiting.append(requirement.name)
    return found


def locked(names: set[str], lock: str) -> str:
    """The entries of these packages in the lock, with their hashes."""
    entries = re.findall(r"^[a-z0-9].*(?:\n[ #].*)*", lock, re.MULTILINE)
    chosen = [each for each in entries if canonicalize_name(each.split("==")[0]) in names]
    missing = names - {canonicalize_name(each.split("==")[0]) for each in chosen}
    if missing:
        sys.exit(f"requirements.lock has no entry of {', '.join(sorted(missing))}: run `make lock`.")
    return "\n".join(chosen) + "\n"


def _probe(base: str) -> dict[str, str]:
    """The Python and the platform of the base image."""
    command = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "python3", base, "-c", _PROBE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The base image {base} runs no python3: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, str] = json.loads(done.stdout)
    if tuple(map(int, found["python"].split("."))) < (3, 11):
        sys.exit(f"The base image {base} has Python {found['python']}; it must be 3.11 or newer.")
    return found


def _install(requirements: Path, packages: Path, base: dict[str, str]) -> None:
    machine = base["machine"]
    if base["libc"] == "glibc":
        platforms = [f"manylinux{each}_{machine}" for each in ("2014", "_2_17", "_2_28")]
    else:
        platforms = [f"musllinux_{each}_{machine}" for each in ("1_1", "1_2")]
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(packages)]
    command += ["--implementation", "cp", "--python-version", base["python"], "-r", str(requirements)]
    subprocess.run([*command, *(f"--platform={each}" for each in platforms)], check=True)


if __name__ == "__main__":
    main()
