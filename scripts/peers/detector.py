#!/usr/bin/env python3
"""Draws the scenes of fixtures/detector and writes which faces a detector finds in them (expected.json).

    detector.py fixtures/faces fixtures/models fixtures/detector [FOLDER OF WEIGHTS]

Scenes are drawn faces of fixtures/faces on plain grounds, and red squares for the network `squares` of fixtures/models
(scripts/models/tiny.py). What is found is read from ONNX Runtime by the rules that UltraFace's authors give: resize to the
input, a score above 0.7, suppression of what overlaps a surer box by more than 0.5. Resizing is OpenCV's INTER_LINEAR for
UltraFace and Pillow's BILINEAR for the squares; the age is the mean pixel of the square, by Pillow. Without weights what
the file says of UltraFace is kept. Needs: numpy, onnxruntime, opencv-python-headless, pillow.
"""
import csv
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

FACES, MODELS, OUT = map(Path, sys.argv[1:4])
WEIGHTS = Path(sys.argv[4]) if len(sys.argv) > 4 else None
onnxruntime.set_default_logger_severity(3)

# Name, size, ground, and (sample, left, upper, size) of each face.
SCENES = [
    ("one_face", (640, 480), (118, 135, 160), [("s0001", 200, 120, 200)]),
    ("three_faces", (800, 500), (180, 176, 160), [("s0003", 40, 60, 150), ("s0013", 300, 150, 220), ("s0007", 620, 40, 120)]),
    ("tall", (300, 700), (90, 110, 90), [("s0018", 60, 80, 180), ("s0022", 130, 430, 120)]),
    ("at_the_edge", (500, 375), (150, 120, 120), [("s0009", -30, 100, 170), ("s0020", 380, 200, 170)]),
    ("blank", (400, 300), (128, 128, 128), []),
]

# Name, size, and (left, upper, side) of each red square in pixels of a picture of 320 x 240, times `scale`.
SQUARES = [
    ("none", 1, []),
    ("one", 1, [(80, 40, 80)]),
    ("large_and_central", 1, [(0, 120, 120), (160, 80, 80)]),
    ("twice_the_size", 2, [(200, 0, 120), (0, 80, 80)]),
]


