import shlex
from pathlib import Path
from typing import Any

import pytest

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.setting_values import log_files
from ktrdr_acceptance.settings import Settings


def load(
    defines: dict[str, Any] | None = None,
    configured: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
) -> Settings:
    return Settings.load(defines or {}, configured or {}, environment or {})


SOURCES: dict[str, dict[str, dict[str, Any]]] = {
    "pyproject": {"configured": {"speed": "2"}},
    "environment": {"environment": {"KTRDR_SPEED": "3"}},
    "define": {"defines": {"speed": "4"}},
}


@pytest.mark.parametrize(
    ("given", "speed"),
    [
        ([], 20),
        (["pyproject"], 2),
        (["environment"], 3),
        (["define"], 4),
        (["pyproject", "environment"], 3),
        (["pyproject", "define"], 4),
        (["environment", "define"], 4),
        (["pyproject", "environment", "define"], 4),
    ],
)
def test_a_later_source_wins(given: list[str], speed: float) -> None:
    arguments: dict[str, Any] = {}
    for source in given:
        arguments.update(SOURCES[source])
    assert load(**arguments).speed == speed


def test_each_setting_takes_its_own_source() -> None:
    settings = load(
        defines={"strict": "true"},
        configured={"speed": "5", "strict": "false"},
        environment={"KTRDR_TIME_FACTOR": "2", "KTRDR_STRICT": "no"},
    )
    assert (settings.strict, settings.speed, settings.time_factor) == (True, 5, 2)
    assert settings.target == "embedded"


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_can_come_from_the_environment(name: str) -> None:
    other = {
        "target": "services",
        "strict": "true",
        "reports": "elsewhere",
        "logs": "backend=b.log",
        "retry": "2",
        "data_dir": ".",
        "issue_form": "issue-found",
        "cure": "true",
        "disposable": "true",
        "compose_services": "backend=api",
        **{key: "http://h:1" for key in Settings.model_fields if key.endswith("_url")},
    }.get(name, "7")
    variable = "KTRDR_HOME" if name == "ktrdr_home" else f"KTRDR_{name.upper()}"
    assert getattr(load(environment={variable: other}), name) != getattr(load(), name)


def test_a_data_folder_that_is_none_is_bad_input(tmp_path: Path) -> None:
    there = tmp_path / "data"
    there.mkdir()
    assert load({"data_dir": str(there)}).data_dir == there
    with pytest.raises(BadInput, match=r"Setting data_dir from -D data_dir is '.*nope': is no folder"):
        load({"data_dir": str(tmp_path / "nope")})


def test_the_environment_of_the_process_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTRDR_SPEED", "9")
    assert Settings.load({}).speed == 9


def test_a_setting_is_not_read_past_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTRDR_SPEED", "9")
    assert Settings.load({}, {}, {}).speed == 20


def test_unknown_variables_are_ignored() -> None:
    assert load(environment={"KTRDR_DB_HOST": "db", "KTRDR_TARGETT": "x", "SPEED": "1"}) == load()


@pytest.mark.parametrize("key", ["AllureFormatter.issue_pattern", "behave.formatter.x", "AllureFormatter."])
def test_keys_of_other_tools_pass(key: str) -> None:
    assert load(defines={key: "x"}, configured={key: "x"}) == load()


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("tagret", "target"),
        ("Target", "target"),
        ("backend-url", "backend_url"),
        ("backendurl", "backend_url"),
        ("timefactor", "time_factor"),
        ("sped", "speed"),
        ("report", "reports"),
        ("allureformatter.x", ""),
        ("zzzzzz", ""),
    ],
)
@pytest.mark.parametrize("source", ["-D", "[tool.behave.userdata] of pyproject.toml"])
def test_an_unknown_key_is_refused_with_the_nearest_one(key: str, near: str, source: str) -> None:
    arguments: dict[str, Any] = {"defines" if source == "-D" else "configured": {key: "1"}}
    with pytest.raises(BadInput) as caught:
        load(**arguments)
    text = str(caught.value)
    assert text.startswith(f"Unknown setting {key} from {source}: ")
    if near:
        assert text.endswith(f"did you mean {near}?")
    else:
        assert text.endswith(".") or text.endswith("?")
    assert "\n" not in text


