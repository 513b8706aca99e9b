#!/bin/sh
# Changes what decides on verdicts, a little at a time, and lists the changes that no proof notices: mutmut, as
# pyproject.toml configures it, in an environment of its own because nothing else needs it.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-mutation
if [ ! -x $venv/bin/mutmut ]; then
    .venv/bin/python -m venv --clear $venv
    $venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
    $venv/bin/python -m pip install -qq --disable-pip-version-check mutmut==3.8.1
fi
rm -rf mutants
$venv/bin/mutmut run "$@"
$venv/bin/mutmut results
