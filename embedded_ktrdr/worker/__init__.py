"""A training worker of the container kind."""
