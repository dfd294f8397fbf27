#!/usr/bin/env python3
"""Draws the small pictures of fixtures/pictures in formats that the golden ones lack, and says what Pillow reads.

Writes NAME.EXT and expected.csv (file, width, height, SHA-256 of Pillow's RGB bytes, upright, alpha dropped), and
jpegs.csv the same for every JPEG, those of fixtures/golden/pipeline too: only libjpeg gives these bytes.
Needs: numpy, pillow.   Use: draw_formats.py fixtures/pictures
"""
import hashlib
import os
import sys

import numpy as np
from PIL import Image, ImageOps

FOLDER = sys.argv[1]


def drawing(width=31, height=22):
    y, x = np.mgrid[0:height, 0:width]
    red = x * 255 // (width - 1)
    green = y * 255 // (height - 1)
    blue = (x * 7 + y * 13) % 256
    return np.stack([red, green, blue], -1).astype(np.uint8)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def main():
    os.makedirs(FOLDER, exist_ok=True)
    colour = Image.fromarray(drawing())
    gray = colour.convert("L")
    alpha = colour.copy()
    alpha.putalpha(gray)
    deep = np.asarray(colour).astype(np.uint16) * 257 - 100 * (np.asarray(colour) > 1)
    path = lambda name: os.path.join(FOLDER, name)
    colour.save(path("plain.bmp"))
    colour.quantize(16).save(path("palette.bmp"))
    gray.save(path("gray.bmp"))
    colour.quantize(64).save(path("still.gif"))
    frames = [colour.quantize(32), colour.rotate(180).quantize(32)]
    frames[0].save(path("moving.gif"), save_all=True, append_images=frames[1:], duration=100)
    colour.save(path("plain.tiff"))
    colour.save(path("lzw.tiff"), compression="tiff_lzw")
    colour.save(path("turned_6.tiff"), tiffinfo={0x0112: 6})
    gray.save(path("gray.tiff"))
    colour.convert("CMYK").save(path("cmyk.tiff"))
    colour.quantize(64).save(path("palette.tiff"))
    colour.quantize(200).save(path("palette_lzw.tiff"), compression="tiff_lzw")
    colour.convert("YCbCr").save(path("luma.tiff"))
    colour.convert("YCbCr").save(path("luma_lzw.tiff"), compression="tiff_lzw")
    gray.save(path("gray.png"))
    gray.convert("1").save(path("bilevel.png"))
    colour.save(path("turned_8.png"), exif=turned(8))
    colour.save(path("lossless.webp"), lossless=True)
    alpha.save(path("alpha.webp"), lossless=True, exact=True)
    colour.save(path("turned_5.webp"), lossless=True, exif=turned(5))
    colour.save(path("moving.webp"), save_all=True, append_images=[colour.rotate(180)], lossless=True)
    gray_alpha = Image.merge("LA", [gray, gray.rotate(180)])
    gray_alpha.save(path("gray_alpha.png"))
    save_deep(path("deep.png"), deep)
    for orientation in range(1, 9):
        colour.save(path(f"turned_{orientation}.jpg"), exif=turned(orientation), quality=95, subsampling=0)
    draw_jpegs(path)
    names = [name for name in sorted(os.listdir(FOLDER)) if not name.endswith(".csv")]
    expect(path("expected.csv"), [path(name) for name in names if not name.endswith(".jpg")])
    golden = os.path.join(FOLDER, "../golden/pipeline")
    golden = [os.path.join(golden, name) for name in sorted(os.listdir(golden)) if name.endswith(".jpg")]
    expect(path("jpegs.csv"), [path(name) for name in names if name.endswith(".jpg")] + golden)


def draw_jpegs(path):
    """What may differ between decoders: chroma sampling, scans, restarts, colour spaces, sides that fill no block."""
    rough = np.random.default_rng(0).integers(0, 256, (45, 61, 3), np.uint8)
    rough = Image.fromarray(np.asarray(Image.fromarray(drawing(61, 45))) // 2 + rough // 2)
    for number, sampling in enumerate(["444", "422", "420"]):
        rough.save(path(f"rough_{sampling}.jpg"), quality=80, subsampling=number)
        rough.save(path(f"rough_{sampling}_progressive.jpg"), quality=60, subsampling=number, progressive=True)
    rough.save(path("rough_restarts.jpg"), quality=75, restart_marker_blocks=3)
    rough.save(path("rough_rgb.jpg"), quality=85, keep_rgb=True)
    rough.save(path("rough_low.jpg"), quality=5)
    inks = [*rough.split(), rough.convert("L").rotate(180)]
    Image.merge("CMYK", inks).save(path("rough_cmyk.jpg"), quality=85)
    rough.convert("L").save(path("rough_gray.jpg"), quality=85, progressive=True)
    rough.crop((0, 0, 1, 1)).save(path("one_pixel.jpg"))
    rough.crop((0, 0, 17, 2)).save(path("flat.jpg"))
    rough.crop((0, 0, 3, 40)).save(path("narrow.jpg"))


def expect(table, files):
    with open(table, "w") as out:
        print("file,width,height,sha256", file=out)
        for file in files:
            picture = ImageOps.exif_transpose(Image.open(file))
            if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA"):
                picture = picture.convert("RGBA")
                rgb = np.asarray(picture)[..., :3]
            else:
                rgb = np.asarray(picture.convert("RGB"))
            digest = hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()
            print(f"{os.path.basename(file)},{picture.width},{picture.height},{digest}", file=out)


def save_deep(path, deep):
    """A 16-bit RGB PNG, which Pillow reads but does not write."""
    import struct
    import zlib

    height, width, _ = deep.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


main()
