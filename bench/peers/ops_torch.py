"""PyTorch's side of bench/ops.ts. Reads the cases as one line of JSON, then one request a line, {"at", "gradients"}, and
answers each with the seconds that a call takes in each memory format that there is to choose from."""
import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import tuned_torch  # noqa: F401

# A measurement is the median of so many stretches that last so many seconds each; of a slow op, of fewer.
STRETCHES, LASTS, FEW, SLOW = 12, 0.005, 3, 0.05


def fractions(count):
    return (torch.arange(1, count + 1) * 2654435761 & 0xFFFFFFFF).double() / 2**32


def window(options, *names):
    """Options that torch names as we do, and those that it names differently."""
    return {{"kernel": "kernel_size"}.get(name, name): options[name] for name in names if name in options}


def conv(function):
    return lambda t, o: function(t["x"], t["weight"], t.get("bias"), **window(o, "stride", "padding", "dilation", "groups"))


def batch_norm(t, o):
    y = F.batch_norm(t["x"], t["runningMean"], t["runningVar"], t["weight"], t["bias"], training=o["training"])
    if "residual" in t:
        y = y + t["residual"]
    return F.relu(y, inplace=True) if o.get("activation") == "relu" else y


UNARY = {
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leakyRelu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "softplus": F.softplus,
    "exp": torch.exp,
    "abs": torch.abs,
    "square": torch.square,
}

OPS = {
    "conv1d": conv(F.conv1d),
    "conv2d": conv(F.conv2d),
    "conv3d": conv(F.conv3d),
    "linear": lambda t, o: F.linear(t["x"], t["weight"], t["bias"]),
    "matmul": lambda t, o: t["a"] @ t["b"],
    "maxPool2d": lambda t, o: F.max_pool2d(t["x"], **window(o, "kernel", "stride", "padding")),
    "avgPool2d": lambda t, o: F.avg_pool2d(t["x"], **window(o, "kernel", "stride", "padding")),
    "globalAvgPool2d": lambda t, o: F.adaptive_avg_pool2d(t["x"], 1),
    "batchNorm": batch_norm,
    "groupNorm": lambda t, o: F.group_norm(t["x"], o["groups"], t["weight"], t["bias"]),
    "instanceNorm": lambda t, o: F.instance_norm(t["x"], weight=t["weight"], bias=t["bias"]),
    "layerNorm": lambda t, o: F.layer_norm(t["x"], t["weight"].shape, t["weight"], t["bias"]),
    "localResponseNorm": lambda t, o: F.local_response_norm(t["x"], o["size"]),
    "convTranspose2d": lambda t, o: F.conv_transpose2d(t["x"], t["weight"], t["bias"], **window(o, "stride", "padding")),
    "globalMaxPool2d": lambda t, o: F.adaptive_max_pool2d(t["x"], 1),
    "adaptiveAvgPool2d": lambda t, o: F.adaptive_avg_pool2d(t["x"], o["outputSize"]),
    **{name: (lambda function: lambda t, o: function(t["x"]))(function) for name, function in UNARY.items()},
    "logSoftmax": lambda t, o: F.log_softmax(t["x"], -1),
    "max": lambda t, o: t["x"].amax(o["axes"]),
    "variance": lambda t, o: t["x"].var(o["axes"]),
    "cumsum": lambda t, o: t["x"].cumsum(1),
    "maximum": lambda t, o: torch.maximum(t["a"], t["b"]),
    "where": lambda t, o: torch.where(t["condition"], t["a"], t["b"]),
    "pad": lambda t, o: F.pad(t["x"], [o["each"]] * 4, o["mode"]),
    "concat": lambda t, o: torch.cat([t["a"], t["b"]], 1),
    "permute": lambda t, o: t["x"].permute(0, 3, 1, 2).contiguous(),
    "pixelShuffle": lambda t, o: F.pixel_shuffle(t["x"], o["r"]),
    "interpolate": lambda t, o: F.interpolate(t["x"], scale_factor=o["scaleFactor"], mode=o["mode"]),
    "gridSample": lambda t, o: F.grid_sample(t["x"], t["grid"], align_corners=False),
    "embedding": lambda t, o: F.embedding(t["indices"], t["weight"]),
    "gather": lambda t, o: t["x"].gather(1, t["indices"]),
    "softmax": lambda t, o: F.softmax(t["x"], -1),
    "crossEntropy": lambda t, o: F.cross_entropy(t["logits"], t["target"]),
    "mseLoss": lambda t, o: F.mse_loss(t["x"], t["target"]),
    "dropout": lambda t, o: F.dropout(t["x"], o["probability"]),
    "add": lambda t, o: t["a"] + t["b"],
    "mul": lambda t, o: t["a"] * t["b"],
    "div": lambda t, o: t["a"] / t["b"],
    "sum": lambda t, o: t["x"].sum(o["axes"]) if "axes" in o else t["x"].sum(),
    "mean": lambda t, o: t["x"].mean(o["axes"]),
    "argmax": lambda t, o: t["x"].argmax(-1),
}

CONSTANT = {"target", "runningMean", "runningVar", "indices", "condition"}
POSITIVE = {"target", "runningVar"}


def make_input(name, value, images, memory_format, gradients):
    if isinstance(value, dict):
        numbers = (fractions(math.prod(value["shape"])) * value["below"]).long().view(value["shape"])
        return numbers.bool() if name == "condition" else numbers
    if images and len(value) >= 3 and name != "grid":
        value = [value[0], value[-1], *value[1:-1]]
    made = fractions(math.prod(value)).view(value)
    made = (made if name in POSITIVE else 2 * made - 1).float()
    if images and len(value) == 4 and name != "grid":
        made = made.contiguous(memory_format=memory_format)
    return made.requires_grad_(gradients and name not in CONSTANT)


def seconds(step, times):
    began = time.perf_counter()
    for _ in range(times):
        step()
    return (time.perf_counter() - began) / times


def measure(case, gradients, memory_format):
    function, options = OPS[case["op"]], case["options"]
    tensors = {name: make_input(name, value, case["images"], memory_format, gradients) for name, value in case["inputs"].items()}
    with torch.no_grad():
        cotangent = torch.ones_like(function(tensors, options))
    wanted = [tensor for tensor in tensors.values() if tensor.requires_grad]

    def forward():
        with torch.no_grad():
            function(tensors, options)

    def train():
        torch.autograd.grad(function(tensors, options), wanted, cotangent)

    step = train if gradients else forward
    seconds(step, 2)
    estimate = seconds(step, 3)
    times = math.ceil(LASTS / estimate)
    return statistics.median(seconds(step, times) for _ in range(FEW if estimate > SLOW else STRETCHES))


cases = json.loads(sys.stdin.readline())
for line in sys.stdin:
    request = json.loads(line)
    case = cases[request["at"]]
    formats = {"NCHW": torch.contiguous_format}
    if case["images"] and len(next(iter(case["inputs"].values()))) == 4:
        formats["channels_last"] = torch.channels_last
    print(json.dumps({name: measure(case, request["gradients"], value) for name, value in formats.items()}), flush=True)
