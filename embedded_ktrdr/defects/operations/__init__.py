"""Defects of the operations' own routes: the list, its pages and counts, retries and results."""
