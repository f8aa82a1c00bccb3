"""The package in Airflow: an installed provider, with nothing in the plugins folder."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]


def test_provider_info_is_valid_by_airflows_schema() -> None:
    import airflow
    import jsonschema

    from nyc_tlc.get_provider_info import get_provider_info

    schema = Path(airflow.__file__).with_name("provider_info.schema.json")
    jsonschema.validate(get_provider_info(), json.loads(schema.read_text()))


def test_every_path_in_the_provider_info_exists() -> None:
    from nyc_tlc.get_provider_info import get_provider_info

    info = get_provider_info()
    for group in ("operators", "sensors", "triggers", "hooks"):
        for entry in info[group]:
            for module in entry["python-modules"]:
                import_module(module)
    for path in info["extra-links"]:
        module, name = path.rsplit(".", 1)
        assert getattr(import_module(module), name)
    for entry in info["connection-types"]:
        module, name = entry["hook-class-name"].rsplit(".", 1)
        assert getattr(import_module(module), name).conn_type == entry["connection-type"]


def test_every_operator_is_listed() -> None:
    from nyc_tlc.get_provider_info import get_provider_info
    from tests.support.operators import every_operator

    [entry] = get_provider_info()["operators"]
    assert set(entry["python-modules"]) == {kind.__module__ for kind in every_operator()}


def test_the_entry_point_is_found_by_airflow() -> None:
    from airflow.providers_manager import ProvidersManager

    entries = distribution("airflow-provider-nyc-tlc").entry_points
    assert [entry.name for entry in entries.select(group="apache_airflow_provider")] == [
        "provider_info"
    ]
    manager = ProvidersManager()
    assert "airflow-provider-nyc-tlc" in manager.providers
    assert "nyc_tlc" in manager.hooks
    if AIRFLOW_V_3_2_PLUS:  # before, the form has the extra as JSON
        assert "csv_base" in json.dumps(list(map(str, manager.connection_form_widgets)))


def test_the_plugin_loader_imports_no_module_of_the_package() -> None:
    """Without plugins/.airflowignore, a module named postgres.py would shadow a top-level one."""
    script = (
        "from airflow import plugins_manager as m; import sys, docker;"
        "getattr(m, '_get_plugins', getattr(m, 'ensure_plugins_loaded', None))();"
        "print(docker.__file__); print(sorted(n for n in sys.modules if n in "
        "('catalog', 'errors', 'check', 'merge', 'stage', 'tables', 'download')))"
    )
    environment = {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW_HOME": "/nonexistent-airflow-home",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    *_, docker_file, top_level = done.stdout.splitlines()
    assert "site-packages/docker/" in docker_file
    assert top_level == "[]"


def test_the_plugin_registers_the_timetable() -> None:
    from airflow import plugins_manager

    from nyc_tlc.timetables.month import MonthTimetable

    if hasattr(plugins_manager, "get_timetables_plugins"):
        timetables = plugins_manager.get_timetables_plugins()
    else:  # Airflow 3.1
        plugins_manager.initialize_timetables_plugins()
        timetables = plugins_manager.timetable_classes
    assert timetables["nyc_tlc.timetables.month.MonthTimetable"] is MonthTimetable
