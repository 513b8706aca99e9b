"""behave's hooks and parameter types; both live in the driver."""

from ktrdr_acceptance import parameter_types
from ktrdr_acceptance.hooks import after_scenario, after_step, before_all, before_scenario

parameter_types.register()
__all__ = ["after_scenario", "after_step", "before_all", "before_scenario"]
