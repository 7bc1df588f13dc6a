"""torchvision's side of bench/augment.ts. Prints one JSON object.

Each transform runs in three ways, of which the fastest counts: on the whole batch as one tensor with both threads (which
gives all images the same parameters, so less work than ours), and image by image in two processes, as a DataLoader has
them, on tensors or on PIL images. What the processes make is not sent back.
"""
import json
import multiprocessing
import time

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision import transforms as T

N = 256
ROUNDS = 2
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

pixels = ((np.arange(N * 224 * 224 * 3, dtype=np.uint64) * 2654435761 % 2**32) >> 13).astype(np.uint8).reshape(N, 224, 224, 3)
batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
pil = [Image.fromarray(image) for image in pixels]

bilinear = T.InterpolationMode.BILINEAR
jitter = T.ColorJitter(0.4, 0.4, 0.4, 0.1)
resized = T.RandomResizedCrop(224, antialias=False)
to_floats = T.ConvertImageDtype(torch.float32)
normalize = T.Normalize(MEAN, STD)

# name: the transforms of tensors, and of PIL images
chains = {
    "randomCrop": ([T.RandomCrop(224, padding=28)],) * 2,
    "randomResizedCrop": ([resized],) * 2,
    "flip": ([T.RandomHorizontalFlip(p=1)],) * 2,
    "rotation": ([T.RandomRotation(30, interpolation=bilinear)],) * 2,
    "colorJitter": ([jitter],) * 2,
    "grayscale": ([T.Grayscale(3)],) * 2,
    "gaussianBlur": ([T.GaussianBlur(23)], None),  # of PIL images it makes tensors
    "solarize": ([T.RandomSolarize(128, p=1)],) * 2,
    "erase": ([T.RandomErasing(p=1)], None),
    "normalize": ([to_floats, normalize], [T.ToTensor(), normalize]),
    "randAugment": ([T.RandAugment()],) * 2,
    "resized crop, flip, jitter, normalize": (
        [resized, T.RandomHorizontalFlip(), jitter, to_floats, normalize],
        [resized, T.RandomHorizontalFlip(), jitter, T.ToTensor(), normalize],
    ),
}


def work(task):
    name, kind, begin, end = task
    chain = T.Compose(chains[name][kind])
    source = batch if kind == 0 else pil
    for i in range(begin, end):
        chain(source[i])


def best(run):
    times = []
    while len(times) < ROUNDS and sum(times) < 3000:
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return min(times)


def one_thread():
    torch.set_num_threads(1)


milliseconds, ways = {}, {}
torch.set_num_threads(1)  # before the fork
with multiprocessing.Pool(2, initializer=one_thread) as pool:
    torch.set_num_threads(2)
    halves = ((0, N // 2), (N // 2, N))
    for name, kinds in chains.items():
        measured = {"batch": best(lambda: T.Compose(kinds[0])(batch))}
        for kind, label in enumerate(("tensors", "PIL")):
            if kinds[kind] is not None:
                measured[label] = best(lambda: pool.map(work, [(name, kind, *half) for half in halves], chunksize=1))
        ways[name] = min(measured, key=measured.get)
        milliseconds[name] = measured[ways[name]]
print(json.dumps({"version": "torchvision " + torchvision.__version__, "milliseconds": milliseconds, "ways": ways}))