BAD = [
    ("target", "docker-compose"),
    ("target", ""),
    ("speed", "fast"),
    ("speed", "0"),
    ("speed", "-1"),
    ("speed", "nan"),
    ("speed", "1e9"),
    ("speed", "40.1"),
    ("time_factor", "0"),
    ("time_factor", "nan"),
    ("time_factor", "inf"),
    ("cache_ttl", "-0.1"),
    ("cache_ttl", "nan"),
    ("request_timeout", "0"),
    ("request_timeout", ""),
    ("strict", "maybe"),
    ("strict", ""),
    ("logs", "backend"),
    ("logs", "=b.log"),
    ("logs", "backend="),
    ("logs", "backend=b.log,w.log"),
    ("logs", "backend=b.log,backend=c.log"),
    *(
        ("backend_url", url)
        for url in (
            "",
            "localhost:8000",
            "localhost",
            "8000",
            "ftp://h:1",
            "http://",
            "http://:8000",
            "http:///x",
            "http://h:port",
            "http://h:99999",
            "http://h:-1",
            "http://h:1/api/v1",
            "http://h:1?x=1",
            "http://h:1/#x",
            "http://[::1",
        )
    ),
    ("training_host_url", "x"),
    ("ib_host_url", "x"),
    ("backtest_worker_url", "x"),
]


@pytest.mark.parametrize(("key", "value"), BAD)
@pytest.mark.parametrize("source", ["define", "environment", "pyproject"])
def test_a_bad_value_is_refused_in_one_sentence_with_name_value_and_source(
    key: str, value: str, source: str
) -> None:
    arguments: dict[str, Any]
    arguments, named = {
        "define": ({"defines": {key: value}}, f"-D {key}"),
        "environment": (
            {"environment": {f"KTRDR_{key.upper()}": value}},
            f"environment variable KTRDR_{key.upper()}",
        ),
        "pyproject": ({"configured": {key: value}}, "pyproject.toml"),
    }[source]
    with pytest.raises(BadInput) as caught:
        load(**arguments)
    text = str(caught.value)
    assert text.startswith(f"Setting {key} from {named} is {value!r}: ")
    assert text.endswith(".")
    assert not text.endswith("..")
    assert "\n" not in text
    assert "Value error" not in text


@pytest.mark.parametrize(
    "host",
    [
        *("a..b", "ü\x00"),
        pytest.param("lo cal"),
        "." + "a" * 70,
    ],
)
def test_a_host_that_cannot_be_one_is_refused(host: str) -> None:
    with pytest.raises(BadInput, match="backend_url"):
        load(defines={"backend_url": f"http://{host}:8000"})


def test_an_empty_reports_folder_is_refused() -> None:
    with pytest.raises(BadInput, match="reports"):
        load(defines={"reports": ""})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://h:1", "http://h:1"),
        ("http://h:1/", "http://h:1"),
        ("http://h:1//", "http://h:1"),
        ("https://ktrdr.example", "https://ktrdr.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_url_is_kept_without_its_last_slash(given: str, kept: str) -> None:
    assert load(defines={"backend_url": given}).backend_url == kept


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("yes", True), ("on", True), ("false", False), ("0", False)],
)
def test_yes_and_no_have_the_usual_spellings(text: str, value: bool) -> None:
    assert load(defines={"strict": text}).strict is value


