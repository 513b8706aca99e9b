"""Which KTRDR is under test, and how it is started and stopped."""

from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.embedded import EmbeddedTarget
from ktrdr_acceptance.target.services import ServicesTarget


def make_target(settings: Settings) -> Target:
    """Return the target that the settings name, not yet started."""
    if settings.target == "services":
        return ServicesTarget(settings)
    return EmbeddedTarget(settings)
