"""Trains the bundled methods on drawn faces and writes models/NAME/NAME.onnx and the digest in its method.toml.

python scripts/models/train.py
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import material
import numpy as np
import onnxruntime
import torch
from nets import CLASSES, Net, cautious_loss, even_loss, to_onnx
from prepare import load_card

HOME = Path(__file__).resolve().parents[2] / "models"
PICTURES = 9_000
BATCH = 128


@dataclass(frozen=True)
class Recipe:
    """How one method is trained."""

    name: str
    widths: tuple[int, ...]
    outputs: int
    loss: Callable
    unit: float  # the network's own unit in years: a net that has to answer 30 out of nothing learns slowly
    shift: float
    epochs: int


RECIPES = (
    Recipe("drawn-even", (16, 32, 64, 96), 1, even_loss, 10.0, 22.0, 16),
    Recipe("drawn-cautious", (16, 32, 48, 64), CLASSES, cautious_loss, 1.0, 0.0, 16),
)


def augmented(pixels: torch.Tensor, card: dict, random: torch.Generator) -> torch.Tensor:
    """A batch as the network wants it, mirrored, brightened and stretched in contrast at random."""
    want = card["onnx"]["input"]
    x = pixels.permute(0, 3, 1, 2).float()
    n = x.shape[0]
    mirror = torch.rand(n, generator=random) < 0.5
    x[mirror] = x[mirror].flip(3)
    contrast = 0.85 + 0.3 * torch.rand(n, 1, 1, 1, generator=random)
    light = 16.0 * torch.randn(n, 1, 1, 1, generator=random)
    x = ((x - 128.0) * contrast + 128.0 + light).clamp(0.0, 255.0)
    mean = torch.tensor(want["mean"]).view(1, -1, 1, 1)
    std = torch.tensor(want["std"]).view(1, -1, 1, 1)
    return (x / want["divide"] - mean) / std


def train(recipe: Recipe, card: dict, ages: np.ndarray, pixels: np.ndarray) -> Net:
    """One network, trained from a fixed seed on one thread: two would wait for each other, and sum in another order."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(7)
    random = torch.Generator().manual_seed(7)
    size, channels = card["onnx"]["input"]["size"][0], pixels.shape[3]
    net = Net(size, channels, recipe.widths, 64, recipe.outputs)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    steps = recipe.epochs * (len(ages) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    x_all, y_all = torch.from_numpy(pixels), torch.from_numpy(ages)
    for epoch in range(recipe.epochs):
        start, total = time.monotonic(), 0.0
        order = torch.randperm(len(ages), generator=random)
        for k in range(len(ages) // BATCH):
            rows = order[k * BATCH : (k + 1) * BATCH]
            output = net(augmented(x_all[rows], card, random))
            loss = recipe.loss(output * recipe.unit + recipe.shift, y_all[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(
            f"{recipe.name} epoch {epoch + 1}: loss {total / (len(ages) // BATCH):.3f}, {time.monotonic() - start:.0f} s",
            flush=True,
        )
    return net.eval()


def export(recipe: Recipe, net: Net, card: dict) -> None:
    """Writes the ONNX file, holds it against PyTorch, and puts its digest into the card."""
    want = card["onnx"]["input"]
    size, channels = want["size"][0], net.features[0].in_channels
    model = to_onnx(net, size, channels, want["layout"], card["onnx"]["output"]["name"], recipe.unit, recipe.shift)
    file = HOME / recipe.name / card["onnx"]["file"]
    file.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    random = np.random.RandomState(1)
    worst = 0.0
    for _ in range(20):
        x = random.standard_normal((1, channels, size, size)).astype(np.float32)
        ours = (net(torch.from_numpy(x)) * recipe.unit + recipe.shift).detach().numpy()
        given = x if want["layout"] == "nchw" else np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        worst = max(worst, float(np.abs(session.run(None, {"image": given})[0] - ours).max()))
    assert worst < 1e-3, f"the exported model is off by {worst}"
    parameters = sum(p.numel() for p in net.parameters())
    print(f"{file.name}: {file.stat().st_size} bytes, {parameters} parameters, at most {worst:.1e} from PyTorch")
    toml = HOME / recipe.name / "method.toml"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    toml.write_text(re.sub(r'sha256 = "[0-9a-f]*"', f'sha256 = "{digest}"', toml.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="fewer for a quick trial")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    cards = [load_card(HOME / recipe.name / "method.toml") for recipe in RECIPES]
    start = time.monotonic()
    ages, pixels = material.draw(args.pictures, cards, args.workers)
    print(f"drew {args.pictures} pictures in {time.monotonic() - start:.0f} s", flush=True)
    with ProcessPoolExecutor(args.workers) as pool:  # side by side, one thread each
        nets = list(pool.map(train, RECIPES, cards, [ages] * len(cards), pixels))
    for recipe, net, card in zip(RECIPES, nets, cards):
        export(recipe, net, card)


if __name__ == "__main__":
    main()
