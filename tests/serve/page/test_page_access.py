"""On a phone, in the dark, by a screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from visits import Visit, Visiting

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: The lowest contrast of any text with what is behind it, less what its size allows (WCAG 1.4.3).
POOREST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) =>
    top.slice(0, 3).map((each, i) => each * top[3] + under[i] * (1 - top[3]));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const style = getComputedStyle(element);
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest('.unseen, option, [disabled], script')) continue;
    const ground = behind(element);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= (style.fontWeight >= 700 ? 18.66 : 24);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) poor.push([element.outerHTML.slice(0, 120), ratio]);
  }
  return poor;
}"""
#: Everything that can be operated and has no name (WCAG 4.1.2).
NAMELESS = """() => [...document.querySelectorAll(
  'a, button, input, select, summary, dialog, section, nav')]
  .filter((each) => each.checkVisibility())
  .filter((each) => !(each.ariaLabel || each.textContent.trim() || each.labels?.length
    || each.getAttribute('aria-labelledby')))
  .map((each) => each.outerHTML.slice(0, 120))"""
UNLABELLED = """() => [...document.querySelectorAll('input, select')]
  .filter((each) => !each.labels.length && !each.ariaLabel).map((each) => each.outerHTML)"""
REPEATED = """() => {
  const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""
PHONE = {"width": 390, "height": 844}


def overflow(page: Page) -> int:
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def open_all(page: Page) -> None:
    """Everything at once: filters, keys, what is gone."""
    page.get_by_role("button", name="Filters").click()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out(visiting: Visiting, query: str, scheme: str) -> None:
    visit = visiting(color_scheme=scheme)
    page = visit.search(query, "lexical", "hybrid")
    open_all(page)
    page.locator(".hit").nth(2).hover()
    assert page.evaluate(POOREST) == []
    page.locator(".why").last.click()
    page.locator("dialog .weights").first.wait_for()
    assert page.evaluate(POOREST) == []
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    assert page.evaluate(POOREST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_errors_stand_out(visiting: Visiting, scheme: str) -> None:
    page = visiting(color_scheme=scheme).open("/?q=zzz&where=year+%3E%3E+3")
    page.get_by_role("alert").wait_for()
    assert page.evaluate(POOREST) == []


def test_the_theme_follows_the_system_until_it_is_chosen(visiting: Visiting) -> None:
    page = visiting(color_scheme="dark").open("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    theme = page.get_by_role("button", name="Theme")
    assert theme.inner_text() == "Theme: auto"
    theme.click()
    light = page.evaluate(ground)
    assert light != dark
    page.goto(page.url.rstrip("/") + "/browse")
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == dark


def test_a_phone_shows_one_column_at_a_time(visiting: Visiting, query: str) -> None:
    page = visiting(viewport=PHONE).search(query, "lexical", "dense", "hybrid")
    columns = page.locator(".column")
    seen = [columns.nth(place).is_visible() for place in range(3)]
    assert seen == [True, False, False]
    chosen = page.get_by_role("group", name="Column shown")
    chosen.get_by_role("button", name="Hybrid").click()
    seen = [columns.nth(place).is_visible() for place in range(3)]
    assert seen == [False, False, True]
    assert chosen.get_by_role("button", pressed=True).inner_text() == "Hybrid"
    assert columns.nth(2).locator(".move").first.is_visible()


def test_nothing_is_wider_than_a_phone(visiting: Visiting, query: str) -> None:
    visit = visiting(viewport=PHONE)
    for asked in (query, "zzz"):
        page = visit.search(asked, "lexical", "dense", "hybrid")
        assert overflow(page) == 0
        open_all(page)
        assert overflow(page) == 0
        page.locator(".column.shown .why").first.click()
        page.locator("dialog .weights, dialog .reasons .soft").first.wait_for()
        inside = "document.querySelector('dialog')"
        assert page.evaluate(f"{inside}.scrollWidth - {inside}.clientWidth") == 0
    page = visit.open("/browse")
    page.wait_for_selector("#rows li")
    assert overflow(page) == 0
    page = visit.open("/?q=zzz&where=year+%3E%3E+3")
    page.get_by_role("alert").wait_for()
    assert overflow(page) == 0


@pytest.mark.parametrize("view", ["/", "/browse"])
def test_a_screen_reader_finds_landmarks_and_names(visit: Visit, view: str, query: str) -> None:
    page = visit.search(query, "lexical", "hybrid") if view == "/" else visit.open(view)
    page.wait_for_selector(".hit, #rows li")
    for role in ("main", "banner", "navigation", "search", "status"):
        assert page.get_by_role(role).first.count() == 1, role
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[aria-live=polite]").count() == 1
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(REPEATED) == []


def test_the_opened_passage_has_a_name_and_takes_the_focus(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "hybrid")
    title = page.locator(".hit h3").first.inner_text()
    page.locator(".why").first.click()
    assert page.get_by_role("dialog", name=title).is_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.get_by_role("button", name="Close").click()
    assert page.evaluate("document.activeElement.className").endswith("why")
