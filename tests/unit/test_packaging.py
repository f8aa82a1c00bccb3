"""The wheel and the sdist that ``make dist`` builds."""

from __future__ import annotations

import re
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from hatch_build import page
from nyc_tlc import bundle
from nyc_tlc.extras import ExtraMissingError, needs_extra
from tests.support.wheel import BUILT_FROM, build_wheel

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        return message_from_bytes(archive.read(name))


def test_the_wheel_has_every_file_of_dags_where_airflow_looks_for_examples(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = [path for path in (ROOT / "dags").rglob("*") if path.suffix in (".py", ".sql")]
        for path in files:
            name = f"nyc_tlc/example_dags/{path.relative_to(ROOT / 'dags')}"
            assert archive.read(name) == path.read_bytes()
        assert len(files) > 10
        assert "airflow_provider_nyc_tlc/__init__.py" in archive.namelist()


def test_the_wheel_does_not_depend_on_when_and_where_it_is_built(
    wheel: Path, tmp_path: Path
) -> None:
    assert build_wheel(tmp_path).read_bytes() == wheel.read_bytes()


def test_airflow_finds_the_examples_in_the_module_that_it_derives_from_the_name() -> None:
    import airflow_provider_nyc_tlc

    assert list(airflow_provider_nyc_tlc.__path__) == [str(bundle.PACKAGE)]


def test_a_checkout_s_bundle_shows_its_dags() -> None:
    found = bundle.NycTlcDagBundle(name="nyc-tlc")
    assert found.path == ROOT / "dags"


def test_the_base_has_no_library_of_an_extra(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist") or []
    base = [line for line in required if "extra ==" not in line]
    extras = [line for line in required if "extra == 'google'" in line]
    assert [line for line in extras if "providers-google" in line]
    for provider in ("google", "docker", "http", "amazon", "kubernetes", "openlineage"):
        assert not [line for line in base if provider in line]


def test_the_mission_s_packages_are_in_the_locks() -> None:
    """Apache Airflow, its Postgres, Google and Docker providers, and pandas."""
    packages = ("apache-airflow", *(f"apache-airflow-providers-{name}" for name in PROVIDERS))
    for lock in ("requirements.txt", "include/stack/requirements.txt"):
        locked = (ROOT / lock).read_text()
        assert [name for name in (*packages, "pandas") if f"\n{name}==" not in locked] == []


PROVIDERS = ("postgres", "google", "docker")


def test_the_stack_and_the_developers_have_the_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = f"{project['name']}[docker,google,openlineage]"
    assert all(ours in project["optional-dependencies"][extra] for extra in ("stack", "dev"))


def test_the_image_is_built_from_the_same_files() -> None:
    copied = re.findall(r"^COPY .*", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    provider = " ".join(line for line in copied if "/opt/airflow/provider" in line).split()
    assert [name for name in BUILT_FROM if name not in provider] == []


def test_the_project_page_has_no_link_that_leads_nowhere(metadata: Message) -> None:
    text = str(metadata.get_payload())
    assert text.startswith("# New York taxi trips")
    assert "](docs/" not in text
    assert "docs/architecture.md" in text


def test_with_a_repository_the_page_s_links_lead_there() -> None:
    readme = "![one](docs/images/a.png) [two](docs/b.md#c) [three](https://airflow.apache.org)"
    assert page(readme, None) == " two [three](https://airflow.apache.org)"
    assert page(readme, "https://git.example/us") == (
        "![one](https://git.example/us/raw/main/docs/images/a.png) "
        "[two](https://git.example/us/blob/main/docs/b.md#c) [three](https://airflow.apache.org)"
    )


def test_a_missing_extra_is_one_sentence_that_no_retry_follows() -> None:
    from airflow.providers.common.compat.sdk import AirflowFailException

    assert issubclass(ExtraMissingError, AirflowFailException)
    with pytest.raises(ExtraMissingError) as raised, needs_extra("google"):
        import no_such_library  # type: ignore[import-not-found]  # noqa: F401
    assert str(raised.value) == (
        "no_such_library is not installed here. Where tasks run, install the extra google: "
        "pip install 'airflow-provider-nyc-tlc[google]'."
    )
