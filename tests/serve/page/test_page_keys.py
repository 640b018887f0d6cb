"""Everything by keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOCUSED = "document.activeElement.closest('[data-id]')?.dataset.id ?? document.activeElement.id"
COLUMN = (
    "[...document.querySelectorAll('.column')].indexOf(document.activeElement.closest('.column'))"
)


def ids(page: Page, column: int) -> list[str]:
    hits = page.locator(".column").nth(column).locator(".hit")
    return [each.get_attribute("data-id") or "" for each in hits.all()]


def test_a_search_from_slash_to_escape(visit: Visit, query: str) -> None:
    page = visit.open("/?c=lexical&c=hybrid")
    page.wait_for_selector(".column select")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    page.keyboard.press("ArrowDown")
    first = ids(page, 0)
    assert page.evaluate(FOCUSED) == first[0]
    for key, place in (("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == first[place]
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.locator(".weights").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate(FOCUSED) == first[0]
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) == "query"


def test_left_and_right_go_to_the_same_passage(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "hybrid")
    left, right = ids(page, 0), ids(page, 1)
    common = next(each for each in left if each in right)
    page.locator(".hit .open").nth(left.index(common)).focus()
    page.keyboard.press("ArrowRight")
    assert (page.evaluate(FOCUSED), page.evaluate(COLUMN)) == (common, 1)
    page.keyboard.press("l")
    assert page.evaluate(COLUMN) == 1
    page.keyboard.press("h")
    assert (page.evaluate(FOCUSED), page.evaluate(COLUMN)) == (common, 0)


def test_a_choice_keeps_the_focus(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense")
    page.get_by_label("System of column 2").focus()
    page.keyboard.press("ArrowDown")
    visit.until("document.querySelectorAll('.column')[1].ariaLabel === 'Hybrid'")
    visit.until("document.querySelectorAll('.column')[1].querySelector('.hit') !== null")
    visit.until("document.activeElement.ariaLabel === 'System of column 2'")
    assert page.evaluate("document.activeElement.selectedOptions[0].textContent") == "Hybrid"


def test_letters_are_letters_in_a_field(visit: Visit) -> None:
    page = visit.search("zzz", "lexical", "dense")
    page.get_by_label("Query", exact=True).fill("")
    page.keyboard.type("j/k?")
    assert page.get_by_label("Query", exact=True).input_value() == "j/k?"


def test_the_skip_link_comes_first_and_leads_to_the_results(visit: Visit) -> None:
    page = visit.search("zzz", "lexical", "dense")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"


def test_focus_is_visible_wherever_tab_goes(visit: Visit) -> None:
    page = visit.search("zzz", "lexical", "dense")
    for _ in range(16):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, parseFloat(outlineWidth)])"
            "(getComputedStyle(document.activeElement))"
        )
        assert outline[0] != "none", page.evaluate("document.activeElement.outerHTML")
        assert outline[1] >= 2
