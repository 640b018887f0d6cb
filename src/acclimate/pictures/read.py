"""Opening a picture that somebody else made: checked first, then decoded upright and in RGB.

Nothing is taken from the file's name: the bytes decide what a file is. Of Pillow's many decoders
only those for the usual formats are ever asked.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from acclimate.errors import PictureError
from acclimate.extras import need
from acclimate.pictures.limits import LIMITS, PictureLimits

if TYPE_CHECKING:
    from PIL.Image import Image

#: A file's path, or the bytes of a file.
PictureSource = str | os.PathLike[str] | bytes

#: What is read, by Pillow's names.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
#: The endings of files that are taken for pictures in a folder.
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
#: What a picture that came as bytes is called in messages.
UPLOADED = "the picture"


def read_picture(source: PictureSource, limits: PictureLimits = LIMITS) -> Image:
    """The picture as people see it: turned as its camera says, in RGB, transparency on white.

    Raises PictureError where the file is too large, broken, animated or no picture.
    """
    with opened(source, limits) as image:
        return upright_rgb(image)


def check_picture(source: PictureSource, limits: PictureLimits = LIMITS) -> None:
    """Decode a picture to its end without keeping it; raises as `read_picture` does."""
    with opened(source, limits) as image:
        # A JPEG is then decoded at an eighth of its size, which reads all of the file all the same.
        image.draft("RGB", (1, 1))
        image.load()


def picture_bytes(source: PictureSource, limits: PictureLimits = LIMITS) -> bytes:
    """The file as it is. Raises PictureError where there is none, or too much of one."""
    with _file(source, limits) as file:
        return file.read()


def picture_digest(source: PictureSource, limits: PictureLimits = LIMITS) -> str:
    """A hash of the file's bytes: a picture is the same wherever it lies, and under any name."""
    return hashlib.sha256(picture_bytes(source, limits)).hexdigest()


@contextmanager
def opened(source: PictureSource, limits: PictureLimits) -> Iterator[Image]:
    """A picture whose header was checked; whatever decoding it raises becomes a PictureError."""
    called = name_of(source)
    with _file(source, limits) as file:
        try:
            image = _header(file, called, limits)
            with image:
                yield image
        except PictureError:
            raise
        # A hostile file makes Pillow raise whatever its parsers stumble over: OSError, SyntaxError,
        # ValueError, struct.error, zlib.error, IndexError, MemoryError ...
        except Exception as error:
            raise PictureError(
                f"{called}: broken ({type(error).__name__}: {str(error)[:80]}); save or fetch the "
                "picture again"
            ) from error


def name_of(source: PictureSource) -> str:
    """What messages call a picture."""
    return UPLOADED if isinstance(source, bytes) else str(source)


@contextmanager
def _file(source: PictureSource, limits: PictureLimits) -> Iterator[BinaryIO]:
    """The bytes of a source, neither none nor too many."""
    if isinstance(source, bytes):
        _check_size(UPLOADED, len(source), limits)
        yield BytesIO(source)
        return
    path = Path(source)
    try:
        # Opening a pipe or a device could wait for ever.
        if not path.is_file():
            raise PictureError(f"{path}: no file is there; check the name")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise PictureError(f"{path}: cannot be read ({error}); check its permissions") from error
    with file:
        _check_size(str(path), os.fstat(file.fileno()).st_size, limits)
        yield file


def _check_size(called: str, size: int, limits: PictureLimits) -> None:
    if not size:
        raise PictureError(f"{called}: empty; save or fetch the picture again")
    if size > limits.most_bytes:
        raise PictureError(
            f"{called}: {size:,} bytes, above the limit of {limits.most_bytes:,}; save it smaller"
        )


def _header(file: BinaryIO, called: str, limits: PictureLimits) -> Image:
    library = need("PIL.Image", "pictures")
    try:
        image: Image = library.open(file, formats=FORMATS)
    except library.UnidentifiedImageError as error:
        raise PictureError(
            f"{called}: none of the pictures that are read ({', '.join(FORMATS)}); convert it to "
            "JPEG or PNG"
        ) from error
    # Pillow has limits of its own; where warnings are errors, the lower one raises too.
    except (library.DecompressionBombError, library.DecompressionBombWarning) as error:
        raise _too_many_pixels(called, limits) from error
    _check_shape(image.size, called, limits)
    # MPO is what some cameras write as JPEG: its first picture is the photograph, the others are
    # previews of it.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise PictureError(
            f"{called}: several pictures in one ({image.format}, animated or with pages); save the "
            "one that is meant"
        )
    if image.mode == "F":
        raise PictureError(f"{called}: numbers without a scale (32-bit float); save it as PNG")
    return image


def _check_shape(size: tuple[int, int], called: str, limits: PictureLimits) -> None:
    short, long = sorted(size)
    if short < 1:
        raise PictureError(f"{called}: {size[0]} by {size[1]} pixels; save the picture again")
    if short * long > limits.most_pixels:
        raise _too_many_pixels(called, limits)
    if long > limits.most_elongation * short:
        raise PictureError(
            f"{called}: {size[0]} by {size[1]} pixels, of which one side is more than "
            f"{limits.most_elongation} times as long as the other; cut out the part that is meant"
        )


def _too_many_pixels(called: str, limits: PictureLimits) -> PictureError:
    return PictureError(
        f"{called}: more than the {limits.most_pixels:,} pixels that are decoded; save it smaller"
    )


def upright_rgb(image: Image) -> Image:
    """Decoded, turned as the camera says, and in RGB."""
    return _plain(_upright(image))


def _upright(image: Image) -> Image:
    """Turned as EXIF says. What it says is often damaged, and no reason to refuse a picture."""
    image.load()
    with suppress(Exception):
        turned: Image = need("PIL.ImageOps", "pictures").exif_transpose(image)
        return turned
    return image


def _plain(image: Image) -> Image:
    """Eight bits of red, green and blue; what is transparent is white."""
    if image.mode.startswith("I"):
        # 16 bits of grey, which converting would cut off at 255 instead of scaling.
        return image.convert("F").point(lambda value: value / 257).convert("L").convert("RGB")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        paper: Image = need("PIL.Image", "pictures").new("RGBA", image.size, "white")
        paper.alpha_composite(coloured)
        return paper.convert("RGB")
    return image.convert("RGB")
