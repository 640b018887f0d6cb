"""The opened passage: stages, terms, words, and where every column has it."""

from __future__ import annotations

from visits import Visit


def test_why_shows_stages_terms_and_words(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "hybrid")
    page.locator(".column >> nth=1 >> .why >> nth=0").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".weights").first.wait_for()
    assert "Why Hybrid found it" in dialog.inner_text()
    stages = page.get_by_role("table", name="Stages of the search").locator("tbody th")
    assert stages.all_inner_texts() == ["BM25", "Dense", "Hybrid"]
    terms = dialog.locator(".weights").first.locator(".word").all_inner_texts()
    assert terms
    assert all(any(word.startswith(term) for word in query.split()) for term in terms)
    assert dialog.locator(".text [class^=w]").count() > 0
    ranks = page.get_by_role("table", name="Rank in every column")
    assert ranks.locator("tbody th").all_inner_texts() == ["BM25", "Hybrid"]


def test_words_are_shaded_where_they_stand(visit: Visit, query: str) -> None:
    page = visit.search(query, "dense", "lexical")
    page.locator(".column >> nth=0 >> .why >> nth=0").click()
    page.locator("dialog .weights").first.wait_for()
    listed = page.locator("dialog .weights .word").all_inner_texts()
    assert len(listed) == len(set(listed))
    shaded = page.locator("dialog .text .w4, dialog .text .w-4").all_inner_texts()
    assert listed[0] in [word.lower() for word in shaded]
    shown = page.locator("dialog .text").inner_text().split()
    passage = page.evaluate(
        "fetch('documents/' + encodeURIComponent(document.querySelector('.hit').dataset.id))"
        ".then((answer) => answer.json())"
    )
    assert shown == f"{passage['title']} {passage['text']}".split()


def test_metadata_is_shown(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense")
    page.locator(".open").first.click()
    facts = page.locator("dialog .metadata")
    assert "topic" in facts.inner_text()
    assert "20" in facts.inner_text()


def test_reasons_that_cannot_be_had_are_told(visit: Visit, query: str) -> None:
    page = visit.search(query, "lexical", "dense")
    page.route("**/search", lambda route: route.abort())
    page.locator(".why").first.click()
    alert = page.get_by_role("dialog").get_by_role("alert")
    alert.wait_for()
    assert "does not answer" in alert.inner_text()
    assert page.locator("dialog .text").inner_text()
    visit.complaints.clear()  # the browser's own word on the request that was cut off
