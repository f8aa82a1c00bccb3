"""The folder of reports, and the pages that show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.errors import ReportError, UnsafeFileError
from nyc_tlc.core.reports import (
    FACTS,
    FILES,
    INPUT,
    LOOKUP,
    PNG_SIGNATURE,
    TABLE_BYTES,
    THUMBNAIL,
    TRIPS,
    ReportFolder,
)
from nyc_tlc.web.page import index_page, report_page

pytestmark = pytest.mark.unit


def complete(reports: Path, taxi: str, month: str) -> ReportFolder:
    report = ReportFolder(reports, Taxi(taxi), Month.parse(month))
    with report.input():
        pass
    (report.path / "report.png").write_bytes(PNG_SIGNATURE)
    (report.path / "days.csv").write_text("date,trips,card_tips\n2021-01-01,1031,887.87\n")
    zones = "".join(f"{i},<b>Zone</b> {i},Queens,{i}\n" for i in range(40))
    (report.path / "zones.csv").write_text(f"locationid,zone,borough,trips\n{zones}")
    return report


def test_a_month_has_a_folder_and_is_complete_with_all_its_files(tmp_path: Path) -> None:
    report = complete(tmp_path, "green", "2021-01")
    assert report.path == tmp_path / "green" / "2021-01"
    with report.input() as given:
        for name in (TRIPS, LOOKUP):
            (given.path / name).touch()
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
        ("[17]", None),
        ("17", None),
        ("null", None),
        ('{"load": "17"}', None),
        ('{"load": true}', None),
        ('{"load": 1e300}', None),
        ('{"load": [17]}', None),
        (f'{{"load": 1{"0" * 30}}}', None),
        ("[" * 9_000, None),
        (f'{{"load": 17, "x": "{"x" * 10_000}"}}', None),
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


def test_a_picture_or_table_of_another_form_is_refused(tmp_path: Path) -> None:
    report = complete(tmp_path, "green", "2021-01")
    for name, content in (
        ("days.csv", b""),
        ("days.csv", b"\xff\xfe"),
        ("days.csv", b'a,"b'),
        ("zones.csv", b"x" * 200_000),
        ("report.png", b"<script>"),
        ("report.png", b""),
    ):
        (report.path / name).write_bytes(content)
        with pytest.raises(
            ReportError, match=rf"{name} is not a .*run tlc_report for the month again"
        ):
            report.content(name)
    (report.path / "days.csv").write_bytes(b"a,b\n" * TABLE_BYTES)
    with pytest.raises(UnsafeFileError, match="over 500,000 bytes"):
        report.table("days.csv")


@pytest.mark.parametrize("name", ["green", "2021-01", *FILES, FACTS])
def test_a_link_anywhere_below_the_reports_is_not_followed(tmp_path: Path, name: str) -> None:
    elsewhere, reports = tmp_path / "elsewhere", tmp_path / "reports"
    report = complete(reports, "green", "2021-01")
    (report.path / FACTS).write_text('{"load": 17}')
    elsewhere.mkdir()
    [place] = reports.rglob(name)
    place.rename(elsewhere / name)
    place.symlink_to(elsewhere / name)
    assert report.is_complete == (name == FACTS)
    if name not in FILES:
        assert report.load_id is None
    if name != FACTS:
        with pytest.raises(UnsafeFileError, match=f"{name} is a link"):
            report.content(name if name in FILES else "days.csv")
    if name in ("green", "2021-01"):
        with pytest.raises(UnsafeFileError), report.input():
            pass


def test_an_input_that_is_a_link_is_neither_written_through_nor_cleared(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "kept"
    kept.parent.mkdir()
    kept.touch()
    report = complete(tmp_path / "reports", "green", "2021-01")
    (report.path / INPUT).rmdir()
    (report.path / INPUT).symlink_to(kept.parent)
    with pytest.raises(UnsafeFileError, match="input is a link"), report.input():
        pass
    report.forget_input()
    assert kept.exists()
    assert {path.name for path in report.path.iterdir()} == set(FILES)


def test_the_folder_of_reports_is_made_for_this_user_only_and_an_open_one_is_refused(
    tmp_path: Path,
) -> None:
    reports = tmp_path / "nyc_tlc" / "reports"
    complete(reports, "green", "2021-01")
    assert [path.stat().st_mode & 0o777 for path in (reports, reports.parent)] == [0o700, 0o700]
    reports.chmod(0o777)
    with pytest.raises(ReportError, match=r"others can write to .*Variable tlc_reports"):
        complete(reports, "green", "2021-02")


@pytest.mark.parametrize("text", ["--5", "-", "²", "1" * 5_000, "1.2.3", ".", "nan", "1e9"])
def test_what_is_not_a_plain_number_is_shown_as_it_is(tmp_path: Path, text: str) -> None:
    report = complete(tmp_path, "green", "2021-01")
    (report.path / "days.csv").write_text(f"date\n{text}\n")
    assert f'<td class="text">{text}</td>' in report_page(report, [])


def test_a_report_s_page_shows_numbers_for_people_and_escapes_the_rest(tmp_path: Path) -> None:
    page = report_page(complete(tmp_path, "green", "2021-01"), [])
    assert "<td>1,031</td><td>887.87</td>" in page
    assert '<td class="text">2021-01-01</td>' in page
    assert "&lt;b&gt;Zone&lt;/b&gt; 24" in page
    assert "<b>Zone" not in page
    assert "Zone&lt;/b&gt; 25" not in page


def facts(report: ReportFolder, text: str) -> ReportFolder:
    (report.path / FACTS).write_text(text)
    return report


def test_the_index_has_small_pictures_by_taxi_and_year(tmp_path: Path) -> None:
    for month, trips in (("2020-01", 80), ("2021-01", 100), ("2021-02", 7)):
        facts(complete(tmp_path, "green", month), f'{{"trips": {trips}}}')
    complete(tmp_path, "fhv", "2021-01")
    (tmp_path / "green/2021-01" / THUMBNAIL).touch()
    page = index_page(list(ReportFolder.all_in(tmp_path)))
    order = [
        "#green",
        "#fhv",
        ">2021<",
        "green/2021-02/",
        "green/2021-01/",
        ">2020<",
        "green/2020-01/",
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)
    assert 'src="green/2021-01/thumbnail.png"' in page
    assert 'src="green/2020-01/report.png"' in page
    assert page.count("on a year before") == page.count("+25.0 % on a year before") == 1


def test_a_report_leads_to_the_months_beside_it_and_is_compared_with_a_year_before(
    tmp_path: Path,
) -> None:
    for month in ("2020-01", "2020-11", "2021-01", "2021-03"):
        facts(complete(tmp_path, "green", month), '{"trips": 100, "revenue": 1000.0}')
    complete(tmp_path, "yellow", "2020-12")
    report = facts(
        ReportFolder(tmp_path, Taxi.GREEN, Month(2021, 1)), '{"trips": 50, "revenue": 600.0}'
    )
    page = report_page(report, list(ReportFolder.all_in(tmp_path)))
    assert 'href="../2020-11/" rel="prev"' in page
    assert 'href="../2021-03/" rel="next"' in page
    for cells in ("50</td><td>100</td><td>-50.0 %", "600.00</td><td>1,000.00</td><td>-40.0 %",
                  "12.00</td><td>10.00</td><td>+20.0 %"):  # fmt: skip
        assert cells in page
    alone = report_page(report, [report])
    assert "rel=" not in alone
    assert "year before" not in alone


@pytest.mark.parametrize("text", ['{"trips": "<b>", "revenue": NaN}', '{"revenue": [1]}', "{"])
def test_a_summary_of_another_form_is_compared_with_nothing(tmp_path: Path, text: str) -> None:
    reports = [complete(tmp_path, "green", month) for month in ("2021-01", "2020-01")]
    for report in reports:
        facts(report, text)
    page = report_page(reports[0], reports)
    assert "A year before" in page
    assert "%<" not in page
    assert "nan" not in page


def test_zones_that_are_not_on_the_map_are_listed_all(tmp_path: Path) -> None:
    report = complete(tmp_path, "green", "2021-01")
    zones = "".join(f"{i},Zone {i},,{i},{'no' if i > 30 else 'yes'}\n" for i in range(70))
    (report.path / "zones.csv").write_text(f"locationid,zone,borough,trips,on_map\n{zones}9\n")
    page = report_page(report, [])
    listed = page[page.index("not on the map") : page.index("<h2>Days")]
    assert listed.count("<tr>") == 1 + 39
    assert "Zone 69" in listed
    assert "Zone 30" not in listed
