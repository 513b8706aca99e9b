from collections.abc import Callable

import pytest

from ktrdr_acceptance.faults import EnvironmentFault, Mismatch, RunAborted
from ktrdr_acceptance.operations.waiting import PAST_EXPIRY, Cadence, Clock, Waiter, WaitFailed

from .fake_clock import Changing, FakeClock, most_per_second

START = 1000.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def waiter(clock: FakeClock) -> Waiter:
    return Waiter(clock)


def is_cancelled(value: str) -> bool:
    return value == "cancelled"


# eventually: when it looks


def test_the_first_look_is_made_at_once_and_is_enough(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=0)
    assert waiter.eventually(service, is_cancelled, within=5, expected="x") == "cancelled"
    assert (service.asked, clock.sleeps) == ([START], [])


def test_even_a_deadline_of_zero_allows_one_look(clock: FakeClock, waiter: Waiter) -> None:
    assert waiter.eventually(Changing(clock, at=0), is_cancelled, within=0, expected="x") == "cancelled"


def test_the_value_that_satisfied_is_returned(waiter: Waiter) -> None:
    values = iter([1, 5, 7, 9])
    assert waiter.eventually(lambda: next(values), lambda value: value > 5, within=5, expected="x") == 7


def test_without_a_cache_it_looks_every_100_ms(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 0.95)
    waiter.eventually(service, is_cancelled, within=5, expected="x")
    assert [at - START for at in service.asked] == pytest.approx([n / 10 for n in range(11)])


@pytest.mark.parametrize(("latency", "gap"), [(0.03, 0.1), (0.1, 0.1), (0.25, 0.25)])
def test_the_cadence_counts_from_request_to_request(
    clock: FakeClock, waiter: Waiter, latency: float, gap: float
) -> None:
    service = Changing(clock, at=START + 1, latency=latency)
    waiter.eventually(service, is_cancelled, within=5, expected="x")
    gaps = {round(b - a, 6) for a, b in zip(service.asked, service.asked[1:], strict=False)}
    assert gaps == {gap}


@pytest.mark.parametrize("ttl", [0.2, 1.0, 3.0])
def test_with_a_cache_it_looks_once_right_after_each_expiry(
    clock: FakeClock, waiter: Waiter, ttl: float
) -> None:
    service = Changing(clock, at=START + 4.2 * ttl, ttl=ttl)
    waiter.eventually(service, is_cancelled, within=60, expected="x", cadence=Cadence(ttl=ttl))
    gaps = [b - a for a, b in zip(service.asked, service.asked[1:], strict=False)]
    assert gaps == pytest.approx([ttl + PAST_EXPIRY] * 5)


@pytest.mark.parametrize("ttl", [0.0, 0.02, 0.1])
def test_a_cache_shorter_than_the_cadence_changes_nothing(
    clock: FakeClock, waiter: Waiter, ttl: float
) -> None:
    service = Changing(clock, at=START + 3, ttl=ttl)
    waiter.eventually(service, is_cancelled, within=5, expected="x", cadence=Cadence(ttl=ttl))
    assert most_per_second(service.asked) == 10


@pytest.mark.parametrize("latency", [0.0, 0.004, 0.06, 0.15])
@pytest.mark.parametrize("ttl", [0.0, 0.05, 0.105, 1.0])
def test_it_never_asks_more_than_10_times_a_second(
    clock: FakeClock, waiter: Waiter, latency: float, ttl: float
) -> None:
    service = Changing(clock, at=START + 3.33, latency=latency, ttl=ttl)
    waiter.eventually(service, is_cancelled, within=30, expected="x", cadence=Cadence(ttl=ttl))
    assert most_per_second(service.asked) <= 10


# eventually: when it stops


def test_it_looks_once_more_at_the_deadline(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 1.45)
    assert waiter.eventually(service, is_cancelled, within=1.45, expected="x") == "cancelled"
    assert service.asked[-1] == START + 1.45


def test_with_a_long_cache_it_still_looks_at_the_deadline(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 9)
    with pytest.raises(WaitFailed):
        waiter.eventually(service, is_cancelled, within=1.5, expected="x", cadence=Cadence(ttl=30))
    assert service.asked == [START, START + 1.5]


def test_it_does_not_look_after_the_deadline(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 2.01)
    with pytest.raises(WaitFailed):
        waiter.eventually(service, is_cancelled, within=2, expected="x")
    assert service.asked[-1] == START + 2
    assert clock.now() == START + 2


def test_it_stops_at_once_when_success_has_become_impossible(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 0.42, after="failed")
    with pytest.raises(WaitFailed, match="it has ended as failed"):
        waiter.eventually(
            service,
            is_cancelled,
            within=60,
            expected="x",
            bail=lambda value: "it has ended as failed" if value == "failed" else None,
        )
    assert clock.now() == pytest.approx(START + 0.5)


