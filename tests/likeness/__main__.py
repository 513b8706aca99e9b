"""Replays the specimens against a running KTRDR, without rows: `python -m tests.likeness --backend URL`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

import httpx

from .comparison import RecordedShapes
from .player import Patience, Player
from .scope import BACKEND, IB_HOST, TRAINING_HOST
from .specimen import Specimen, read_all
from .target import Target, discover, urls_of


def main(arguments: list[str]) -> int:
    """Prints every difference and a count; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.likeness", description=__doc__)
    parser.add_argument("--backend", required=True, help="URL; the replay starts and cancels work there")
    parser.add_argument("--ib-host", help="URL; without it, specimens that ask it are left out")
    parser.add_argument("--training-host", help="URL; without it, specimens that ask it itself are left out")
    parser.add_argument("--gateway", action="store_true", help="there is a gateway behind the IB host")
    parser.add_argument("--only", default="", help="only specimens whose name contains this")
    parser.add_argument("--within", type=float, default=120.0, help="how many seconds a condition may take")
    options = parser.parse_args(arguments)
    named = {IB_HOST: options.ib_host, TRAINING_HOST: options.training_host}
    hosts = {service: url for service, url in named.items() if url}
    specimens = read_all()
    recorded = RecordedShapes(specimens)
    played = exchanges = differences = 0
    for specimen in specimens:
        if options.only not in specimen.id:
            continue
        lacking = lacks(specimen, hosts, gateway=options.gateway)
        if lacking:
            sys.stdout.write(f"{specimen.id}: left out, {lacking}\n")
            continue
        with httpx.Client(trust_env=False, timeout=30) as client:
            workers = discover(options.backend, specimen, client)
        target = Target(urls_of(specimen, options.backend, hosts, workers), workers)
        replay = Player(specimen, target, recorded, patience=Patience(options.within, every=0.1)).play()
        target.close()
        played += 1
        exchanges += len(specimen.exchanges)
        differences += len(replay.differences)
        sys.stdout.write(f"{specimen.id}: {len(replay.differences)} differences\n")
        sys.stdout.writelines(f"  {difference}\n" for difference in replay.differences)
        sys.stdout.flush()
    sys.stdout.write(f"{played} specimens, {exchanges} exchanges, {differences} differences\n")
    return 1 if differences or not played else 0


def lacks(specimen: Specimen, hosts: Mapping[str, str], *, gateway: bool) -> str:
    """Why the specimen cannot be played against a KTRDR with these hosts; empty: it can."""
    missing = specimen.services - hosts.keys() - specimen.serving.keys() - {BACKEND}
    if missing:
        return f"no URL of {', '.join(sorted(missing))}"
    if specimen.controls:
        return "services would have to be ended"
    if specimen.gateway and not gateway:
        return "it needs a gateway"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
