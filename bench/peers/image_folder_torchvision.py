"""torchvision's side of bench/image_folder.ts: ImageFolder with a DataLoader of two workers. Prints one JSON object."""
import json
import sys
import time

import torch
import torchvision
from torchvision import transforms as T

torch.set_num_threads(1)
prepare = T.Compose([T.Resize(224), T.CenterCrop(224), T.PILToTensor()])
images = torchvision.datasets.ImageFolder(sys.argv[1], prepare)
loader = torch.utils.data.DataLoader(images, batch_size=64, shuffle=True, num_workers=2, prefetch_factor=2, persistent_workers=True)


def epoch():
    began, count = time.perf_counter(), 0
    for batch, labels in loader:
        count += len(labels)
    return count / (time.perf_counter() - began)


epoch()  # fills the file cache, and starts the workers
print(json.dumps({"version": "torchvision " + torchvision.__version__, "imagesPerSecond": max(epoch(), epoch())}))
