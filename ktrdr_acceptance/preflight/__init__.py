"""Checks of the target before the first scenario."""
