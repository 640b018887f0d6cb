"""A page open in the browser, and a passage that would take it over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from acclimate.types import Passage

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Seconds to wait for something that must come; machines are busy at times.
PATIENCE = 60.0
SCRIPT = "<script>window.hacked = true</script>"
IMAGE = "<img src=x onerror='window.hacked = true'>"
#: A passage that would take over a page that believed it.
HOSTILE = Passage(
    f"hostile {IMAGE}",
    f"{IMAGE} zzz {SCRIPT} \U0001f600 ünï zzz",
    f"{SCRIPT} zzz",
    "",
    f"page {IMAGE}",
    {f"field {IMAGE}": f"'\"{SCRIPT}"},
)


@dataclass(slots=True)
class Visit:
    """A page open in the browser, and what went on behind it."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Go to an address of the service."""
        self.page.goto(self.url + address)
        return self.page

    def search(self, query: str, *systems: str, **further: str) -> Page:
        """Open the search page with a query in its address, and wait for the hits."""
        said = [("q", query), *further.items(), *(("c", system) for system in systems)]
        self.open(f"/?{urlencode(said)}")
        self.page.wait_for_selector(".hit")
        return self.page

    def until(self, expression: str) -> None:
        """Wait until an expression is true; Playwright's own way needs eval, which is forbidden."""
        end = time.monotonic() + PATIENCE
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            self.page.wait_for_timeout(20)


Visiting = Callable[..., Visit]