def test_values_of_pyproject_may_have_toml_s_types() -> None:
    settings = load(configured={"strict": True, "speed": 5, "reports": "r"})
    assert (settings.strict, settings.speed, settings.reports) == (True, 5, Path("r"))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://cret@h:1",
            "http://u:cret@h:1",
            "https://:cret@h",
            "http://u:cret@",
            "http://u:p@cret@h:1",
            "http://u:cret'x@h:1",
        ),
        *("http://u:cret/cret@h:1", "http://u:cret?cret@h:1", "u:cret@h:8000", "http:/u:cret@h:1"),
        *("http://u:'cret@h:1", 'http://u:"cret@h:1', "http://u:'\"cret@h:1", "http://u:cret\\@h:1"),
    ],
)
@pytest.mark.parametrize("key", [key for key in Settings.model_fields if key.endswith("_url")])
def test_a_user_or_password_in_a_url_is_refused_and_not_echoed(key: str, url: str) -> None:
    with pytest.raises(BadInput, match=rf"^Setting {key} from -D {key} is ") as caught:
        load(defines={key: url})
    assert "cret" not in str(caught.value)


def test_a_password_is_not_echoed_for_another_fault_of_the_url() -> None:
    with pytest.raises(BadInput) as caught:
        load(environment={"KTRDR_BACKEND_URL": "ftp://u:cret@h:1"})
    assert "cret" not in str(caught.value)


def test_logs_are_files_by_service() -> None:
    logs = log_files(load(defines={"logs": " backend=a=b.log, training-worker-1=~/w.log,"}).logs)
    assert logs == {"backend": Path("a=b.log"), "training-worker-1": Path.home() / "w.log"}
    assert log_files(load().logs) == {}


def test_the_longest_speed_still_passes() -> None:
    assert load(defines={"speed": "40"}).speed == 40


# the options that repeat a run


@pytest.mark.parametrize(
    ("defines", "options"),
    [
        ({}, ""),
        ({"reports": "elsewhere"}, ""),
        ({"speed": "20"}, ""),
        ({"target": "services"}, "-D target=services"),
        (
            {"backend_url": "http://h:1", "strict": "yes", "target": "services", "time_factor": "2.5"},
            "-D target=services -D backend_url=http://h:1 -D time_factor=2.5 -D strict=True",
        ),
        ({"logs": "backend=my logs/b.log"}, "-D 'logs=backend=my logs/b.log'"),
    ],
)
def test_the_options_are_those_that_give_the_same_settings(defines: dict[str, Any], options: str) -> None:
    settings = load(defines=defines)
    assert settings.as_options() == options
    again = dict(define.split("=", 1) for define in shlex.split(options) if define != "-D")
    assert load(defines={**again, "reports": str(settings.reports)}) == settings


def test_the_first_bad_setting_is_told_even_if_there_are_more() -> None:
    with pytest.raises(BadInput) as caught:
        load(defines={"speed": "x", "strict": "y"})
    assert str(caught.value).count("Setting ") == 1


def test_settings_cannot_change_during_a_run() -> None:
    with pytest.raises(Exception, match="frozen"):
        load().speed = 3


@pytest.mark.parametrize(
    ("given", "seconds"), [("45m", 2700), ("90 s", 90), ("1.5h", 5400), ("2 min", 120), ("7", 7), ("0", 0)]
)
def test_a_deadline_of_the_run_is_a_duration(given: str, seconds: float) -> None:
    assert load({"run_deadline": given}).run_deadline == seconds


@pytest.mark.parametrize("given", ["soon", "-5 s", "5 days", ""])
def test_a_deadline_that_is_no_duration_is_bad_input(given: str) -> None:
    with pytest.raises(BadInput, match=r"Setting run_deadline from -D run_deadline is .* is not a duration"):
        load({"run_deadline": given})


def test_a_command_line_that_nobody_could_type_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"cli from -D cli is .* is not a command line \(No closing quot"):
        load({"cli": "uv run 'ktrdr"})
    assert load({}, environment={"KTRDR_CLI": " uv run ktrdr "}).cli == "uv run ktrdr"
