"""The first view: columns, what moved between them, filters, errors."""

from __future__ import annotations

import re
from typing import Any

import httpx
from served import Served
from visits import HOSTILE, SCRIPT, Visit, Visiting

Lists = list[list[str]]


def asked(service: Served, query: str, *systems: str, k: int = 10) -> Lists:
    """The ids that the service itself gives for each system."""
    body: dict[str, Any] = {"query": query, "k": k, "systems": [{"mode": each} for each in systems]}
    found = httpx.post(f"{service.url}/compare", json=body, trust_env=False).json()
    return [
        [result["passage"]["id"] for result in system["answer"]["results"]]
        for system in found["systems"]
    ]


def shown(visit: Visit) -> Lists:
    """The ids in every column, in their order."""
    found: Lists = visit.page.evaluate(
        "[...document.querySelectorAll('.column')].map(column =>"
        " [...column.querySelectorAll('.hit')].map(hit => hit.dataset.id))"
    )
    return found


def expected_move(before: list[str], here: list[str], place: int) -> str:
    if here[place] not in before:
        return "new"
    ranks = before.index(here[place]) - place
    return "=" if not ranks else f"{'▲' if ranks > 0 else '▼'} {abs(ranks)}"


def test_typing_a_query_shows_the_systems_side_by_side(
    visit: Visit, service: Served, query: str
) -> None:
    page = visit.open("/")
    page.get_by_role("searchbox", name="Query").fill(query)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    assert shown(visit) == asked(service, query, "lexical", "dense", "hybrid")
    regions = page.locator("section.column")
    names = [regions.nth(place).get_attribute("aria-label") for place in range(3)]
    assert names == ["BM25", "Dense: encoder", "Hybrid"]
    assert all("ms" in text for text in page.locator(".times").all_inner_texts())
    assert "Dense: encoder: 10 hits" in page.get_by_role("status").first.inner_text()


