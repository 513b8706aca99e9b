"""The detection score: which seeded defects of the embedded KTRDR the suite finds, and by which sentence."""
