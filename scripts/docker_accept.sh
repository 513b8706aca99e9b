#!/bin/sh
# Runs the suite against the embedded KTRDR in containers of the local Docker engine: stages, builds, brings up, runs,
# takes down. What stands on the command line goes to behave.
#   BASE=IMAGE   image with Python 3.11 or newer to build on (docker/make_base.sh makes one where none can be pulled)
# Left behind are, as a cache, docker/stage and the image embedded-ktrdr; nothing else, however it ends.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
base=${BASE:-python:3.11-slim}
image=${KTRDR_IMAGE:-embedded-ktrdr}
project=ktrdr-accept-$$
folders=${TMPDIR:-/tmp}/ktrdr-accept
suite= work=

refuse() {
    echo "$1" >&2
    exit 2
}

# By label and not by compose, which may be what has failed.
of_project() { docker "$@" --quiet --filter "label=com.docker.compose.project=$project"; }
remove_rest() {
    # Whoever asks again to stop shall not stop this.
    trap '' INT TERM HUP
    # What the suite has put in the place of a container is none of compose's.
    docker ps --all --quiet --filter "label=ktrdr-acceptance.project=$project" |
        xargs -r docker rm --force --volumes >/dev/null || true
    of_project ps --all | xargs -r docker rm --force --volumes >/dev/null || true
    of_project network ls | xargs -r docker network rm >/dev/null || true
    of_project volume ls | xargs -r docker volume rm >/dev/null || true
    # What the image was before, and what a build that was broken off has made.
    docker image prune --force --filter label=ktrdr.image=embedded-ktrdr >/dev/null || true
    [ -z "$work" ] || rm -rf "$work"
    # What one that was killed has left, unless its containers are still there.
    for left in "$folders".[0-9]*.*; do
        pid=${left#"$folders".} pid=${pid%%.*}
        if [ -d "$left" ] && ! kill -0 "$pid" 2>/dev/null &&
            [ -z "$(docker ps --all --quiet --filter "volume=$left/data")" ]; then
            rm -rf "$left"
        fi
    done
}

ask_to_stop() {
    [ -n "$suite" ] || exit 130
    kill -TERM "$suite" 2>/dev/null || true
}
trap ask_to_stop INT TERM HUP

command -v docker >/dev/null 2>&1 || refuse "docker is not on PATH: install Docker, or run \`make accept\`."
reason=$(docker version --format '{{.Server.Version}}' 2>&1) ||
    refuse "No Docker engine answers: $(echo "$reason" | tail -n 1)"
docker image inspect "$base" >/dev/null 2>&1 || docker pull --quiet "$base" >/dev/null ||
    refuse "The base image $base is not here and cannot be pulled: make one with docker/make_base.sh and say BASE=."
trap remove_rest EXIT
work=$(mktemp -d "$folders.$$.XXXXXX")

"$bin/python" docker/stage.py "$base"
# Without network: all that it needs is staged.
docker build --quiet --force-rm --network none --build-arg BASE="$base" --tag "$image" docker >"$work/build" 2>&1 || {
    cat "$work/build" >&2
    refuse "The image $image cannot be built on $base."
}

# Containers never run as root; a plain user's run as that user, so that both may change the bars.
mkdir "$work/data"
KTRDR_UID=$(id -u) KTRDR_GID=$(id -g)
if [ "$KTRDR_UID" -eq 0 ]; then
    KTRDR_UID=10001 KTRDR_GID=10001
    chown "$KTRDR_UID:$KTRDR_GID" "$work/data"
fi
KTRDR_DATA_DIR=$work/data KTRDR_IMAGE=$image KTRDR_CONTAINERS=$project
# As the suite gives the embedded KTRDR when it starts it: so that a scenario can fill it.
KTRDR_DATA_LIMIT_MB=${KTRDR_DATA_LIMIT_MB:-256}
ports=$("$bin/python" docker/free_ports.py)
# shellcheck disable=SC2086 # one assignment per word
export KTRDR_UID KTRDR_GID KTRDR_DATA_DIR KTRDR_IMAGE KTRDR_CONTAINERS KTRDR_DATA_LIMIT_MB $ports

[ $# -gt 0 ] || set -- features/
"$bin/behave" -D target=docker -D compose_file=docker/compose.yaml -D compose_project="$project" \
    -D disposable=true "$@" &
suite=$!
status=0
wait "$suite" || status=$?
# A signal ends the waiting, not the suite.
while kill -0 "$suite" 2>/dev/null; do
    status=0
    wait "$suite" || status=$?
done
exit "$status"
