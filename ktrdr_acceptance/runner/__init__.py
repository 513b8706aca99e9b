"""How a run goes: selection, order, exit status."""
