"""Defects in how what cannot be done is refused, or fails."""
