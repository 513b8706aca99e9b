#!/bin/sh
# Runs every proof that needs no Docker engine, in three parts side by side: much of each is waiting.
set -u
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
said=$(mktemp -d) || exit 2
trap 'rm -rf "$said"' EXIT

second="embedded"
third="likeness preflight truth"
# shellcheck disable=SC2046,SC2086 # folders, not one word
{
    "$pytest" $(printf 'tests/%s ' $second) -p no:cacheprovider >"$said/second" 2>&1 &
    with_second=$!
    "$pytest" $(printf 'tests/%s ' $third) -p no:cacheprovider >"$said/third" 2>&1 &
    with_third=$!
    trap 'kill "$with_second" "$with_third" 2>/dev/null; exit 130' INT TERM
    "$pytest" tests --ignore=tests/engine $(printf -- '--ignore=tests/%s ' $second $third)
    failed=$?
}
wait "$with_second" || failed=1
wait "$with_third" || failed=1
echo "== the second part: $second"
cat "$said/second"
echo "== the third part: $third"
cat "$said/third"
exit "$failed"
