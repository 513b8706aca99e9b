"""The driver of the KTRDR acceptance suite."""
