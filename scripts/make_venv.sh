#!/bin/sh
# Makes or renews .venv from requirements.lock. Exits at once, without network, when it already matches.
set -eu
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/matches-lock

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer was not found on PATH: install the package python3 (or set PYTHON=/path/to/python3)." >&2
    exit 2
}

fingerprint() { cat requirements.lock pyproject.toml scripts/make_venv.sh | cksum; }

want=$(fingerprint)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x "$venv/bin/python" ]; then
    exit 0
fi
python=$(find_python)
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python has no venv module: install the package python$version-venv (Debian, Ubuntu: python3-venv)." >&2
    exit 2
fi
echo "Setting up $venv with $("$python" --version) ..."
rm -f "$stamp"
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
# As pip does for all others: where Python may write no bytecode, every start would compile it again.
"$venv/bin/python" -m compileall -q ktrdr_acceptance embedded_ktrdr
echo "$want" >"$stamp"
