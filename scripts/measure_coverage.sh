#!/bin/sh
# Runs the proofs of the driver under coverage, with the processes that they start, and says how much of the parts
# that decide on verdicts was run; fails if a part has less than it must.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
data=$(mktemp -d) || exit 2
trap 'rm -rf "$data"' EXIT
trap 'exit 130' INT TERM
COVERAGE_FILE=$data/coverage
export COVERAGE_FILE

# The proofs of the embedded KTRDR and of its likeness run nothing of the driver.
"$bin/coverage" run -m pytest tests --ignore=tests/embedded --ignore=tests/likeness -p no:cacheprovider
status=$?
"$bin/coverage" combine -q &&
    "$bin/coverage" json -q -o "$data/coverage.json" &&
    "$bin/python" scripts/coverage_of_parts.py "$data/coverage.json" &&
    [ "$status" -eq 0 ]
