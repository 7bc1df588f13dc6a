"""PyTorch's side of bench/lenet.ts: LeNet-5 training steps at batch 64, the better of NCHW and channels_last. Prints one
JSON object. Weights and images come from the formula of bench/lenet_weights.ts."""
import json
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import tuned_torch  # noqa: F401

BATCH, WARM_UP, STEPS = 64, 30, 300


def value(k, n):
    i = np.arange(n, dtype=np.uint64)
    h = (i * 2654435761 + ((k + 1) * 40503 & 0xFFFFFFFF) * 65537) & 0xFFFFFFFF
    return h.astype(np.float64) / 2**31 - 1


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.f1, self.f2, self.f3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2).flatten(1)
        return self.f3(F.relu(self.f2(F.relu(self.f1(x)))))


def measure(memory_format):
    model = LeNet()
    with torch.no_grad():
        for k, p in enumerate(model.parameters()):
            scale = np.sqrt(3 * p.shape[0] / p.numel()) if p.dim() > 1 else 0
            p.copy_(torch.from_numpy((value(k, p.numel()) * scale).astype(np.float32)).view(p.shape))
    model = model.to(memory_format=memory_format)
    x = torch.from_numpy(((value(100, BATCH * 784) + 1) / 2).astype(np.float32)).view(BATCH, 1, 28, 28).to(memory_format=memory_format)
    y = torch.arange(BATCH) % 10
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9), []

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for i in range(WARM_UP):
        loss = step()
        if i < 5:
            losses.append(loss.item())
    began = time.perf_counter()
    for _ in range(STEPS):
        step()
    return BATCH * STEPS / (time.perf_counter() - began), losses


if __name__ == "__main__":
    results = [measure(layout) for layout in (torch.contiguous_format, torch.channels_last)]
    speed, losses = max(results)
    print(json.dumps({"imagesPerSecond": speed, "losses": losses, "version": torch.__version__}))
