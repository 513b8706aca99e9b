"""The `ktrdr-acceptance` command."""

from __future__ import annotations

import inspect
import json
import signal
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from ktrdr_acceptance.evidence.streams import redact_stdout_and_stderr
from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Acceptance suite for KTRDR.")
testdata_app = typer.Typer(no_args_is_help=True, help="Data of the suite's own making for a real KTRDR.")
app.add_typer(testdata_app, name="testdata")


def main() -> None:
    """Run the command; bad input is one sentence and exit status 2."""
    redact_stdout_and_stderr()
    try:
        app()
    except BadInput as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


def _run(ctx: typer.Context, **options: str | bool | None) -> None:
    """Run the suite; further arguments go to behave (paths, -t, -n, ...)."""
    from behave.__main__ import main as behave

    defines = [f"{key}={value}" for key, value in options.items() if value is not None]
    arguments = [argument for define in defines for argument in ("-D", define)]
    raise SystemExit(behave([*arguments, *ctx.args]))


def _with_setting_options(function: Any) -> Any:
    """Give `function` one option for each setting beside those of its own.

    The text of an option goes to the settings, which judge it.
    """
    given = inspect.signature(function, eval_str=True).parameters.values()
    own = [parameter for parameter in given if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
    parameters = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)]
    for key, field in Settings.model_fields.items():
        option = typer.Option(
            f"--{key.replace('_', '-')}", help=field.description, show_default=str(field.default)
        )
        parameters.append(
            inspect.Parameter(
                key,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[bool | None if field.annotation is bool else str | None, option],
            )
        )
    parameters += own
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return function


app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    _with_setting_options(_run)
)


