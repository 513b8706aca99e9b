"""HTTP: a client per service, response models, one reader for all error shapes."""
