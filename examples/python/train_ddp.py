"""Trains a perceptron on processes that talk through gloo, with one communication hook after the other.

    python train_ddp.py --hook none fp16 powersgd-1 qsgd8 sign --mbit 100 --seeds 3

on two processes of this machine, or on those that torchrun starts.

Prints a table: bytes that a rank sends a step, test accuracy, seconds. The digits are MNIST where SADDLE_MNIST, or
shared/data/mnist beside the project, has it, and otherwise the 1797 of examples/data.

--mbit N limits each rank's link by a token bucket without burst, in this process and the same for all hooks: a
collective ends no sooner than the bytes that a rank sends for it are paid for. The link carries as many the other way
at the same time. An all-reduce sends 2 (n - 1) / n of its bytes on n ranks, an all-gather n - 1 times its bytes.
"""
import argparse
import gzip
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks, powerSGD_hook
from torch.nn.parallel import DistributedDataParallel

import saddle
import saddle_ddp

PROJECT = Path(__file__).resolve().parents[2]


def digits():
    """Training images and labels, test images and labels, and their name."""
    mnist = Path(os.environ.get("SADDLE_MNIST", PROJECT.parent / "shared/data/mnist"))
    if mnist.is_dir():
        def read(name, header):
            with gzip.open(mnist / name) as file:
                return numpy.frombuffer(file.read(), numpy.uint8, offset=header)

        sets = []
        for part in "train", "t10k":
            images = read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28 * 28).astype(numpy.float32) / 255
            sets += [torch.from_numpy(images), torch.from_numpy(read(f"{part}-labels-idx1-ubyte.gz", 8).astype(int))]
        return *sets, "MNIST"
    table = torch.from_numpy(numpy.loadtxt(PROJECT / "examples/data/digits.csv.gz", numpy.float32, delimiter=","))
    images, labels = table[:, :-1] / 16, table[:, -1].long()
    return images[:1500], labels[:1500], images[1500:], labels[1500:], "1797 digits"


class Link:
    """What leaves this rank: its bytes, and when the last of them has left."""

    def __init__(self, mbit):
        self.seconds_a_byte = 8e-6 / mbit if mbit else 0
        self.bytes = 0
        self.idle_from = 0

    def carry(self, collective, share):
        """The collective of torch.distributed with its last tensor's bytes, `share` of them, on this link."""
        def call(*tensors, **options):
            size = round(share * tensors[-1].nbytes)
            self.bytes += size
            self.idle_from = max(self.idle_from, time.perf_counter()) + size * self.seconds_a_byte
            return Carried(collective(*tensors, **options), self.idle_from)

        return call


class Carried:
    """An asynchronous collective that ends no sooner than `due`."""

    def __init__(self, work, due):
        self.work = work
        self.due = due

    def get_future(self):
        def pay(done):
            time.sleep(max(0, self.due - time.perf_counter()))
            return done.value()

        return self.work.get_future().then(pay)


def hook_named(name, net, seed):
    """A hook with its state."""
    if name == "none":
        return None, default_hooks.allreduce_hook
    if name == "fp16":
        return None, default_hooks.fp16_compress_hook
    if name.startswith("powersgd-"):
        rank = int(name.removeprefix("powersgd-"))
        # Its memory may begin with the third step and no sooner: DDP groups parameters anew after the first.
        state = powerSGD_hook.PowerSGDState(None, rank, start_powerSGD_iter=2, random_seed=seed)
        return state, powerSGD_hook.powerSGD_hook
    return saddle_ddp.State(net.named_parameters(), name, seed=seed), saddle_ddp.hook


def train(name, seed, data, link, options):
    """Test accuracy in per cent, seconds of training, steps."""
    images, labels, test_images, test_labels, _ = data
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(images.shape[1], 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    ddp = DistributedDataParallel(net)
    ddp.register_comm_hook(*hook_named(name, net, seed))
    optimizer = torch.optim.SGD(net.parameters(), lr=options.step_size, momentum=0.9)
    steps = 0
    link.bytes = 0
    dist.barrier()
    begin = time.perf_counter()
    for _ in range(options.epochs):
        order = torch.randperm(len(labels))[: len(labels) // (ranks * options.batch) * ranks * options.batch]
        for batch in order[rank::ranks].split(options.batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(ddp(images[batch]), labels[batch]).backward()
            optimizer.step()
            steps += 1
    seconds = time.perf_counter() - begin
    with torch.no_grad():
        right = net(test_images).argmax(1) == test_labels
    return 100 * right.float().mean().item(), seconds, steps


def compare(rank, ranks, rendezvous, options):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=ranks)
    link = Link(options.mbit)
    dist.all_reduce = link.carry(dist.all_reduce, 2 * (ranks - 1) / ranks)
    dist.all_gather = link.carry(dist.all_gather, ranks - 1)
    data = digits()
    say = print if rank == 0 else lambda *_, **__: None
    limit = f"{options.mbit:g} Mbit/s by a token bucket in each process" if options.mbit else "no limit"
    say(f"{data[-1]}, {ranks} ranks, {options.epochs} epochs, seeds 1 to {options.seeds}, links: {limit}\n")
    say("| hook | bytes a step | accuracy, median (worst to best) | seconds, median |\n| --- | --- | --- | --- |")
    for name in options.hook:
        runs = [train(name, seed, data, link, options) for seed in range(1, options.seeds + 1)]
        accuracy, seconds, steps = zip(*runs)
        say(f"| {name} | {link.bytes / steps[-1]:.0f} | {statistics.median(accuracy):.2f} % "
            f"({min(accuracy):.2f} to {max(accuracy):.2f}) | {statistics.median(seconds):.1f} |", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hook", nargs="+", default=["none", "qsgd8"],
                        help=f"none, fp16, powersgd-RANK, {', '.join(saddle.compressors())}")
    parser.add_argument("--mbit", type=float, default=0, help="of each rank's link; 0: no limit")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64, help="of each rank")
    parser.add_argument("--step-size", type=float, default=0.05)
    options = parser.parse_args()
    if "RANK" in os.environ:
        compare(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), "env://", options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(compare, (2, f"file://{folder}/rendezvous", options), nprocs=2)
