"""Where files are kept unless the Variables say otherwise: below AIRFLOW_HOME, each stated once."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.configuration import AIRFLOW_HOME
from jinja2 import Environment

from nyc_tlc.wiring.defaults import (
    DEFAULT_LANDING,
    DEFAULT_REPORTS,
    LANDING,
    REPORTS,
    REPORTS_MOUNT,
    SCRIPTS,
    SCRIPTS_FOLDER,
)

pytestmark = pytest.mark.dags


def rendered(template: str, **variables: str) -> str:
    return Environment(autoescape=False).from_string(template).render(var={"value": variables})


def test_without_variables_files_are_below_airflow_s_home() -> None:
    home = Path(AIRFLOW_HOME).absolute() / "nyc_tlc"
    assert (home / "landing").as_uri() == DEFAULT_LANDING == rendered(LANDING)
    assert str(home / "reports") == DEFAULT_REPORTS == rendered(REPORTS)
    assert rendered(REPORTS_MOUNT) == DEFAULT_REPORTS


def test_variables_say_otherwise() -> None:
    assert rendered(LANDING, tlc_landing="gs://b/x") == "gs://b/x"
    assert rendered(REPORTS, tlc_reports="/r") == rendered(REPORTS_MOUNT, tlc_reports="/r") == "/r"
    assert rendered(REPORTS_MOUNT, tlc_reports="/r", tlc_reports_mount="a_volume") == "a_volume"


@pytest.mark.parametrize("template", [SCRIPTS_FOLDER, REPORTS_MOUNT])
def test_scripts_work_in_a_folder_also_where_reports_are_in_an_object_store(template: str) -> None:
    assert rendered(template, tlc_reports="s3://b/reports") == DEFAULT_REPORTS
    assert rendered(template, tlc_reports="s3://b/r", tlc_scripts_folder="/shared") == "/shared"
    assert rendered(template, tlc_reports="/r") == "/r"


def test_scripts_run_in_docker_unless_a_variable_says_otherwise() -> None:
    assert {name: rendered(text) for name, text in SCRIPTS.items()} == {
        "run_in": "docker", "registry": "",
    }  # fmt: skip
    set_ = {"tlc_scripts_run_in": "kubernetes", "tlc_scripts_registry": "example.com/x"}
    assert [rendered(text, **set_) for text in SCRIPTS.values()] == ["kubernetes", "example.com/x"]


def test_the_pages_show_the_folder_that_the_tasks_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models import Variable

    from nyc_tlc import overview

    monkeypatch.setattr(Variable, "get", lambda _, default_var: default_var)
    assert str(overview.reports_place()) == DEFAULT_REPORTS
