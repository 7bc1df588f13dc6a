"""PyTorch's side of bench/lenet_epoch.ts: an epoch of LeNet-5 at batch 64 with a DataLoader over tensors in memory, already
scaled. Its argument says how batches are made: "images" one by one, "worker" so in a process beside, "batches" by one index
of the whole set. Prints one JSON object."""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

import tuned_torch  # noqa: F401
from lenet_torch import BATCH, LeNet

IMAGES = 60000

images = torch.randint(0, 256, (IMAGES, 1, 28, 28)).to(torch.float32) / 255
dataset = TensorDataset(images, torch.arange(IMAGES) % 10)
way = sys.argv[1]
if way == "batches":
    loader = DataLoader(dataset, sampler=BatchSampler(RandomSampler(dataset), BATCH, False), batch_size=None)
else:
    workers = 1 if way == "worker" else 0
    loader = DataLoader(dataset, batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

model = LeNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for _ in range(2):
    began = time.perf_counter()
    right, total = 0, 0.0
    for x, y in loader:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        right += (logits.argmax(1) == y).sum().item()
    seconds = time.perf_counter() - began
print(json.dumps({"imagesPerSecond": IMAGES / seconds, "version": torch.__version__}))
