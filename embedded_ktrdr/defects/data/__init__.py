"""Seeded defects of cached bars, by what is told wrongly."""
