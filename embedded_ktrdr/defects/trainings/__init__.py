"""Defects about trainings: what they count, learn, list and show of themselves."""
