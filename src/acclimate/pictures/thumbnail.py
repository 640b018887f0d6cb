"""A small copy of a picture, to show where the picture itself may be gone."""

from __future__ import annotations

from io import BytesIO

from acclimate.pictures.limits import LIMITS, PictureLimits
from acclimate.pictures.read import PictureSource, opened, upright_rgb

#: The longer side, in pixels.
LONGEST = 256
#: JPEG's quality, 1 to 95: no blocks to be seen at this size, in about ten kilobytes.
QUALITY = 80
MEDIA_TYPE = "image/jpeg"


def make_thumbnail(source: PictureSource, limits: PictureLimits = LIMITS) -> bytes:
    """A JPEG whose longer side has at most `LONGEST` pixels, without the file's own metadata.

    Raises PictureError as `read_picture` does.
    """
    with opened(source, limits) as image:
        # Twice the size, because a JPEG decoded smaller is coarser than one that is scaled.
        image.draft("RGB", (2 * LONGEST, 2 * LONGEST))
        small = upright_rgb(image)
        small.thumbnail((LONGEST, LONGEST))
        kept = BytesIO()
        # What a camera noted, such as where the photographer stood, is not passed on.
        small.info.clear()
        small.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()
