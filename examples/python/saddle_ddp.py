"""A communication hook for torch's DistributedDataParallel: gradients travel compressed, with error memory.

    state = saddle_ddp.State(net.named_parameters(), "qsgd8")
    ddp.register_comm_hook(state, saddle_ddp.hook)
"""
import torch
import torch.distributed as dist

import saddle


class State:
    """A codec, and so a memory, for each parameter.

    Not for each bucket: DDP groups parameters anew after the first step, and a run that is resumed starts with the
    first grouping again. Either way a memory stays with its parameter, and a resumed run equals an uninterrupted one.

    bytes_sent: by this rank so far; each message goes to all other ranks.
    """

    def __init__(self, named_parameters, compressor, *, error_feedback=True, fraction=None, seed=0, process_group=None):
        self.process_group = process_group
        self.step = 0
        self.bytes_sent = 0
        self.codecs = {}
        self.codec_of = {}
        for i, (name, parameter) in enumerate(named_parameters):
            self.codecs[name] = saddle.Codec(
                compressor, error_feedback=error_feedback, fraction=fraction, seed=seed + i
            )
            self.codec_of[id(parameter)] = self.codecs[name]

    def state_dict(self):
        """For torch.save. Each rank has its own: what it still owes."""
        memories = {name: codec.state_dict() for name, codec in self.codecs.items()}
        for memory in memories.values():
            if memory["memory"] is not None:
                memory["memory"] = torch.from_numpy(memory["memory"])
        return {"step": self.step, "bytes_sent": self.bytes_sent, "memories": memories}

    def load_state_dict(self, state):
        if state["memories"].keys() != self.codecs.keys():
            raise ValueError("load_state_dict: the state is one of other parameters")
        for name, codec in self.codecs.items():
            codec.load_state_dict(state["memories"][name])
        self.step = state["step"]
        self.bytes_sent = state["bytes_sent"]


def hook(state, bucket):
    """Sends the bucket's gradients compressed to all ranks, and averages what comes.

    All ranks add up in the order of ranks, so that all of them hold equal bits.
    """
    rank, ranks = dist.get_rank(state.process_group), dist.get_world_size(state.process_group)
    buffer = bucket.buffer()
    parameters = bucket.parameters()
    codecs = [state.codec_of[id(parameter)] for parameter in parameters]
    gradients = buffer.split([parameter.numel() for parameter in parameters])
    messages = [codec.encode(gradient, step=state.step, worker=rank) for codec, gradient in zip(codecs, gradients)]
    lengths = [len(message) for message in messages]  # every rank's: they follow from the parameters
    mine = torch.frombuffer(bytearray().join(messages), dtype=torch.uint8)
    received = [torch.empty_like(mine) for _ in range(ranks)]
    gathered = dist.all_gather(received, mine, group=state.process_group, async_op=True).get_future()
    state.bytes_sent += (ranks - 1) * mine.numel()
    if bucket.is_last():
        state.step += 1

    def average(done):
        done.wait()  # raises what went wrong
        buffer.zero_()
        for message in received:
            for codec, part, gradient in zip(codecs, message.split(lengths), gradients):
                codec.decode_add(part, gradient, 1 / ranks)
        return buffer

    return gathered.then(average)
