#!/bin/sh
# Makes reports/allure-report/index.html from reports/allure-results, and beside it milestones.html, which shows
# the same scenarios by milestone and criterion.
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
by_milestone=$report/by-milestone
# Generating into an old report keeps parts of it.
rm -rf "$report"
node_modules/.bin/allure generate --config allurerc.mjs --output "$report" "$results" >/dev/null
REPORT_BY=milestone node_modules/.bin/allure generate --config allurerc.mjs --output "$by_milestone" "$results" >/dev/null
for made in "$report" "$by_milestone"; do
    [ -s "$made/index.html" ] || { echo "allure wrote no $made/index.html" >&2; exit 1; }
done
mv "$by_milestone/index.html" "$report/milestones.html"
rm -rf "$by_milestone"
echo "$report/index.html"
echo "$report/milestones.html"
