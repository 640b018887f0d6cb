"""What a picture may cost before it is refused. Each default lives here once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Held against a file's size and its header, before any pixel is decoded."""

    #: Bytes of the file.
    most_bytes: int = 32 << 20
    #: Width times height. Decoded they take three bytes each.
    most_pixels: int = 64_000_000
    #: How many times the longer side may be as long as the shorter one. Models scale the shorter
    #: side to some hundred pixels, so that a picture of 1 by 60,000 would grow to gigabytes.
    most_elongation: int = 50


LIMITS = PictureLimits()
