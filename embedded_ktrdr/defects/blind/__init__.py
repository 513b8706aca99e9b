"""Defects by somebody who knew KTRDR's contract alone, and no scenario."""
