"""Seeded defects of downloads, by where they go wrong."""