def test_what_moved_is_told_beside_every_hit(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense", "hybrid")
    columns = shown(visit)
    for place in (1, 2):
        badges = page.locator(".column").nth(place).locator(".move > [aria-hidden]")
        moves = [
            expected_move(columns[place - 1], columns[place], rank)
            for rank in range(len(columns[place]))
        ]
        assert badges.all_inner_texts() == moves
        gone = set(columns[place - 1]) - set(columns[place])
        listed = page.locator(".column").nth(place).locator(".gone li")
        assert {each.get_attribute("data-id") for each in listed.all()} == gone
    assert page.locator(".column").first.locator(".move").count() == 0
    said = page.locator(".move .unseen").all_text_contents()
    assert any(re.fullmatch(r"(up|down) \d+ ranks? from BM25", each) for each in said)


def test_the_same_passage_is_marked_and_joined_across_columns(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense", "hybrid")
    first, second, third = shown(visit)
    common = next(each for each in first if each in second and each in third)
    page.locator(f".column >> nth=0 >> .hit[data-id='{common}']").hover()
    assert page.locator(".hit.same").count() == 3
    assert page.locator("svg.lines path").count() == 2
    page.mouse.move(0, 0)
    assert page.locator(".hit.same").count() == 0


def test_a_link_shows_the_same_again(visiting: Visiting, visit: Visit, query: str) -> None:
    page = visit.search(query, "dense", "lexical", k="5")
    page.get_by_label("System of column 2").select_option("hybrid")
    visit.until("document.querySelectorAll('.column')[1].ariaLabel === 'Hybrid'")
    visit.until("document.querySelectorAll('.hit').length === 10")
    other = visiting()
    other.page.goto(page.url)
    other.page.wait_for_selector(".hit")
    assert shown(other) == shown(visit)
    page.go_back()
    visit.until("document.querySelectorAll('.column')[1].ariaLabel === 'BM25'")


def test_columns_are_added_up_to_four_and_removed(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense")
    add = page.get_by_role("button", name="Add a system")
    for columns in (3, 4):
        add.click()
        visit.until(f"document.querySelectorAll('.column .hits').length === {columns}")
    assert not add.is_visible()
    for columns in (3, 2, 1):
        page.get_by_role("button", name="Remove column 1").click()
        visit.until(f"document.querySelectorAll('.column .hits').length === {columns}")
    assert page.get_by_role("button", name="Remove column 1").count() == 0


def test_a_column_can_be_reranked(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "hybrid")
    page.get_by_label("Re-ranker of column 2").select_option(index=1)
    visit.until("document.querySelectorAll('.column')[1].ariaLabel.includes('re-ranked')")
    page.wait_for_selector(".hit")
    assert "c=hybrid%7Eencoder" in page.url
    page.locator(".column >> nth=1 >> .why >> nth=0").click()
    stages = page.get_by_role("table", name="Stages of the search")
    stages.wait_for()
    assert stages.locator("tbody tr").count() == 4


def test_filters_are_built_written_and_cleared(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Field").fill("year")
    page.get_by_label("Condition").select_option("at least")
    page.get_by_label("Value").fill("2016")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**where=*")
    page.get_by_label("Field").fill("topic")
    page.get_by_label("Condition").select_option("is")
    page.get_by_label("Value").fill("topic 0")
    page.keyboard.press("Enter")
    visit.until("document.querySelectorAll('.column')[1].querySelectorAll('.hit').length === 2")
    where = page.get_by_label("Only passages where")
    assert where.input_value() == "year >= 2016 and topic = 'topic 0'"
    assert set(shown(visit)[1]) == {"p16", "p24"}
    page.get_by_role("button", name="Clear").click()
    visit.until("document.querySelectorAll('.column')[1].querySelectorAll('.hit').length === 10")
    assert "where" not in page.url


def test_odd_names_and_values_become_conditions_that_hold(visit: Visit) -> None:
    page = visit.search("zzz", "lexical", "dense")
    page.get_by_role("button", name="Filters").click()
    [(name, value)] = HOSTILE.metadata.items()
    page.get_by_label("Field").fill(name)
    page.get_by_label("Value").fill(str(value))
    page.get_by_role("button", name="Add", exact=True).click()
    visit.until("document.querySelectorAll('.hit').length === 2")
    assert shown(visit) == [[HOSTILE.id], [HOSTILE.id]]


def test_hostile_texts_are_texts(visit: Visit) -> None:
    page = visit.search("zzz", "lexical", "hybrid")
    hit = page.locator(".hit").first
    assert hit.get_by_role("heading").inner_text() == HOSTILE.title
    assert SCRIPT in hit.locator(".snippet").inner_text()
    marks = hit.locator("mark").all_inner_texts()
    assert marks
    # Counted in code points: the emoji before the last one takes two of JavaScript's units.
    assert set(marks) == {"zzz"}
    page.get_by_role("button", name="Why").first.click()
    page.wait_for_selector(".weights")
    assert SCRIPT in page.locator("dialog .text").inner_text()
    assert page.locator("main script, dialog script, main img, dialog img").count() == 0


def test_a_refusal_says_what_to_do_and_is_gone_after_a_good_answer(
    visit: Visit, query: str
) -> None:
    page = visit.search(query, "lexical", "dense")
    page.get_by_role("button", name="Filters").click()
    where = page.get_by_label("Only passages where")
    where.fill("year >> 3")
    page.get_by_role("button", name="Apply").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "'>>' is no operator" in alert.inner_text()
    assert page.locator(".hit").count() == 0
    where.fill("year > 3")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_selector(".hit")
    assert not alert.is_visible()


def test_a_busy_service_is_asked_again_on_request(visit: Visit, query: str) -> None:
    busy = {"error": {"field": None, "message": "too many searches wait", "remedy": None}}
    visit.page.route(
        "**/compare",
        lambda route: route.fulfill(status=503, headers={"Retry-After": "2"}, json=busy),
    )
    from urllib.parse import quote

    page = visit.open(f"/?q={quote(query)}")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "Too many searches wait. Try again in 2 s." in " ".join(alert.inner_text().split())
    page.unroute("**/compare")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".hit")


def test_the_bare_page_offers_several_systems(visit: Visit) -> None:
    page = visit.open("/")
    page.wait_for_selector(".column select")
    assert page.locator(".column").count() >= 2


def test_an_address_that_names_what_is_not_there_is_told_so(visit: Visit) -> None:
    page = visit.open("/?q=zzz&k=nonsense&c=nothing~at~all")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "'at~all' is not offered here" in alert.inner_text()
    assert page.locator(".column select").count() >= 1
