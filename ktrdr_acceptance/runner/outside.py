"""What goes wrong outside of the scenarios: behave prints it or drops it, a run has to say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import isgeneratorfunction
from typing import Any

from behave.runner import Context

_ALL_HOOKS = ("before_all", "after_all")
# The layers of behave's context that are no scenario's.
_OUTSIDE = ("testrun", "feature", "rule")


@dataclass
class Outside:
    """What was found outside of the scenarios, and the cleanups of the scenario that runs."""

    findings: list[str] = field(default_factory=list)
    on_abort: Callable[[str], None] = lambda _reason: None
    _cleanup_errors: list[str] = field(default_factory=list)

    def take_cleanup_errors(self) -> list[str]:
        """Return the failed cleanups of the scenario that has just run, and forget them."""
        taken, self._cleanup_errors = self._cleanup_errors, []
        return taken

    def cleanup_failed(self, layer: str | None, error: BaseException) -> None:
        """Take down a failed cleanup, also one that behave was told to pass over."""
        said = f"{type(error).__name__}: {error}"
        if layer in _OUTSIDE:
            self.findings.append(f"a cleanup of the {layer} failed: {said}".replace("testrun", "run"))
        else:
            self._cleanup_errors.append(f"a cleanup failed: {said}")

    def watch_hooks(self, hooks: dict[str, Any]) -> None:
        """Take down what the hooks around the whole run raise; the others' errors stand in behave's model."""
        for name in _ALL_HOOKS:
            if name in hooks:
                hooks[name] = self._watched(name, hooks[name])

    def _watched(self, name: str, hook: Any) -> Any:
        @wraps(hook)
        def watched(*arguments: Any) -> None:
            try:
                hook(*arguments)
            except Exception as problem:
                said = f"{name} raised {type(problem).__name__}: {problem}"
                if name == "before_all":
                    self.on_abort(said)
                else:
                    self.findings.append(said)
                raise

        return watched


class WatchedContext(Context):  # type: ignore[misc]
    """behave's context, which tells what its cleanups raise and why the run is aborted."""

    def __init__(self, runner: Any, outside: Outside) -> None:
        self._outside = outside
        super().__init__(runner)

    def abort(self, reason: str | None = None) -> None:
        """Abort the run, and keep the reason."""
        self._outside.on_abort(reason or "a hook or a step asked for it")
        super().abort(reason)

    def _do_cleanups(self) -> None:
        if self._stack and (cleanups := self._stack[0].get("@cleanups")):
            noted = partial(self._outside.cleanup_failed, self._stack[0].get("@layer"))
            self._stack[0]["@cleanups"] = [_noting(cleanup, noted) for cleanup in cleanups]
        super()._do_cleanups()


def _noting(cleanup: Any, noted: Callable[[BaseException], None]) -> Any:
    def noting() -> None:
        try:
            cleanup()
        except Exception as problem:
            noted(problem)
            raise

    noting.__name__ = getattr(cleanup, "__name__", "cleanup")
    return noting


class GuardedFormatter:
    """A formatter that was asked for; if it breaks it falls silent, and the run goes on."""

    def __init__(self, formatter: Any, outside: Outside) -> None:
        self._formatter = formatter
        self._outside = outside
        self._is_broken = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._formatter, name)
        return partial(self._call, found) if callable(found) else found

    def _call(self, method: Any, *arguments: Any) -> Any:
        if self._is_broken:
            return None
        try:
            return method(*arguments)
        except Exception as problem:
            self._is_broken = True
            self._outside.findings.append(
                f"the formatter {self._formatter.name} broke and told no more: "
                f"{type(problem).__name__}: {problem}"
            )
            return None


def refuse_generators(registry: Any) -> None:
    """Refuse a step that is a generator: behave calls it, nothing of it is run, and it passes.

    Raises TypeError.
    """
    for matchers in registry.steps.values():
        for matcher in matchers:
            if isgeneratorfunction(matcher.func):
                raise TypeError(
                    f"the step {matcher.pattern!r} is a generator: it would pass without being run"
                )


def failed_hooks(features: list[Any]) -> Iterator[tuple[Any, str]]:
    """Yield each feature and rule with a hook that raised, and what it said."""
    for feature in features:
        for container in (feature, *feature.rules):
            if container.hook_failed:
                said = container.error_message or "no message"
                yield container, f"{container.type} {container.name!r}: {said}"
