"""The folder of reports, and the pages that show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.reports import FACTS, FILES, LOOKUP, TRIPS, ReportFolder
from nyc_tlc.web.page import index_page, report_page

pytestmark = pytest.mark.unit


def complete(reports: Path, taxi: str, month: str) -> ReportFolder:
    report = ReportFolder(reports, Taxi(taxi), Month.parse(month))
    report.make()
    (report.path / "report.png").write_bytes(b"png")
    (report.path / "days.csv").write_text("date,trips,card_tips\n2021-01-01,1031,887.87\n")
    zones = "".join(f"{i},<b>Zone</b> {i},Queens,{i}\n" for i in range(40))
    (report.path / "zones.csv").write_text(f"locationid,zone,borough,trips\n{zones}")
    return report


def test_a_month_has_a_folder_and_is_complete_with_all_its_files(tmp_path: Path) -> None:
    report = complete(tmp_path, "green", "2021-01")
    assert report.path == tmp_path / "green" / "2021-01"
    for name in (TRIPS, LOOKUP):
        (report.input / name).touch()
    for _ in range(2):
        report.forget_input()
    assert {path.name for path in report.path.iterdir()} == set(FILES)
    assert report.is_complete
    (report.path / "days.csv").unlink()
    assert not report.is_complete


@pytest.mark.parametrize(
    ("facts", "load_id"),
    [
        ('{"load": 17}', 17),
        ('{"load": 0}', None),
        ('{"trips": 3}', None),
        ("{", None),
        (None, None),
    ],
)
def test_a_folder_records_the_load_of_its_report(
    tmp_path: Path, facts: str | None, load_id: int | None
) -> None:
    report = complete(tmp_path, "fhv", "2021-01")
    if facts is not None:
        (report.path / FACTS).write_text(facts)
    [found] = ReportFolder.all_in(tmp_path)
    assert found.load_id == load_id


def test_the_index_lists_complete_reports_only_newest_first(tmp_path: Path) -> None:
    complete(tmp_path, "green", "2021-01")
    complete(tmp_path, "yellow", "2021-03")
    (complete(tmp_path, "green", "2021-02").path / "report.png").unlink()
    (tmp_path / "green" / "not a month").mkdir()
    (tmp_path / "blue" / "2021-01").mkdir(parents=True)
    reports = [report for report in ReportFolder.all_in(tmp_path) if report.is_complete]
    found = [(report.taxi, str(report.month)) for report in reports]
    assert found == [("yellow", "2021-03"), ("green", "2021-01")]
    page = index_page(reports)
    assert page.index("yellow/2021-03/") < page.index("green/2021-01/")
    assert "trigger the DAG" in index_page([])


def test_a_report_s_page_formats_numbers_and_escapes_text(tmp_path: Path) -> None:
    page = report_page(complete(tmp_path, "green", "2021-01"))
    assert "<td>1,031</td><td>887.87</td>" in page
    assert '<td class="text">2021-01-01</td>' in page
    assert "&lt;b&gt;Zone&lt;/b&gt; 24" in page
    assert "<b>Zone" not in page
    assert "Zone&lt;/b&gt; 25" not in page