def draw_scenes():
    rows = {row["sample_id"]: row for row in csv.DictReader(open(FACES / "manifest.csv", encoding="utf-8"))}
    for name, size, ground, faces in SCENES:
        scene = Image.new("RGB", size, ground)
        for sample, left, upper, side in faces:
            face = Image.open(FACES / rows[sample]["path"]).convert("RGB")
            scene.paste(face.resize((side, side * face.height // face.width), Image.Resampling.LANCZOS), (left, upper))
        scene.save(OUT / f"{name}.png", optimize=True)
    for name, scale, squares in SQUARES:
        scene = Image.new("RGB", (320 * scale, 240 * scale), (90, 110, 130))
        for left, upper, side in squares:
            scene.paste((250, 10, 20), tuple(scale * end for end in (left, upper, left + side, upper + side)))
        scene.save(OUT / f"squares_{name}.png", optimize=True)


def suppressed(scores, boxes, score_threshold, iou_threshold):
    """Boxes by falling score, without those that overlap a surer one."""
    order = [place for place in np.argsort(-scores, kind="stable") if scores[place] > score_threshold]
    kept = []
    for place in order:
        x0, y0, x1, y1 = boxes[place]
        for other in kept:
            u0, v0, u1, v1 = boxes[other]
            both = max(0.0, min(x1, u1) - max(x0, u0)) * max(0.0, min(y1, v1) - max(y0, v0))
            if both / ((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - both) > iou_threshold:
                break
        else:
            kept.append(place)
    return kept


def found(session, tensor, size, score_threshold, iou_threshold):
    scores, boxes = session.run(["scores", "boxes"], {session.get_inputs()[0].name: tensor[None].astype(np.float32)})
    scores, boxes = scores[0][:, -1].astype(float), boxes[0].astype(float)
    kept = suppressed(scores, boxes, score_threshold, iou_threshold)
    wide = np.array([size[0], size[1], size[0], size[1]])
    return [(boxes[place] * wide).tolist() for place in kept], [float(scores[place]) for place in kept]


def chosen(boxes, size, choose):
    if not boxes:
        return None
    area = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes]
    away = [np.hypot((x0 + x1 - size[0]) / 2, (y0 + y1 - size[1]) / 2) for x0, y0, x1, y1 in boxes]
    return boxes[int(np.argmax(area) if choose == "largest" else np.argmin(away))]


def crop_mean(picture, box, margin):
    """The answer of `mean` over the face, widened, 8 x 8, divided by 4."""
    x0, y0, x1, y1 = box
    wider = margin * max(x1 - x0, y1 - y0)
    ends = [int(np.floor(end + 0.5)) for end in (x0 - wider, y0 - wider, x1 + wider, y1 + wider)]
    pixels = np.asarray(picture)
    rows = np.clip(np.arange(ends[1], ends[3]), 0, picture.height - 1)
    columns = np.clip(np.arange(ends[0], ends[2]), 0, picture.width - 1)
    face = Image.fromarray(pixels[rows][:, columns])
    return float(np.asarray(face.resize((8, 8), Image.Resampling.BILINEAR), np.float64).mean() / 4)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    draw_scenes()
    file = OUT / "expected.json"
    expected = json.loads(file.read_text()) if file.exists() else {}
    if WEIGHTS:
        expected["ultraface"] = {}
        for model in ("ultraface-version-RFB-320", "ultraface-version-slim-320"):
            session = onnxruntime.InferenceSession(str(WEIGHTS / f"{model}.onnx"), providers=["CPUExecutionProvider"])
            for name, size, _, _ in SCENES:
                pixels = cv2.cvtColor(cv2.imread(str(OUT / f"{name}.png")), cv2.COLOR_BGR2RGB)
                tensor = (cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_LINEAR).astype(np.float32) - 127) / 128
                boxes, scores = found(session, tensor.transpose(2, 0, 1), size, 0.7, 0.5)
                expected["ultraface"].setdefault(model, {})[name] = {
                    "boxes": boxes, "scores": scores,
                    **{choose: chosen(boxes, size, choose) for choose in ("largest", "central")},
                }
    session = onnxruntime.InferenceSession(str(MODELS / "squares.onnx"), providers=["CPUExecutionProvider"])
    expected["squares"] = {}
    for name, scale, _ in SQUARES:
        picture = Image.open(OUT / f"squares_{name}.png")
        for fit in ("stretch", "pad"):
            # Turned on its side, the picture no longer has the input's shape: `pad` leaves bars beside it.
            shown = picture if fit == "stretch" else picture.transpose(Image.Transpose.TRANSPOSE)
            if fit == "pad":
                shown.save(OUT / f"squares_{name}_turned.png", optimize=True)
                small = ImageOps.pad(shown, (32, 24), Image.Resampling.BILINEAR)
            else:
                small = shown.resize((32, 24), Image.Resampling.BILINEAR)
            tensor = np.asarray(small, np.float32).transpose(2, 0, 1) / 255
            boxes, _ = found(session, tensor, (32, 24), 0.7, 0.3)
            high, wide = (24, 32) if fit == "stretch" else (24, round(24 * shown.width / shown.height))
            left = (32 - wide) / 2
            boxes = [[(x0 - left) / wide * shown.width, y0 / high * shown.height,
                      (x1 - left) / wide * shown.width, y1 / high * shown.height] for x0, y0, x1, y1 in boxes]
            answer = {"faces": len(boxes)}
            for choose in ("largest", "central"):
                box = chosen(boxes, shown.size, choose)
                answer[choose] = box and {"box": box, "age": crop_mean(shown, box, 0.0), "age_with_margin": crop_mean(shown, box, 0.25)}
            expected["squares"][name if fit == "stretch" else f"{name}_turned"] = answer
    file.write_text(json.dumps(expected, indent=1) + "\n")


main()
