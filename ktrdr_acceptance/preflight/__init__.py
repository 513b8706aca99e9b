"""Preflight: whether the target can be judged, and what to do if not."""
