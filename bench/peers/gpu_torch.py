"""PyTorch's side of the GPU benchmark: cuDNN at its best, on the same card. Reads one request a line and answers each with
one JSON object: {"milliseconds", "spread", "runs"}, or {"error"}.

  about
  conv PASS N D H W C K T R S stride*3 before*3 after*3 dilation*3 GROUPS SECONDS
  memory NAME PASS N SIZE C PARAMETERS SECONDS
  step NAME MODE CLASSES N H W C SECONDS
  ceiling copy|matmul SIZE SECONDS

Best means: channels last, cudnn.benchmark, bfloat16 by autocast, fused optimisers; eager, torch.compile, and its CUDA graphs.
Times are medians of intervals between CUDA events, after a warm-up; inputs are normal, never zeros, and those that a cache
would hold are taken in turns. Without a GPU it answers with times of the CPU, to prove the script itself.
"""
import contextlib
import json
import os
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

GPU = torch.cuda.is_available() and not os.environ.get("CONVOLT_BENCH_CPU")
DEVICE = "cuda" if GPU else "cpu"
HALF = torch.bfloat16 if GPU else torch.float32
torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
torch.manual_seed(int(os.environ.get("CONVOLT_BENCH_SEED", "0")))


def measure(run, seconds, least=7):
    for _ in range(3):
        run()
    if GPU:
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        count = max(least, min(200, int(seconds / max(time.perf_counter() - start, 1e-6))))
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        marks[0].record()
        for mark in marks[1:]:
            run()
            mark.record()
        torch.cuda.synchronize()
        times = [a.elapsed_time(b) for a, b in zip(marks, marks[1:])]
    else:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    middle = statistics.median(times)
    spread = (times[int(len(times) * 0.9)] - times[int(len(times) * 0.1)]) / middle
    return {"milliseconds": middle, "spread": spread, "runs": len(times)}


def channels_last(rank):
    return {4: torch.channels_last, 5: torch.channels_last_3d}.get(rank, torch.contiguous_format)


def normal(shape, dtype=HALF, memory_format=None):
    x = torch.randn(shape, device=DEVICE, dtype=dtype)
    return x.contiguous(memory_format=channels_last(len(shape)) if memory_format is None else memory_format)


