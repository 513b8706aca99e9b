"""The life of an operation: states, observed history, waiting."""
