"""The work of train_dqgan_cuda and step_kernels_cuda through PyTorch: GANs, Adam's updates, the largest 1 %.

Prints one line a row, numbers as those two report them:
    us a step NUMBER  torch/...    a whole step: batch, both gradients, update; one worker, nothing compressed
    of_copy   NUMBER  torch/...    the bytes that must move, over the rate of a copy in the same run
    not run   torch/...: REASON
Products are of float32 without TF32, as ours are. A step is taken eagerly, as one CUDA graph, and with the gradients
through torch.compile (and the update, where it is not one kernel already).
"""
import argparse
import csv
import gzip
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import softplus

STEP_SIZE, BETA1, BETA2, EPSILON = 1e-4, 0.5, 0.9, 1e-8


class Adam:
    def __init__(self, weights):
        on_gpu = weights[0].is_cuda
        self.weights = weights
        self.torch = torch.optim.Adam(weights, STEP_SIZE, (BETA1, BETA2), EPSILON, fused=True, capturable=on_gpu)

    def step(self, gradients):
        for w, g in zip(self.weights, gradients):
            w.grad = g
        self.torch.step()

    def compile(self):
        pass


class OptimisticAdam:
    """w <- w - 2 eta r_t + eta r_{t-1}, r the ratio of Adam's corrected moments; the first step is eta r_1.

    Daskalakis, Ilyas, Syrgkanis, Zeng: Training GANs with Optimism. ICLR 2018
    """

    def __init__(self, weights):
        self.weights = weights
        self.mean, self.square, self.before = ([torch.zeros_like(w) for w in weights] for _ in range(3))
        # beta^t is on the device: a graph takes it from there at each replay.
        self.power1, self.power2 = (torch.ones((), device=weights[0].device) for _ in range(2))
        self.started = False

    @torch.no_grad()
    def step(self, gradients):
        self.power1.mul_(BETA1)
        self.power2.mul_(BETA2)
        torch._foreach_lerp_(self.mean, gradients, 1 - BETA1)
        torch._foreach_mul_(self.square, BETA2)
        torch._foreach_addcmul_(self.square, gradients, gradients, 1 - BETA2)
        root = torch._foreach_div(self.square, 1 - self.power2)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, EPSILON)
        ratio = torch._foreach_div(self.mean, 1 - self.power1)
        torch._foreach_div_(ratio, root)
        if not self.started:
            torch._foreach_copy_(self.before, ratio)
            self.started = True
        torch._foreach_add_(self.weights, ratio, alpha=-2 * STEP_SIZE)
        torch._foreach_add_(self.weights, self.before, alpha=STEP_SIZE)
        torch._foreach_copy_(self.before, ratio)

    def compile(self):
        self.step = torch.compile(self.step)


