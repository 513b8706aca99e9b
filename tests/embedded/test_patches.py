"""What switches patch is there, of defects and variations alike, and the healthy one knows none of them."""

import json
import subprocess
import sys

import pytest

PACKAGES = {"defects": "all_defects", "variations": "all_variations"}


def said_by(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_every_one_finds_what_it_patches(package: str) -> None:
    """Each alone, in a process that ends with it, for a patch cannot be taken back."""
    said_by(
        f"import os; from embedded_ktrdr.{package} import {PACKAGES[package]} as all_of_them\n"
        "for each in all_of_them().values():\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        each.patch(); os._exit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0, each.name\n"
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_the_healthy_one_knows_nothing_of_them(package: str) -> None:
    names = said_by(
        "import json, sys, embedded_ktrdr.__main__, embedded_ktrdr.supervisor; "
        f"print(json.dumps([name for name in sys.modules if name.startswith('embedded_ktrdr.{package}')]))"
    )
    assert json.loads(names) == []
