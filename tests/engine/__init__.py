"""Proofs that need a Docker engine; outside `make test`."""
