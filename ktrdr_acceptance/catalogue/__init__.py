"""Scenarios, tags, traceability."""