def test_success_comes_before_a_reason_to_give_up(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=0)
    assert (
        waiter.eventually(service, is_cancelled, within=1, expected="x", bail=lambda _: "over") == "cancelled"
    )


@pytest.mark.parametrize(("factor", "ends_after"), [(0.5, 2), (1, 4), (3, 12)])
def test_the_time_factor_scales_the_deadline(clock: FakeClock, factor: float, ends_after: float) -> None:
    with pytest.raises(WaitFailed, match=f"within {ends_after} s"):
        Waiter(clock, factor).eventually(lambda: "no", is_cancelled, within=4, expected="x")
    assert clock.now() - START == pytest.approx(ends_after)


def test_an_error_of_the_probe_is_not_swallowed(waiter: Waiter) -> None:
    def probe() -> str:
        raise AssertionError("the answer has no status")

    with pytest.raises(AssertionError, match="the answer has no status"):
        waiter.eventually(probe, is_cancelled, within=5, expected="x")


# eventually: what it says


def seen_lines(text: str) -> list[str]:
    """Return the history that a failure shows."""
    lines = text.splitlines()
    return lines[lines.index("seen:") + 1 :]


def test_the_failure_says_what_was_expected_seen_and_why_it_stopped(waiter: Waiter) -> None:
    values = iter(["pending", "pending", "running, 10 %", "running, 10 %", "running, 20 %"])
    last = "running, 20 %"
    with pytest.raises(WaitFailed) as caught:
        waiter.eventually(
            lambda: next(values, last),
            is_cancelled,
            within=0.6,
            expected="operation 7 to be cancelled",
            describe=lambda value: f"<{value}>",
        )
    text = str(caught.value)
    for part in (
        "expected operation 7 to be cancelled within 0.6 s",
        "but the deadline passed; the last value was <running, 20 %>",
        "stopped after 0.60 s and 7 looks",
    ):
        assert part in text
    assert seen_lines(text) == [
        "     0.00 s  <pending>",
        "     0.20 s  <running, 10 %>",
        "     0.40 s  <running, 20 %>",
    ]


def test_a_state_that_comes_back_is_shown_again(waiter: Waiter) -> None:
    values = iter(["running", "cancelled!", "running"])
    with pytest.raises(WaitFailed) as caught:
        waiter.eventually(lambda: next(values, "running"), is_cancelled, within=0.5, expected="x")
    assert [line.split("  ")[-1] for line in seen_lines(str(caught.value))] == [
        "running",
        "cancelled!",
        "running",
    ]


def test_a_long_history_is_shown_by_its_ends(waiter: Waiter) -> None:
    values = iter(range(1000))
    with pytest.raises(WaitFailed) as caught:
        waiter.eventually(lambda: next(values), lambda _: False, within=10, expected="x")
    seen = seen_lines(str(caught.value))
    assert len(seen) == 13
    assert seen[6].strip() == "... 89 more states ..."
    assert [line.split()[-1] for line in seen[:6] + seen[7:]] == [
        *("0", "1", "2", "3", "4", "5"),
        *("95", "96", "97", "98", "99", "100"),
    ]


def test_a_history_of_a_dozen_states_is_shown_whole(waiter: Waiter) -> None:
    values = iter(range(12))
    with pytest.raises(WaitFailed) as caught:
        waiter.eventually(lambda: next(values), lambda _: False, within=1.1, expected="x")
    assert [line.split()[-1] for line in seen_lines(str(caught.value))] == [str(n) for n in range(12)]


def test_a_service_that_was_lost_from_the_start_has_shown_nothing(waiter: Waiter) -> None:
    def probe() -> str:
        raise EnvironmentFault("no answer", cause="it is off", cure="Switch it on.")

    with pytest.raises(EnvironmentFault) as caught:
        waiter.eventually(probe, is_cancelled, within=5, expected="x")
    assert (caught.value.cause, caught.value.cure) == ("it is off", "Switch it on.")
    assert caught.value.mismatch == Mismatch("x within 5 s", "no answer")
    assert str(caught.value).splitlines() == [
        "no answer (while waiting for x)",
        "seen before:",
        "  nothing was seen",
    ]


def test_a_lost_service_ends_the_wait_and_keeps_the_history(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 0.15, after="stopping")

    def probe() -> str:
        if clock.now() >= START + 0.3:
            raise EnvironmentFault("backend at http://b gave no answer")
        return service()

    with pytest.raises(EnvironmentFault) as caught:
        waiter.eventually(probe, is_cancelled, within=60, expected="operation 7 to be cancelled")
    text = str(caught.value)
    assert text.startswith(
        "backend at http://b gave no answer (while waiting for operation 7 to be cancelled"
    )
    assert "0.00 s  running" in text
    assert "0.20 s  stopping" in text
    assert clock.now() == pytest.approx(START + 0.3)


# the wish to stop


