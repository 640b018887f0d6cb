"""Pictures that a collection names: found below its folder, and looked at before anybody waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from acclimate.errors import InputError, PictureError
from acclimate.formats.readreport import Placed, Reason, Tally
from acclimate.pictures.read import check_picture
from acclimate.types import Passage


def with_pictures(
    rows: Iterable[Placed[Passage]], folder: Path, tally: Tally
) -> Iterator[Placed[Passage]]:
    """The rows with the paths of their pictures made whole.

    A row whose picture cannot be read is left out and counted; one whose picture lies outside
    `folder` is refused, because a collection from elsewhere must not open this machine's files.
    """
    for place, passage in rows:
        if not passage.image:
            yield Placed(place, passage)
            continue
        path = _below(folder, passage.image, place)
        try:
            check_picture(path)
        except PictureError as error:
            tally.skip(Reason.UNREADABLE_PICTURE, f"{place}: {error}")
            continue
        yield Placed(place, replace(passage, image=str(path)))


def _below(folder: Path, image: str, place: str) -> Path:
    """The path of a picture. Links are followed: whoever made them could as well copy the file."""
    windows = PureWindowsPath(image)
    if windows.drive or windows.root or ".." in windows.parts or "\0" in image:
        raise InputError(
            f"{place}: the picture {image!r} is not below {folder}; name it by its path from there"
        )
    return folder / PurePosixPath(image)
