"""PyTorch as it is fastest on a CPU: bench/*.ts sets the environment that goes with this."""
import sys

import torch

torch.set_num_threads(2)
with open("/proc/self/maps") as maps:
    loaded = maps.read()
if "openblas" not in loaded and "mkl" not in loaded:
    sys.exit("bench: expected PyTorch to have a fast BLAS, but got the reference one (on Debian: apt install libopenblas0-pthread)")
