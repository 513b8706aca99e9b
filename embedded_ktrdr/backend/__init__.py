"""The backend: operations, the workers that do them, data and strategies."""
