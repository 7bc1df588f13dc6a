"""Writes torchvision.json beside itself: what torchvision's functions make of small images, for augment's tests.

    python3 test/augment/torchvision_expected.py        (torchvision 0.14, torch 1.13)
"""
import base64
import json
import pathlib

import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

H, W = 9, 11


def image(kind):
    """[C,H,W] bytes by a formula, which images.ts has too."""
    channels = 1 if kind == "gray" else 3
    i = torch.arange(H * W * channels)
    values = {
        "rgb": (i * 37 + i // 5 * 101 + i % 7 * 53) % 256,
        "gray": (i * 91 + i // 4 * 67) % 256,
        "dark": 20 + (i * 29 + i // 3 * 11) % 61,
        "flat": torch.full_like(i, 130) + i % 3,
        "few": (i % 4) * 60 + i % 3,
    }[kind]
    return values.to(torch.uint8).reshape(H, W, channels).permute(2, 0, 1)


cases = []


def case(name, kind, made, **arguments):
    pixels = made.permute(1, 2, 0).contiguous()
    cases.append({"name": name, "image": kind, "arguments": arguments, "shape": list(pixels.shape), "expected": base64.b64encode(pixels.numpy().tobytes()).decode()})


for kind in ("rgb", "gray", "dark", "flat", "few"):
    x = image(kind)
    for amount in (0, 0.5, 1.25, 3):
        case("brightness", kind, F.adjust_brightness(x, amount), amount=amount)
        case("contrast", kind, F.adjust_contrast(x, amount), amount=amount)
        case("saturation", kind, F.adjust_saturation(x, amount), amount=amount)
        case("sharpness", kind, F.adjust_sharpness(x, amount), amount=amount)
    for amount in (-0.5, -0.2, 0.0, 0.1, 0.45):
        case("hue", kind, F.adjust_hue(x, amount), amount=amount)
    case("grayscale", kind, F.rgb_to_grayscale(x, x.shape[0]))
    case("invert", kind, F.invert(x))
    for bits in (1, 3, 8):
        case("posterize", kind, F.posterize(x, bits), amount=bits)
    for threshold in (0, 100, 255):
        case("solarize", kind, F.solarize(x, threshold), amount=threshold)
    case("autocontrast", kind, F.autocontrast(x))
    case("equalize", kind, F.equalize(x))
    for kernel, sigma in ((3, 0.5), (5, 1.2), (7, 3.0)):
        case("blur", kind, F.gaussian_blur(x, [kernel, kernel], [sigma, sigma]), kernel=kernel, sigma=sigma)

moves = [
    dict(angle=0, translate=[0, 0], scale=1, shear=[0, 0]),
    dict(angle=31, translate=[0, 0], scale=1, shear=[0, 0]),
    dict(angle=-75, translate=[2, -1], scale=1, shear=[0, 0]),
    dict(angle=0, translate=[0, 0], scale=1.45, shear=[0, 0]),
    dict(angle=10, translate=[0, 1], scale=0.6, shear=[20, 0]),
    dict(angle=5, translate=[-3, 0], scale=1.1, shear=[-15, 25]),
]
for kind in ("rgb", "gray"):
    for move in moves:
        for interpolation in ("nearest", "bilinear"):
            # Of a fill, torchvision's bilinear interpolation takes a share of the share at the border: 0 alone is right.
            fill = 77 if interpolation == "nearest" else 0
            made = F.affine(image(kind), interpolation=InterpolationMode(interpolation), fill=[fill] if fill else None, **move)
            case("affine", kind, made, interpolation=interpolation, fill=fill, **move)
    for size in ([9, 11], [18, 22], [14, 7], [5, 8]):
        case("resize", kind, F.resize(image(kind), size, antialias=False), size=size)

versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
path = pathlib.Path(__file__).with_name("torchvision.json")
path.write_text(json.dumps({"versions": versions, "cases": cases}, indent=0) + "\n")
print(f"{len(cases)} cases")
