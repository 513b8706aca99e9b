"""Defects about log lines."""
