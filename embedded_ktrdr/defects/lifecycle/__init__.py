"""Defects about the life of an operation: its way to its end, and its cancel."""
