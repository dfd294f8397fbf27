#!/usr/bin/env python3
"""Draws JPEGs that cost a decoder what photos cost it: smooth shapes with texture and sensor noise. No person in them.

  draw_photos.py OUT --sizes 200x200,640x480,4000x3000 [--each 8] [--quality 90] [--seed 0]

Needs: numpy, pillow.
"""
import argparse
import os

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def draw(random, width, height):
    """Blurred ellipses in random colours, a fine texture and noise of about two levels."""
    small = (max(width // 4, 8), max(height // 4, 8))
    picture = Image.new("RGB", small, tuple(int(level) for level in random.integers(60, 200, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = random.integers(0, small[0]), random.integers(0, small[1])
        reach_x, reach_y = random.integers(2, max(small[0] // 3, 3)), random.integers(2, max(small[1] // 3, 3))
        colour = tuple(int(level) for level in random.integers(10, 245, 3))
        pen.ellipse([x - reach_x, y - reach_y, x + reach_x, y + reach_y], fill=colour)
    picture = picture.filter(ImageFilter.GaussianBlur(1)).resize((width, height), Image.BICUBIC)
    levels = np.asarray(picture).astype(np.float32)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    texture = 6 * np.sin(columns * 0.9) * np.sin(rows * 0.7)
    levels += texture[..., None] + random.normal(0, 2, levels.shape)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--sizes", required=True, help="WIDTHxHEIGHT, comma-separated")
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    random = np.random.default_rng(options.seed)
    for size in options.sizes.split(","):
        width, height = (int(side) for side in size.split("x"))
        for number in range(options.each):
            name = os.path.join(options.out, f"{width}x{height}_{number:03}.jpg")
            draw(random, width, height).save(name, quality=options.quality)


main()