def _calibrate(
    ctx: typer.Context,  # noqa: ARG001 - comes with the options of the settings
    *,
    write: Annotated[Path, typer.Option("--write", help="File to write.", show_default=False)],
    purpose: Annotated[
        list[str] | None,
        typer.Option(
            "--purpose", help="What to measure (trainings, reads.hourly, ...); repeatable; else all."
        ),
    ] = None,
    times: Annotated[int, typer.Option("--times", min=1, help="Take the median of so many.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    **options: str | bool | None,
) -> None:
    """Measure a target: run each purpose, and write a calibration of this target on this machine."""
    from ktrdr_acceptance.runner.calibrating import calibrate

    defines = {key: str(value) for key, value in options.items() if value is not None}
    settings = Settings.load(defines, _configured())
    status = calibrate(settings, purpose or [], write, times=times, overwrite=overwrite, say=typer.echo)
    raise typer.Exit(int(status))


app.command("calibrate")(_with_setting_options(_calibrate))


def _preflight(
    ctx: typer.Context,  # noqa: ARG001 - comes with the options of the settings
    **options: str | bool | None,
) -> None:
    """Check the target and say what is wrong with it, why, and what to do; runs and writes nothing."""
    from ktrdr_acceptance.preflight.command import preflight

    defines = {key: str(value) for key, value in options.items() if value is not None}
    raise typer.Exit(int(preflight(Settings.load(defines, _configured()), typer.echo)))


app.command("preflight")(_with_setting_options(_preflight))


@app.command()
def lint(paths: Annotated[list[Path] | None, typer.Argument(help="Folders with features.")] = None) -> None:
    """Check ids, tags, titles and wording of the features."""
    from ktrdr_acceptance.catalogue.lint import lint_features, lint_tag_page

    page = Path("docs/writing-scenarios.md")
    problems = [*lint_features(paths or [Path("features")]), *lint_tag_page(page)]
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{len(problems)} problems in the features")
    raise typer.Exit(1 if problems else 0)


@app.command()
def durations(results: Annotated[Path, typer.Argument()] = Path("reports/results.json")) -> None:
    """Write features/durations.json from the results of a complete run."""
    from ktrdr_acceptance.catalogue.durations import DURATIONS, durations_from
    from ktrdr_acceptance.verdict.json_view import write_atomically

    content = durations_from(_read_results(results))
    write_atomically(DURATIONS, json.dumps(content, indent=2) + "\n")
    typer.echo(f"{DURATIONS}: {len(content['scenarios'])} scenarios")


@app.command()
def compare(first: Annotated[Path, typer.Argument()], second: Annotated[Path, typer.Argument()]) -> None:
    """Print where the verdicts of two runs (their results.json) differ; status 1 if they do."""
    from ktrdr_acceptance.verdict.difference import verdicts_that_differ
    from ktrdr_acceptance.verdict.earlier import read_earlier

    runs = [read_earlier("compare", file) for file in (first, second)]
    differences = verdicts_that_differ(*runs)
    for difference in differences:
        typer.echo(difference)
    kinds = " and ".join(str(run.target.get("kind", "no target")) for run in runs)
    typer.echo(f"{len(differences)} differences over {len(runs[0].by_id)} scenarios ({kinds})")
    raise typer.Exit(1 if differences else 0)


@app.command("recorded-durations")
def recorded_durations(
    results: Annotated[Path, typer.Argument()] = Path("reports/results.json"),
    selection: Annotated[
        bool, typer.Option("--selection", help="Only print the tags of the scenarios to run at speed 1.")
    ] = False,
) -> None:
    """Compare a run at speed 1 with the durations that KTRDR's team recorded; status 1 unless all hold."""
    from ktrdr_acceptance.verdict.recorded import Comparison, Recorded, recorded_durations

    if selection:
        typer.echo(" or ".join(f"@id:{recorded.scenario}" for recorded in recorded_durations()))
        return
    rows = _read_results(results).get("recorded_durations")
    if not rows:
        raise BadInput(f"{results} is of a run at another speed than 1: `-D speed=1` makes it comparable.")
    compared = [
        Comparison(Recorded.model_validate({key: row[key] for key in Recorded.model_fields}), row["real_s"])
        for row in rows
    ]
    for one in compared:
        typer.echo(one)
    raise typer.Exit(0 if all(one.holds for one in compared) else 1)


@app.command("settings-doc")
def settings_doc(check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False) -> None:
    """Write docs/settings.md from the settings class."""
    from ktrdr_acceptance.catalogue.settings_doc import SETTINGS_DOC, settings_markdown
    from ktrdr_acceptance.verdict.json_view import write_atomically

    text = settings_markdown()
    if not check:
        write_atomically(SETTINGS_DOC, text)
    elif not SETTINGS_DOC.is_file() or SETTINGS_DOC.read_text("utf-8") != text:
        raise BadInput(f"{SETTINGS_DOC} is not what the settings say: run `ktrdr-acceptance settings-doc`.")


@app.command()
def troubleshooting(check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False) -> None:
    """Write docs/troubleshooting.md from the catalogue of symptoms."""
    from ktrdr_acceptance.preflight.troubleshooting import TROUBLESHOOTING, troubleshooting_markdown
    from ktrdr_acceptance.verdict.json_view import write_atomically

    text = troubleshooting_markdown()
    if not check:
        write_atomically(TROUBLESHOOTING, text)
    elif not TROUBLESHOOTING.is_file() or TROUBLESHOOTING.read_text("utf-8") != text:
        raise BadInput(
            f"{TROUBLESHOOTING} is not what the catalogue says: run `ktrdr-acceptance troubleshooting`."
        )


@app.command("field-report")
def field_report(
    results: Annotated[Path, typer.Argument()] = Path("reports/results.json"),
) -> None:
    """Take a run against a real KTRDR into docs/field-report.md."""
    from ktrdr_acceptance.catalogue.field_report import FIELD_REPORT, take_run, write_report

    record = take_run(_read_results(results))
    write_report()
    typer.echo(f"{FIELD_REPORT}: {record.name} taken in")


@app.command("detect")
def detect_defects(
    only: Annotated[str, typer.Option("--only", help="Only defects whose name contains this.")] = "",
    beside: Annotated[int, typer.Option("--beside", min=1, help="How many runs at a time.")] = 5,
    whole: Annotated[
        bool, typer.Option(help="Run the whole suite too: healthy, varied, and for each survivor.")
    ] = True,
) -> None:
    """Switch on each seeded defect and say which sentence fails; status 1 if too few are detected."""
    from ktrdr_acceptance.detection.command import detect

    # A background job of a shell inherits SIGINT as ignored; the runs under way shall end with this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    raise typer.Exit(0 if detect(only, beside, typer.echo, whole=whole) else 1)


@app.command("detection-doc")
def detection_doc(
    score: Annotated[Path, typer.Argument()] = Path("reports/detection.json"),
) -> None:
    """Write docs/detection.md from the score of a whole detection run."""
    from ktrdr_acceptance.detection.table import DETECTION_DOC, detection_markdown, read_score
    from ktrdr_acceptance.verdict.json_view import write_atomically

    write_atomically(DETECTION_DOC, detection_markdown(read_score(score)))
    typer.echo(f"{DETECTION_DOC} is of {score}")


@app.command()
def forms(
    results: Annotated[Path, typer.Argument()] = Path("reports/results.json"),
    form: Annotated[str, typer.Option("--form", help="task, milestone, tests or checklist.")] = "task",
) -> None:
    """Print a form of KTRDR's workflow, ready to paste, from the results of a run."""
    from ktrdr_acceptance.verdict.forms import Form, whole_form

    if form not in list(Form):
        raise BadInput(f"There is no form {form!r}: there are {', '.join(Form)}.")
    content = _read_results(results, complete=False)
    try:
        lines = whole_form(content, Form(form))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput(f"{results} is not the results.json of a run of this version of the suite.") from None
    for line in lines:
        typer.echo(line)


@testdata_app.command("write")
def write_testdata(
    folder: Annotated[Path, typer.Argument(help="Data folder of a KTRDR.")],
    strategies: Annotated[
        Path | None, typer.Option("--strategies", help="Its strategies folder, to get those as well.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Write bars into FOLDER, and strategies where asked for, under the names that KTRDR looks for."""
    from ktrdr_acceptance.testdata import writing

    for content in writing.write_testdata(folder, strategies, overwrite):
        typer.echo(f"{content.path}: {content.summary}")


def _configured() -> dict[str, Any]:
    """Return the settings of `[tool.behave.userdata]`, which behave reads for itself."""
    file = Path("pyproject.toml")
    tools = tomllib.loads(file.read_text("utf-8")).get("tool", {}) if file.is_file() else {}
    return dict(tools.get("behave", {}).get("userdata", {}))


def _read_results(path: Path, complete: bool = True) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        said = problem.strerror if isinstance(problem, OSError) else problem
        raise BadInput(
            f"{path} cannot be read as the results of a run ({said}); name the results.json of one."
        ) from None
    if not isinstance(content, dict):
        raise BadInput(f"{path} is not the results of a run.")
    if complete and content.get("status") != "complete":
        raise BadInput(f"{path} is of a run that was not complete: run the suite to its end first.")
    return content
