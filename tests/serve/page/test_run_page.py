"""The second view: a run folder of `adapt`."""

from __future__ import annotations

import httpx
from served import Served
from visits import Visit


def test_the_run_says_what_it_found_out(visit: Visit) -> None:
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    assert page.get_by_role("heading", level=1).inner_text() == "first run"
    assert "nDCG@10 changed by" in page.locator("#verdict").inner_text()
    stages = page.locator("#funnel strong").all_inner_texts()
    assert stages == ["generate", "sentences", "filter", "mine"]
    check = page.get_by_role("table").locator("tbody th").all_inner_texts()
    assert check[1:] == ["bm25", "student"]
    assert "teacher" in check[0]
    assert page.locator(".histogram span").count() == 24


def test_queries_come_by_margin_with_their_negatives(visit: Visit, service: Served) -> None:
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    first = httpx.get(f"{service.url}/run/queries?limit=1", trust_env=False).json()["rows"][0]
    row = page.locator("#rows > li").first
    assert row.locator(".query").inner_text() == first["text"]
    assert row.locator("li.positive").count() == 1
    assert row.locator("li.negative").count() == len(first["negatives"]) == 5
    shown = [float(each.replace("−", "-")) for each in margins(visit)]
    assert shown == sorted(shown)
    page.get_by_label("Sort by").select_option("largest margin first")
    page.wait_for_url("**sort=clear*")
    visit.until(f"document.querySelector('#rows .query').textContent !== {first['text']!r}")
    shown = [float(each.replace("−", "-")) for each in margins(visit)]
    assert shown == sorted(shown, reverse=True)


def margins(visit: Visit) -> list[str]:
    """The numbers alone, without what screen readers are told."""
    return [
        each.evaluate("(margin) => margin.lastChild.textContent")
        for each in visit.page.locator("#rows .margin").all()
    ]


def test_queries_are_searched_and_paged(visit: Visit) -> None:
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    total = page.locator("#status").inner_text()
    assert total.startswith("1 to 20 of ")
    page.get_by_role("button", name="Next").click()
    visit.until("document.querySelector('#status').textContent.startsWith('21 to')")
    assert "from=20" in page.url
    page.get_by_role("button", name="Previous").click()
    visit.until("document.querySelector('#status').textContent.startsWith('1 to')")
    word = page.locator("#rows .query").first.inner_text().split()[0].strip(".").upper()
    page.keyboard.press("/")
    page.get_by_label("Search").fill(word)
    page.keyboard.press("Enter")
    visit.until(f"document.querySelector('#status').textContent !== {total!r}")
    assert all(
        word.lower() in text.lower() for text in page.locator("#rows .query").all_inner_texts()
    )
    page.get_by_label("Search").fill("no such query anywhere")
    page.keyboard.press("Enter")
    visit.until("document.querySelector('#status').textContent === '0 queries'")


def test_rows_are_reached_and_opened_by_keys(visit: Visit) -> None:
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    page.keyboard.press("j")
    page.keyboard.press("j")
    rows = page.locator("#rows details")
    assert rows.nth(1).get_attribute("open") is None
    page.keyboard.press("Enter")
    assert rows.nth(1).get_attribute("open") is not None
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    assert rows.nth(0).get_attribute("open") is None


def test_the_report_is_at_hand_and_nobody_here(visit: Visit) -> None:
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    page.get_by_role("link", name="the report").click()
    page.wait_for_selector("#verdict")
    assert page.evaluate("self.origin") == "null"