def test_a_wish_to_stop_prevents_even_the_first_look(clock: FakeClock, waiter: Waiter) -> None:
    clock.stop_reason = "SIGTERM"
    service = Changing(clock, at=0)
    with pytest.raises(RunAborted, match="SIGTERM"):
        waiter.eventually(service, is_cancelled, within=5, expected="x")
    assert service.asked == []


def test_a_wish_to_stop_ends_a_wait_at_once(clock: FakeClock, waiter: Waiter) -> None:
    clock.events.append((START + 1.23, lambda: setattr(clock, "stop_reason", "SIGINT")))
    with pytest.raises(RunAborted, match="SIGINT"):
        waiter.eventually(lambda: "no", is_cancelled, within=60, expected="x", cadence=Cadence(ttl=30))
    assert clock.now() == START + 1.23


def test_an_undo_waits_on_whoever_wants_to_stop(clock: FakeClock, waiter: Waiter) -> None:
    clock.stop_reason = "SIGTERM"
    clock.events.append((START + 0.5, lambda: None))
    service = Changing(clock, at=START + 1)
    waiter.eventually(service, is_cancelled, within=5, expected="x", interruptible=False)
    assert clock.now() == START + 1


def test_the_first_reason_to_stop_stays() -> None:
    clock = Clock()
    clock.check()
    clock.stop("SIGTERM")
    clock.stop("SIGINT")
    with pytest.raises(RunAborted, match="SIGTERM"):
        clock.check()


def test_the_real_clock_sleeps_in_slices_and_notices_the_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    slept: list[float] = []
    now = 50.0

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds
        if len(slept) == 3:
            clock.stop_reason = "SIGINT"

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now)
    with pytest.raises(RunAborted, match="SIGINT"):
        clock.sleep(30)
    assert len(slept) == 3
    assert max(slept) <= 0.1
    slept.clear()
    clock.sleep(1, interruptible=False)
    assert sum(slept) == pytest.approx(1)


# never


def test_never_samples_through_the_whole_window(clock: FakeClock, waiter: Waiter) -> None:
    service = Changing(clock, at=START + 99)
    values = waiter.never(service, lambda _: None, during=1.25, expected="x")
    assert [at - START for at in service.asked] == pytest.approx([n / 10 for n in range(13)] + [1.25])
    assert values == ["running"] * 14


@pytest.mark.parametrize("change", [0.0, 0.07, 0.5, 1.99, 2.0])
def test_never_fails_at_the_first_wrong_value(clock: FakeClock, waiter: Waiter, change: float) -> None:
    service = Changing(clock, at=START + change, before="cancelled", after="completed")
    with pytest.raises(WaitFailed) as caught:
        waiter.never(
            service,
            lambda value: "the worker shows completed" if value == "completed" else None,
            during=2,
            expected="operation 7 to stay cancelled",
        )
    assert clock.now() - START - change < 0.1
    text = str(caught.value)
    assert "expected operation 7 to stay cancelled throughout 2.0 s" in text
    assert f"but after {clock.now() - START:.2f} s the worker shows completed" in text
    assert seen_lines(text)[-1].endswith("completed")


def test_a_change_after_the_window_is_not_never_s_business(clock: FakeClock, waiter: Waiter) -> None:
    waiter.never(
        Changing(clock, at=START + 2.01), lambda v: v if v == "cancelled" else None, during=2, expected="x"
    )
    assert clock.now() == START + 2


@pytest.mark.parametrize("factor", [0.2, 1, 7])
def test_the_time_factor_leaves_the_window_of_never_alone(clock: FakeClock, factor: float) -> None:
    Waiter(clock, factor).never(lambda: 1, lambda _: None, during=3, expected="x")
    assert clock.now() == START + 3


def test_never_ends_with_the_wish_to_stop(clock: FakeClock, waiter: Waiter) -> None:
    clock.events.append((START + 0.55, lambda: setattr(clock, "stop_reason", "SIGTERM")))
    with pytest.raises(RunAborted, match="SIGTERM"):
        waiter.never(lambda: 1, lambda _: None, during=30, expected="x")
    assert clock.now() == START + 0.55


def test_never_does_not_take_a_lost_service_for_a_quiet_one(waiter: Waiter) -> None:
    def probe() -> str:
        raise EnvironmentFault("worker gone")

    with pytest.raises(EnvironmentFault, match="worker gone"):
        waiter.never(probe, lambda _: None, during=1, expected="x")


@pytest.mark.parametrize(
    "wait",
    [
        lambda waiter: waiter.eventually(lambda: 1, lambda _: True, within=1, expected="x"),
        lambda waiter: waiter.never(lambda: 1, lambda _: None, during=1, expected="x"),
    ],
    ids=["eventually", "never"],
)
def test_each_wait_counts_as_a_check(waiter: Waiter, wait: Callable[[Waiter], object]) -> None:
    wait(waiter)
    wait(waiter)
    assert waiter.checks == 2