def perceptron(widths, unit):
    layers = [nn.Linear(widths[0], widths[1])]
    for inputs, outputs in zip(widths[1:], widths[2:]):
        layers += [unit, nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


class Gan:
    """saddle's mlp_gan: data in [-1, 1], the non-saturating loss, r1/2 mean |grad_x D(x)|^2 over the real samples."""

    def __init__(self, data, hidden, latent, batch, r1, optimizer):
        self.data, self.latent, self.batch, self.r1 = data, latent, batch, r1
        size = data.shape[1]
        self.generator = nn.Sequential(perceptron([latent, *hidden, size], nn.ReLU()), nn.Tanh()).to(data.device)
        self.discriminator = perceptron([size, *hidden, 1], nn.LeakyReLU(0.2)).to(data.device)
        self.optimizer = optimizer([*self.generator.parameters(), *self.discriminator.parameters()])

    def losses(self, real, latents):
        """What generator and discriminator minimize: softplus(-D) is -log sigmoid(D)."""
        on_real, on_fake = self.discriminator(real), self.discriminator(self.generator(latents))
        of_discriminator = softplus(-on_real).mean() + softplus(on_fake).mean()
        if self.r1 > 0:
            (slope,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
            of_discriminator = of_discriminator + self.r1 / 2 * slope.square().sum(1).mean()
        return softplus(-on_fake).mean(), of_discriminator

    def gradients(self, real, latents):
        of_generator, of_discriminator = self.losses(real, latents)
        return (*torch.autograd.grad(of_generator, list(self.generator.parameters()), retain_graph=True),
                *torch.autograd.grad(of_discriminator, list(self.discriminator.parameters())))

    def step(self):
        device = self.data.device
        real = self.data[torch.randint(len(self.data), (self.batch,), device=device)]
        latents = torch.randn(self.batch, self.latent, device=device)
        self.optimizer.step(self.gradients(real.requires_grad_(self.r1 > 0), latents))

    def compile(self):
        torch._dynamo.reset()
        torch._dynamo.config.trace_autograd_ops = True
        compiled = torch.compile(self.gradients, mode="reduce-overhead", fullgraph=True)

        def gradients(real, latents):
            torch.compiler.cudagraph_mark_step_begin()  # the last step's gradients may be overwritten
            return compiled(real, latents)

        self.gradients = gradients
        self.optimizer.compile()


def captured(step):
    """As one CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def send_largest(gradient, memory, count):
    """Sends the largest in magnitude of gradient + memory; the rest is the new memory."""
    memory += gradient
    indices = memory.abs().topk(count, sorted=False).indices
    values = memory[indices]
    memory[indices] = 0
    return indices, values


def digits():
    path = Path(__file__).parents[2] / "examples/data/digits.csv.gz"
    try:
        with gzip.open(path, "rt") as lines:
            return torch.tensor([[float(v) / 8 - 1 for v in line[:64]] for line in csv.reader(lines)])
    except (OSError, EOFError, ValueError) as reason:
        sys.exit(f"torch_gan.py: {path}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--log2-size", type=int, default=28, help="coordinates of the rows with of_copy (default 28)")
    parser.add_argument("--seconds", type=float, default=0.1, help="of each of a row's five runs (default 0.1)")
    options = parser.parse_args()
    if not 1 <= options.log2_size <= 34 or not options.seconds > 0:
        parser.error("--log2-size lies from 1 to 34, and --seconds is above 0")
    device = options.device
    if device == "cuda" and not torch.cuda.is_available():
        print("skipped: no CUDA device")
        return 77
    torch.manual_seed(0)

    def seconds(f, of=statistics.median):
        """Of a call, from five runs."""
        def run(n):
            start = time.perf_counter()
            for _ in range(n):
                f()
            if device == "cuda":
                torch.cuda.synchronize()
            return (time.perf_counter() - start) / n

        run(3)  # allocates, loads, compiles
        n = max(1, round(options.seconds / run(3)))
        return of([run(n) for _ in range(5)])

    def row(name, number):
        try:
            print(number(), f"torch/{name}", flush=True)
        except Exception as reason:
            print(f"not run   torch/{name}: {' '.join(str(reason).split())[:200]}", flush=True)

    coordinates = 2**options.log2_size
    source = torch.rand(coordinates, device=device) - 0.5
    other = torch.zeros_like(source)
    copy = seconds(lambda: other.copy_(source), min)

    def of_copy(bytes_a_coordinate, f):
        return f"of_copy   {bytes_a_coordinate / 8 * copy / seconds(f):.4f} "

    # Gradient, and the memory both ways; pairs of 4 + 8 bytes, as topk gives them.
    largest = max(1, coordinates // 100)
    row("top-k-1%/memory", lambda: of_copy(12 + 0.01 * 12, lambda: send_largest(source, other, largest)))
    # Gradient; weights and two moments both ways.
    for name, optimizer in ("adam", Adam), ("optimistic-adam", OptimisticAdam):
        one = optimizer([nn.Parameter(other)])
        row(f"update/{name}", lambda: of_copy(28, lambda: one.step([source])))
        del one
    del source, other

    gans = {
        "digits": (digits().to(device), [128, 128], 32, 32),
        "mnist-sized": (torch.rand(4096, 784, device=device) * 2 - 1, [512, 512], 100, 64),
    }

    def us_a_step(how, gan):
        gan.step()
        if how == "compile":
            gan.compile()
        step = captured(gan.step) if how == "graph" else gan.step
        return f"us a step {1e6 * seconds(step):.1f} "

    for how in ("eager", "graph", "compile") if device == "cuda" else ("eager", "compile"):
        for name, shape in gans.items():
            for r1 in 1, 0:
                for rule, optimizer in ("adam", Adam), ("optimistic-adam", OptimisticAdam):
                    row(f"{name}/1-worker{'' if r1 else '/no-r1'}/{rule}/{how}",
                        lambda: us_a_step(how, Gan(*shape, r1, optimizer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
