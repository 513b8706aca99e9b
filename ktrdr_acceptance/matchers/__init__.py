"""PyHamcrest matchers whose mismatch says subject, expected and actual."""
