#!/usr/bin/env python3
"""The generator that torch_dcgan --export wrote, as a module of Python's torch:

    python3 -m pip install torch numpy pillow
    build/examples/torch_dcgan --export gan.pt --samples there.png
    python3 examples/torch_dcgan/show.py gan.pt here.png

here.png shows what there.png does, of the same latents.
"""
import sys

import numpy
import torch
from PIL import Image
from torch import nn


def networks(state):
    """Generator and discriminator with these state dicts. The layers are those of networks.hpp."""
    weights = [t for t in state["generator"].values() if t.dim() == 4]  # of transposed convolutions
    layers = []
    for i, w in enumerate(weights):
        first = i == 0
        layers.append(nn.ConvTranspose2d(w.shape[0], w.shape[1], tuple(w.shape[2:]), stride=1 if first else 2,
                                         padding=0 if first else 1, bias=False))
        layers += [nn.Tanh()] if i == len(weights) - 1 else [nn.BatchNorm2d(w.shape[1]), nn.ReLU()]
    generator = nn.Sequential(*layers)

    weights = [t for t in state["discriminator"].values() if t.dim() == 4]
    layers = []
    for i, w in enumerate(weights):
        last = i == len(weights) - 1
        layers.append(nn.Conv2d(w.shape[1], w.shape[0], tuple(w.shape[2:]), stride=1 if last else 2,
                                padding=0 if last else 1, bias=False))
        if not last:
            layers += [nn.BatchNorm2d(w.shape[0])] * (i > 0) + [nn.LeakyReLU(0.2)]
    discriminator = nn.Sequential(*layers, nn.Flatten())

    generator.load_state_dict(state["generator"])
    discriminator.load_state_dict(state["discriminator"])
    return generator.eval(), discriminator.eval()


def picture(images):
    """Ten rows of ten, as the program draws them."""
    side, gap = max(1, 48 // max(images.shape[2:])), 4
    pixels = numpy.floor(255 * images.clip(0, 1) + 0.5).astype(numpy.uint8).transpose(0, 2, 3, 1)
    pixels = pixels.repeat(side, 1).repeat(side, 2).repeat(3 // pixels.shape[3], 3)
    high, wide = pixels.shape[1] + gap, pixels.shape[2] + gap
    whole = numpy.full((10 * high + gap, 10 * wide + gap, 3), 96, numpy.uint8)
    for i, image in enumerate(pixels):
        y, x = gap + i // 10 * high, gap + i % 10 * wide
        whole[y:y + image.shape[0], x:x + image.shape[1]] = image
    return Image.fromarray(whole)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: show.py FILE.pt PICTURE.png")
    state = torch.load(sys.argv[1], weights_only=True)
    generator, discriminator = networks(state)
    with torch.no_grad():
        images = generator(state["latents"])
        print(f"{len(images)} images of {tuple(images.shape[1:])}, "
              f"the discriminator gives them {discriminator(images)[:, 0].mean().item():.3f} on average")
    picture((images.numpy() + 1) / 2).save(sys.argv[2])