def in_turns(shape, memory_format):
    size = torch.Size(shape).numel() * (2 if GPU else 4)
    copies = [normal(shape, memory_format=memory_format) for _ in range(max(1, min(8, int(256e6 // size))) if GPU else 1)]
    turn = [0]

    def following():
        turn[0] = (turn[0] + 1) % len(copies)
        return copies[turn[0]]

    return following


# ---- convolutions ----


def time_conv(which, numbers, seconds, axes, memory_format):
    n, (extent, (c, k), kernel), rest = numbers[0], (numbers[1:4], numbers[4:6], numbers[6:9]), numbers[9:]
    stride, before, after, dilation, groups = rest[0:3], rest[3:6], rest[6:9], rest[9:12], rest[12]
    extent, kernel, stride, before, after, dilation = (list(v[3 - axes :]) for v in (extent, kernel, stride, before, after, dilation))
    if before != after:  # cuDNN pads equally: the image is padded outside of the time
        extent = [e + a + b for e, a, b in zip(extent, before, after)]
        before = [0] * axes
    x = in_turns([n, c, *extent], memory_format)
    w = normal([k, c // groups, *kernel], memory_format=memory_format)
    settings = (stride, before, dilation, False, [0] * axes, groups)
    dy = in_turns(torch.ops.aten.convolution(x(), w, None, *settings).shape, memory_format)
    backward = torch.ops.aten.convolution_backward
    run = {
        "forward": lambda: torch.ops.aten.convolution(x(), w, None, *settings),
        "input-gradient": lambda: backward(dy(), x(), w, None, *settings, [True, False, False]),
        "weight-gradient": lambda: backward(dy(), x(), w, None, *settings, [False, True, False]),
    }[which]
    return measure(run, seconds)


def conv(which, *words):
    numbers, seconds = [int(word) for word in words[:-1]], float(words[-1])
    is_line = numbers[1] == 1 and numbers[2] == 1 and numbers[7] == 1
    axes = 3 if numbers[6] > 1 or numbers[1] > 1 else 2
    ways = [(axes, channels_last(axes + 2))]
    if is_line:  # sequences: as images of one row with channels last, or as [N,C,W]
        ways += [(2, torch.contiguous_format), (1, torch.contiguous_format)]
    found = [time_conv(which, numbers, seconds / len(ways), *way) for way in ways]
    return min(found, key=lambda timing: timing["milliseconds"])


# ---- ops that memory bounds ----


def memory(name, which, n, size, c, parameters, seconds):
    n, size, c, parameters, seconds = int(n), int(size), int(c), int(parameters), float(seconds)
    if which == "step":
        p = torch.randn(parameters, device=DEVICE).requires_grad_()
        p.grad = torch.randn_like(p)
        fused = {"fused": True} if GPU else {}
        make = {"sgd+momentum": lambda: torch.optim.SGD([p], lr=0.01, momentum=0.9, **fused), "adamw": lambda: torch.optim.AdamW([p], lr=0.01, **fused)}
        return measure(make[name]().step, seconds)
    x, residual = normal([n, c, size, size]).requires_grad_(), normal([n, c, size, size])
    bn = nn.BatchNorm2d(c).to(DEVICE)
    function = {
        "relu": F.relu,
        "batchnorm": bn,
        "batchnorm+relu": lambda x: F.relu(bn(x), inplace=True),
        "batchnorm+add+relu": lambda x: F.relu(bn(x) + residual, inplace=True),
        "maxpool-3x3s2": lambda x: F.max_pool2d(x, 3, 2, 1),
        "avgpool-2x2": lambda x: F.avg_pool2d(x, 2),
    }[name]
    if which == "forward":
        with torch.no_grad():
            return measure(lambda: function(x.detach()), seconds)
    cotangent = torch.randn_like(function(x))

    def both():
        function(x).backward(cotangent)
        x.grad = None

    return measure(both, seconds)


# ---- steps ----


def lenet5(classes):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes),
    )


def smallnet(classes):
    def block(c, k):
        return [nn.Conv2d(c, k, 3, padding=1, bias=False), nn.BatchNorm2d(k), nn.ReLU(inplace=True)]

    return nn.Sequential(
        *block(1, 16), nn.MaxPool2d(2), *block(16, 32), nn.MaxPool2d(2), *block(32, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)
    )


def network(name, classes):
    own = {"lenet5": lenet5, "smallnet": smallnet}
    if name in own:
        return own[name](classes)
    import torchvision

    return getattr(torchvision.models, name)(num_classes=classes)


def step(name, mode, classes, n, h, w, c, seconds):
    classes, n, h, w, c, seconds = int(classes), int(n), int(h), int(w), int(c), float(seconds)
    model = network(name, classes).to(DEVICE, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **({"fused": True} if GPU else {}))
    x = normal([n, c, h, w], torch.float32)
    target = torch.randint(classes, (n,), device=DEVICE)
    ways = {"compile": "max-autotune-no-cudagraphs", "cudagraphs": "reduce-overhead"}
    forward = torch.compile(model, mode=ways[mode]) if mode in ways else model

    def run():
        with torch.autocast(DEVICE, torch.bfloat16) if GPU else contextlib.nullcontext():
            loss = F.cross_entropy(forward(x), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for _ in range(5):
        run()
    if GPU:
        torch.cuda.reset_peak_memory_stats()
    timing = measure(run, seconds)
    return {**timing, "peak": torch.cuda.max_memory_allocated()} if GPU else timing


# ---- ceilings ----


def ceiling(what, size, seconds):
    size, seconds = int(size), float(seconds)
    if what == "copy":
        a = torch.randint(256, (size,), dtype=torch.uint8, device=DEVICE)
        b = torch.empty_like(a)
        return measure(lambda: b.copy_(a), seconds)
    a, b = (torch.randn(size, size, device=DEVICE, dtype=HALF) for _ in range(2))
    return measure(lambda: a @ b, seconds)


def about():
    versions = {"pytorch": torch.__version__, "cuda of pytorch": torch.version.cuda}
    if GPU:
        versions["cudnn of pytorch"] = torch.backends.cudnn.version()
    return {"versions": {name: str(version) for name, version in versions.items() if version}}


ANSWERS = {"about": about, "conv": conv, "memory": memory, "step": step, "ceiling": ceiling}

for line in sys.stdin:
    kind, *words = line.split()
    try:
        answer = ANSWERS[kind](*words)
    except Exception as error:
        answer = {"error": (str(error).splitlines() or [type(error).__name__])[0][:200]}
    if GPU:
        torch.cuda.empty_cache()
    print(json.dumps(answer), flush=True)
