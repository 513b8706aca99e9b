"""Which KTRDR is under test, and how it is started and stopped."""

from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.embedded import EmbeddedTarget
from ktrdr_acceptance.target.services import ServicesTarget


def make_target(settings: Settings) -> Target:
    """Return the target that the settings name, not yet started."""
    if settings.target == "services":
        return ServicesTarget(settings)
    if settings.target == "docker":
        # Only then: its SDK takes longer to load than everything else.
        from ktrdr_acceptance.target.containers import DockerTarget

        return DockerTarget(settings)
    return EmbeddedTarget(settings)
