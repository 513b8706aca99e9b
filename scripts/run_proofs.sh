#!/bin/sh
# Runs every proof in two halves that take about as long, side by side: much of either is waiting.
set -u
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
beside=$(mktemp) || exit 2
trap 'rm -f "$beside"' EXIT

second_half="embedded likeness preflight truth"
"$pytest" $(printf 'tests/%s ' $second_half) -p no:cacheprovider >"$beside" 2>&1 &
others=$!
trap 'kill "$others" 2>/dev/null; exit 130' INT TERM
"$pytest" tests --ignore=tests/engine $(printf -- '--ignore=tests/%s ' $second_half)
status=$?
wait "$others"
second=$?
echo "== the second half: $second_half"
cat "$beside"
[ "$status" -eq 0 ] && [ "$second" -eq 0 ]
