#!/usr/bin/env python3
"""The peer of docs/performance.md: Pillow and ONNX Runtime in N processes of one thread each.

  onnxruntime_pipeline.py M.onnx PICTURES --size 64 [--layout nhwc] [--channels bgr] [--divide 1] [--mean 0,0,0]
                          [--std 1,1,1] [--output NAME] [--batch 32] [--jobs 2] [--repeat 1]

Every picture is read, decoded, turned to RGB, stretched with BILINEAR and answered. Prints one JSON line; `seconds` leaves
out starting the processes and loading the network. Needs: numpy, pillow, onnxruntime.
"""
import argparse
import json
import multiprocessing
import pathlib
import resource
import time

import numpy as np
from PIL import Image


def arguments():
    numbers = lambda text: np.array([float(part) for part in text.split(",")], np.float32)
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--layout", choices=["nchw", "nhwc"], default="nchw")
    parser.add_argument("--channels", choices=["rgb", "bgr"], default="rgb")
    parser.add_argument("--divide", type=float, default=1.0)
    parser.add_argument("--mean", type=numbers, default="0,0,0")
    parser.add_argument("--std", type=numbers, default="1,1,1")
    parser.add_argument("--output")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--repeat", type=int, default=1)
    return parser.parse_args()


class Worker:
    """One process: a session of one thread, opened before the clock starts."""

    def __init__(self, options):
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        self.options = options
        self.session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.output = options.output or self.session.get_outputs()[0].name

    def tensor(self, path):
        options = self.options
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB").resize((options.size, options.size), Image.BILINEAR), np.float32)
        if options.channels == "bgr":
            pixels = pixels[..., ::-1]
        pixels = (pixels / np.float32(options.divide) - options.mean) / options.std
        return pixels if options.layout == "nhwc" else pixels.transpose(2, 0, 1)

    def answer(self, paths):
        tensors = np.ascontiguousarray(np.stack([self.tensor(path) for path in paths]))
        batches = [tensors] if self.input.shape[0] != 1 else [tensor[None] for tensor in tensors]
        return sum(len(self.session.run([self.output], {self.input.name: batch})[0]) for batch in batches)


def serve(options, tasks, done):
    worker = Worker(options)
    done.put(None)
    for paths in iter(tasks.get, None):
        done.put(worker.answer(paths))
    done.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main():
    options = arguments()
    paths = sorted(path for path in options.pictures.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    paths = [str(path) for path in paths] * options.repeat
    batches = [paths[start : start + options.batch] for start in range(0, len(paths), options.batch)]
    tasks, done = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=serve, args=(options, tasks, done)) for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    for _ in workers:
        done.get()  # ready
    started = time.perf_counter()
    for batch in batches:
        tasks.put(batch)
    answered = sum(done.get() for _ in batches)
    seconds = time.perf_counter() - started
    for _ in workers:
        tasks.put(None)
    peaks = [done.get() for _ in workers]
    for worker in workers:
        worker.join()
    print(json.dumps({
        "images": answered,
        "seconds": round(seconds, 3),
        "images_per_second": round(answered / seconds, 1),
        "peak_mb_of_the_largest_process": round(max(peaks), 1),
    }))


main()
