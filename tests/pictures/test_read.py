"""Pictures as people hand them in: turned, transparent, deep, broken and hostile."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from acclimate.errors import PictureError
from acclimate.pictures.limits import PictureLimits
from acclimate.pictures.read import check_picture, picture_bytes, read_picture
from acclimate.pictures.thumbnail import make_thumbnail


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(width: int = 64, height: int = 48) -> Image.Image:
    values = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_usual_format_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.of-whatever-name"
    path.write_bytes(encoded(Image.new("RGB", (5, 4), "red"), kind))
    picture = read_picture(path)
    assert (picture.mode, picture.size) == ("RGB", (5, 4))
    red, green, blue = np.asarray(picture)[2, 2]
    assert red > 250
    assert max(green, blue) < 5
    check_picture(path)


def test_a_picture_lies_as_its_camera_was_held() -> None:
    upright = Image.new("RGB", (40, 20), "black")
    upright.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned to the left
    picture = read_picture(encoded(upright, "JPEG", exif=exif, quality=95))
    assert picture.size == (20, 40)
    assert np.asarray(picture)[5, 10, 0] > 200
    assert np.asarray(picture)[35, 10, 0] < 50


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_does_not_cost_a_picture() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0" * 4
    assert read_picture(encoded(noise(), "JPEG", exif=exif)).size == (64, 48)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0)).convert(mode)
    options: dict[str, Any] = {"transparency": clear.getpixel((0, 0))} if mode == "P" else {}
    assert np.asarray(read_picture(encoded(clear, **options))).min() == 255


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    grey = Image.fromarray(np.full((4, 4), 0x8080, dtype=np.uint16))
    assert np.asarray(read_picture(encoded(grey))).tolist() == [[[128] * 3] * 4] * 4


def test_colours_for_print_are_turned_into_those_of_a_screen() -> None:
    assert read_picture(encoded(Image.new("CMYK", (4, 4)), "JPEG")).mode == "RGB"


def test_a_stereo_photograph_counts_as_its_first_picture() -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    both = encoded(first, "MPO", save_all=True, append_images=[second])
    assert np.asarray(read_picture(both))[4, 4, 0] > 250


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a large picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def many_texts() -> bytes:
    """A PNG whose texts would be far larger than the file."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("note", "a" * 80_000_000, zip=True)
    return encoded(Image.new("RGB", (4, 4)), pnginfo=info)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (b"not a picture at all", "none of the pictures that are read"),
        (b"%PDF-1.7\n", "none of the pictures"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "none of the pictures"),
        (encoded(noise())[:2000], "broken"),
        (encoded(noise(), "JPEG")[:1000], "broken"),
        (encoded(noise(), "WEBP")[:1000], "broken|none of the pictures"),
        (encoded(noise(), "TIFF")[:1000], "broken"),
        (bomb(30_000, 30_000), "more than the 64,000,000 pixels"),
        (bomb(9_000, 8_000), "more than the 64,000,000 pixels"),
        (bomb(9_500, 9_500), "more than the 64,000,000 pixels"),
        (bomb(1, 60_000), "one side is more than 50 times as long"),
        (bomb(0, 5), "none of the pictures|0 by 5|broken"),
        (animation("GIF"), "several pictures in one"),
        (animation("PNG"), "several pictures in one"),
        (animation("WEBP"), "several pictures in one"),
        (animation("TIFF"), "several pictures in one"),
        (encoded(Image.new("F", (4, 4)), "TIFF"), "without a scale"),
        (many_texts(), "broken|none of the pictures"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_with_its_reason(source: bytes, reason: str) -> None:
    for read in (read_picture, check_picture, make_thumbnail):
        with pytest.raises(PictureError, match=reason) as refused:
            read(source)
        assert str(refused.value).startswith("the picture: ")
        assert ";" in str(refused.value)


def test_a_file_above_the_limit_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(33 << 20)
    with pytest.raises(PictureError, match=r"large\.jpg: 34,603,008 bytes, above the limit"):
        read_picture(path)
    with pytest.raises(PictureError, match="above the limit of 10"):
        read_picture(encoded(noise()), PictureLimits(most_bytes=10))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jpg", tmp_path):
        with pytest.raises(PictureError, match="no file is there"):
            read_picture(path)
    with pytest.raises(PictureError, match=r"no file is there|cannot be read"):
        read_picture("half\0name.jpg")


def test_a_name_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"<script>alert(1)</script>")
    with pytest.raises(PictureError, match=r"picture\.jpg: none of the pictures that are read"):
        read_picture(path)


def test_the_bytes_of_a_picture_are_those_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise()))
    assert picture_bytes(path) == path.read_bytes() == picture_bytes(path.read_bytes())


def test_a_thumbnail_is_small_upright_and_tells_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    small = make_thumbnail(encoded(noise(1000, 500), "JPEG", exif=exif, comment=b"home"))
    with Image.open(BytesIO(small)) as image:
        assert (image.format, image.size) == ("JPEG", (128, 256))
        assert not image.getexif()
        assert "comment" not in image.info


def test_a_small_picture_is_not_blown_up() -> None:
    with Image.open(BytesIO(make_thumbnail(encoded(noise(20, 10))))) as image:
        assert image.size == (20, 10)
