"""A calibration file of one's own goes before the suite's, purpose by purpose; a bad one is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.testdata.calibration import Calibration, default_calibration
from ktrdr_acceptance.testdata.own_calibration import use_calibration


def written(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_it_is_the_suite_s_own() -> None:
    used = use_calibration(None)
    assert used.calibration == default_calibration()
    assert used.source == "the suite's own"


def test_a_purpose_takes_from_the_suite_s_own_what_the_file_does_not_say(tmp_path: Path) -> None:
    path = written(tmp_path, "trainings:\n  long:\n    duration_s: 180\n    samples: 1234\n")
    used = use_calibration(path)
    long, shipped = used.calibration.trainings["long"], default_calibration().trainings["long"]
    assert (long.duration_s, long.samples) == (180, 1234)
    assert long.model_copy(update={"duration_s": 60.0, "samples": shipped.samples}) == shipped
    others = {"trainings": {"long"}}
    for kind in Calibration.model_fields:
        own, suite = getattr(used.calibration, kind), getattr(default_calibration(), kind)
        assert {name for name in suite if own[name] != suite[name]} == others.get(kind, set())
    assert used.source == f"{path} for trainings.long"


def test_it_says_where_its_figures_come_from(tmp_path: Path) -> None:
    header = "measured: {date: 2026-11-22, target: KTRDR 1.0 (services), machine: 2 cores}"
    path = written(tmp_path, f"{header}\nreads: {{daily: {{bars: 7}}}}")
    assert use_calibration(path).source == (
        f"{path} (measured 2026-11-22, KTRDR 1.0 (services), 2 cores) for reads.daily"
    )


def test_a_purpose_that_the_suite_does_not_have_stands_by_itself(tmp_path: Path) -> None:
    text = "reads: {weekly: {symbol: EURUSD, timeframe: 1w, bars: 900, duration_s: 0.2, deadline_s: 1}}"
    assert use_calibration(written(tmp_path, text)).calibration.reads["weekly"].bars == 900


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("trainings: {long: {duration_s: 0}}", "trainings.long.duration_s: input should be greater than 0"),
        ("trainings: {long: {duration: 5}}", "trainings.long.duration: extra inputs are not permitted"),
        ("reads: {weekly: {bars: 5}}", "reads.weekly.symbol: field required"),
        ("downloads: {small: {bars: many}}", "downloads.small.bars: input should be a valid integer"),
        ("training: {long: {duration_s: 5}}", "'training' is no kind of purpose (there are trainings, "),
        ("trainings: {long: 5}", "trainings.long is no mapping"),
        ("trainings: [long]", "trainings is no mapping"),
        ("trainings:", "trainings is no mapping"),
        ("measured: {date: 2026-11-22}", "it calibrates nothing"),
        ("- a\n- b", "it is no mapping"),
        ("", "it is no mapping"),
        ("a: [b", "it is not YAML"),
    ],
)
def test_a_bad_file_is_one_sentence(text: str, named: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadInput) as refused:
        use_calibration(path)
    said = str(refused.value)
    assert said.startswith(f"Setting calibration: {path}: {named}")
    assert len(said.splitlines()) == 1
    assert said.endswith(".")


def test_files_that_cannot_be_read_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00bad")
    for path, why in (
        (tmp_path / "nowhere.yaml", "No such file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "bytes.yaml", "it is not YAML"),
    ):
        with pytest.raises(BadInput, match=why):
            use_calibration(path)
