#!/usr/bin/env python3
"""Writes fixtures/golden/pipeline/sizes.csv: what Pillow and OpenCV make of noise at many sizes, as SHA-256.

The noise is a function of the byte's index alone (see `noise`), so the test draws the same picture without a file.
Needs: numpy, pillow, opencv-python-headless.   Use: resized_sizes.py > fixtures/golden/pipeline/sizes.csv
"""
import hashlib
import sys

import cv2
import numpy as np
from PIL import Image

PILLOW = {
    "bilinear_antialias": Image.BILINEAR,
    "bicubic": Image.BICUBIC,
    "lanczos3": Image.LANCZOS,
    "nearest": Image.NEAREST,
}


def noise(count):
    index = np.arange(count, dtype=np.uint64)
    value = (index * 2654435761 + 12345) & 0xFFFFFFFF
    value ^= value >> np.uint64(15)
    value = (value * 2246822519) & 0xFFFFFFFF
    return (value >> np.uint64(24)).astype(np.uint8)


def main():
    random = np.random.default_rng(20260)
    print("filter,channels,from_width,from_height,to_width,to_height,sha256")
    for case in range(720):
        most = 30 if case % 3 == 0 else 400
        width, height = (int(side) for side in random.integers(1, most, 2))
        to = tuple(int(side) for side in random.integers(1, 150, 2))
        if case % 4 == 1:
            to = (64, 64)
        channels = 1 if case % 5 == 0 else 3
        name = [*PILLOW, "bilinear"][case % 5 if case % 7 else 4]
        pixels = noise(width * height * channels).reshape((height, width, channels))
        if name == "bilinear":
            if to[0] > width or to[1] > height:
                to = (min(to[0], width), min(to[1], height))  # enlargements may differ by a level
            made = cv2.resize(pixels, to, interpolation=cv2.INTER_LINEAR)
        else:
            picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
            made = np.asarray(picture.resize(to, PILLOW[name]))
        digest = hashlib.sha256(np.ascontiguousarray(made).tobytes()).hexdigest()[:16]
        print(f"{name},{channels},{width},{height},{to[0]},{to[1]},{digest}")
    print(f"pillow {Image.__version__}, opencv {cv2.__version__}", file=sys.stderr)


main()
