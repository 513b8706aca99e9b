#!/bin/sh
# Runs every proof: those of the embedded KTRDR beside all others, since they mostly wait, and so do the others.
set -u
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
beside=$(mktemp) || exit 2
trap 'rm -f "$beside"' EXIT

"$pytest" tests/embedded tests/likeness -p no:cacheprovider >"$beside" 2>&1 &
others=$!
trap 'kill "$others" 2>/dev/null; exit 130' INT TERM
"$pytest" tests --ignore=tests/embedded --ignore=tests/likeness
status=$?
wait "$others"
second=$?
echo "== the embedded KTRDR and its likeness to the real one"
cat "$beside"
[ "$status" -eq 0 ] && [ "$second" -eq 0 ]
