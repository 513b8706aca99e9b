#!/bin/sh
# Makes reports/allure-report/index.html from reports/allure-results.
set -eu
cd "$(dirname "$0")/.."
reports=${REPORTS:-reports}
results=$reports/allure-results
report=$reports/allure-report

for tool in node npm; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "The report needs $tool, which is not on PATH: install the packages nodejs and npm (Node 20 or newer)." >&2
        exit 2
    fi
done
if [ ! -d "$results" ]; then
    echo "$results is not there: run \`make accept\` first." >&2
    exit 2
fi
if ! cmp -s package-lock.json node_modules/.matches-lock 2>/dev/null; then
    npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.matches-lock
fi
# Generating into an old report keeps parts of it.
rm -rf "$report"
node_modules/.bin/allure generate --config allurerc.mjs --output "$report" "$results" >/dev/null
[ -s "$report/index.html" ] || { echo "allure wrote no $report/index.html" >&2; exit 1; }
echo "$report/index.html"
