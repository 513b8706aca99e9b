"""The services that do the work: workers of the container kind and the training host."""
