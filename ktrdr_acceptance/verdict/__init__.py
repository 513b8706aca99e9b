"""One result model and its views."""
