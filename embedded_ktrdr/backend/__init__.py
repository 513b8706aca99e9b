"""The backend: operations, trainings and the registry of workers."""
