"""A KTRDR small enough to ship: its services over real HTTP."""
