"""Tests of the module `saddle`, and of the hook where there is torch. Run by test.sh."""
import pickle
import tempfile
import threading
import unittest

import numpy as np

import saddle

try:
    import torch
    import torch.distributed as dist
    from torch import nn

    import saddle_ddp
except ModuleNotFoundError as missing:
    if missing.name != "torch":
        raise
    torch = None

needs_torch = unittest.skipIf(torch is None, "there is no torch")
LENGTHS = 0, 1, 3, 129, 512, 1000, 4097


def normals(n, seed=1, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(n).astype(dtype)


def decoded(codec, message, like):
    out = np.full_like(like, 7)
    codec.decode(message, out)
    return out


class EveryCompressor(unittest.TestCase):
    def each(self, check, **options):
        for name in saddle.compressors():
            for dtype in np.float32, np.float64:
                for n in LENGTHS:
                    with self.subTest(compressor=name, dtype=dtype.__name__, n=n):
                        check(saddle.Codec(name, **options), normals(n, dtype=dtype))

    def test_decode_add_adds_what_decode_writes(self):
        def check(codec, v):
            message = codec.encode(v, step=3, worker=1)
            self.assertIsInstance(message, bytes)
            sent = decoded(codec, message, v)
            out = np.ones_like(v)
            codec.decode_add(message, out, 0.5)
            np.testing.assert_allclose(out, 1 + sent / 2, rtol=0, atol=1e-5)
            self.assertIsNone(codec.memory)

        self.each(check)

    def test_what_is_not_sent_stays_in_the_memory(self):
        def check(codec, v):
            owed = np.zeros_like(v)
            for step in range(3):
                whole = v + owed
                sent = decoded(codec, codec.encode(v, step=step), v)
                owed = whole - sent
                np.testing.assert_array_equal(codec.memory, owed)

        self.each(check, error_feedback=True)

    def test_a_loaded_memory_goes_on_to_the_bit(self):
        def check(codec, v):
            codec.encode(v, step=0)
            state = pickle.loads(pickle.dumps(codec.state_dict()))
            other = saddle.Codec(state["compressor"], error_feedback=True)
            other.load_state_dict(state)
            self.assertEqual(other.encode(v, step=1), codec.encode(v, step=1))
            self.assertEqual(other.memory.tobytes(), codec.memory.tobytes())

        self.each(check, error_feedback=True)

    def test_a_message_has_one_length_and_a_damaged_one_is_refused(self):
        def check(codec, v):
            message = codec.encode(v, step=0)
            self.assertEqual(len(message), len(codec.encode(np.zeros_like(v), step=1)))
            out = np.full_like(v, 7)
            flipped = bytearray(message)
            flipped[len(message) // 2] ^= 1
            for wrong in flipped, message[:-1], message + b"x", b"":
                self.assertRaises(saddle.BadMessage, codec.decode, wrong, out)
            self.assertRaises(saddle.BadMessage, codec.decode, message, np.zeros(len(v) + 1, v.dtype))
            self.assertTrue((out == 7).all())

        self.each(check)


class AgainstNumpy(unittest.TestCase):
    def sent(self, name, v, **options):
        codec = saddle.Codec(name, **options)
        return decoded(codec, codec.encode(v, step=0), v)

    def setUp(self):
        self.v = normals(5 * 512)
        self.buckets = self.v.reshape(5, 512)

    def test_identity(self):
        np.testing.assert_array_equal(self.sent("identity", self.v), self.v)

    def test_bfloat_rounds_to_16_bits(self):
        bits = self.v.view(np.uint32)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        np.testing.assert_array_equal(self.sent("bfloat", self.v), rounded.astype(np.uint32).view(np.float32))

    def test_sign_sends_signs_and_the_mean_magnitude(self):
        scale = np.abs(self.buckets).mean(1, keepdims=True)
        np.testing.assert_allclose(self.sent("sign", self.v), (np.sign(self.buckets) * scale).ravel(), rtol=1e-6)

    def test_qsgd_rounds_to_a_neighbouring_level(self):
        for name, bits in ("qsgd8", 8), ("qsgd4", 4), ("ternary", 2):
            unit = np.abs(self.buckets).max(1, keepdims=True) / (2 ** (bits - 1) - 1)
            level = self.sent(name, self.v).reshape(5, 512) / unit
            np.testing.assert_allclose(level, np.round(level), atol=1e-4)
            self.assertLess(np.abs(level - self.buckets / unit).max(), 1.001)

    def test_top_k_sends_the_largest(self):
        smallest = np.sort(np.abs(self.buckets), 1)[:, -8, None]
        largest = self.buckets * (abs(self.buckets) >= smallest)
        np.testing.assert_array_equal(self.sent("top-k", self.v), largest.ravel())
        largest = self.v * (abs(self.v) >= np.sort(abs(self.v))[-128])
        np.testing.assert_array_equal(self.sent("global-top-k", self.v, fraction=0.05), largest)

    def test_random_bits_follow_seed_step_and_worker(self):
        def message(seed=1, step=1, worker=1):
            return saddle.Codec("qsgd4", seed=seed).encode(self.v, step=step, worker=worker)

        self.assertEqual(message(), message())
        self.assertEqual(len({message(), message(seed=2), message(step=2), message(worker=2)}), 4)
        mean = np.zeros_like(self.v)
        codec = saddle.Codec("qsgd4")
        for step in range(2000):
            codec.decode_add(codec.encode(self.v, step=step), mean, 1 / 2000)
        self.assertLess(np.abs(mean - self.v).max(), 0.06)


class Refused(unittest.TestCase):
    def test_arrays(self):
        codec = saddle.Codec("qsgd8", error_feedback=True)
        v = normals(100)
        message = codec.encode(v, step=0)
        frozen = v.copy()
        frozen.setflags(write=False)
        codec.encode(frozen, step=1)
        memory = codec.memory.copy()
        for wrong, sentence in (
            (v[::2], "not contiguous"),
            (v.reshape(10, 10).T, "not contiguous"),
            (v.astype(np.float16), "numbers of format e"),
            (v.astype(np.int64), "numbers of format l"),
            (v.astype(">f4"), "numbers of format >f"),
            ([1.0, 2.0], "list.* is not an array"),
        ):
            self.assertRaisesRegex(ValueError, sentence, codec.encode, wrong, step=2)
            self.assertRaisesRegex(ValueError, sentence, codec.decode, message, wrong)
        self.assertRaises(ValueError, codec.decode, message, frozen)
        self.assertRaisesRegex(ValueError, "the memory has the length of the vector", codec.encode, v[:50], step=2)
        self.assertRaisesRegex(ValueError, "format f, the array d", codec.encode, v.astype(np.float64), step=2)
        v[70] = np.inf
        self.assertRaisesRegex(ValueError, "coordinate 70 is not finite", codec.encode, v, step=2)
        np.testing.assert_array_equal(codec.memory, memory)

    def test_the_first_array_and_a_good_one_follows(self):
        codec = saddle.Codec("qsgd8", error_feedback=True)
        self.assertRaises(ValueError, codec.encode, normals(9, dtype=np.float16), step=0)
        codec.encode(normals(10), step=0)

    def test_options(self):
        self.assertRaisesRegex(ValueError, "no compressor gzip", saddle.Codec, "gzip")
        self.assertRaisesRegex(ValueError, "sign has no fraction", saddle.Codec, "sign", fraction=0.5)
        self.assertRaisesRegex(ValueError, "lies in", saddle.Codec, "global-top-k", fraction=2)
        self.assertRaisesRegex(ValueError, "exchange", saddle.Codec("qsgd8").encode, normals(3), step=2**40)

    def test_messages_of_another_compressor(self):
        message = saddle.Codec("qsgd8").encode(normals(100), step=0)
        with self.assertRaisesRegex(ValueError, "the compressor's name"):
            saddle.Codec("natural").decode(message, normals(100))

    def test_states(self):
        state = saddle.Codec("sign", error_feedback=True).state_dict()
        top_k = saddle.Codec("top-k", error_feedback=True)
        self.assertRaisesRegex(ValueError, "one of sign", top_k.load_state_dict, state)
        state["memory"] = normals(3)
        self.assertRaisesRegex(ValueError, "no error feedback", saddle.Codec("sign").load_state_dict, state)


class Threads(unittest.TestCase):
    def test_one_codec_serves_several(self):
        codec = saddle.Codec("qsgd4")
        v = normals(100_000)
        expected = [codec.encode(v, step=step) for step in range(20)]
        same = []

        def encode():
            same.append(all(codec.encode(v, step=step) == expected[step] for step in range(20)))

        threads = [threading.Thread(target=encode) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(same, [True] * 4)


@needs_torch
class Tensors(unittest.TestCase):
    def test_are_used_in_place(self):
        v = torch.from_numpy(normals(1000)).reshape(10, 100).requires_grad_()
        codec = saddle.Codec("qsgd8", error_feedback=True)
        message = codec.encode(v, step=0)
        self.assertEqual(message, saddle.Codec("qsgd8", error_feedback=True).encode(v.detach().numpy(), step=0))
        out = torch.zeros(10, 100)
        codec.decode(torch.frombuffer(bytearray(message), dtype=torch.uint8), out)
        self.assertTrue(torch.equal(torch.from_numpy(codec.memory), (v.detach() - out).flatten()))
        state = codec.state_dict()
        state["memory"] = torch.from_numpy(state["memory"])
        codec.load_state_dict(state)
        self.assertEqual(codec.memory.tobytes(), state["memory"].numpy().tobytes())

    def test_are_refused(self):
        codec = saddle.Codec("qsgd8")
        for wrong in torch.zeros(9, 10).t(), torch.zeros(10, dtype=torch.float16), torch.zeros(10, dtype=torch.int64):
            self.assertRaises(ValueError, codec.encode, wrong, step=0)


def training(compressor):
    """A net in DDP with several buckets, its optimizer and the hook's state."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(64, 300), nn.Tanh(), nn.Linear(300, 300), nn.Tanh(), nn.Linear(300, 10))
    ddp = nn.parallel.DistributedDataParallel(net, bucket_cap_mb=0.1)
    state = saddle_ddp.State(net.named_parameters(), compressor, seed=5)
    ddp.register_comm_hook(state, saddle_ddp.hook)
    return ddp, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9), state


def train(ddp, optimizer, steps):
    for step in steps:
        generator = torch.Generator().manual_seed(100 * step + dist.get_rank())
        x = torch.randn(16, 64, generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(ddp(x), x[:, :10].argmax(1)).backward()
        optimizer.step()


def weights(ddp):
    return nn.utils.parameters_to_vector(ddp.parameters()).detach()


def rank_of_two(rank, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    for compressor in "identity", "qsgd8", "qsgd4", "sign", "random-k", "global-top-k":
        ddp, optimizer, state = training(compressor)
        train(ddp, optimizer, range(4))
        torch.save([ddp.state_dict(), optimizer.state_dict(), state.state_dict()], f"{folder}/{rank}")
        train(ddp, optimizer, range(4, 8))

        of_ranks = [torch.empty_like(weights(ddp)) for _ in range(2)]
        dist.all_gather(of_ranks, weights(ddp))
        assert torch.equal(*of_ranks), f"{compressor}: the ranks have different weights"

        resumed, its_optimizer, its_state = training(compressor)
        for part, saved in zip((resumed, its_optimizer, its_state), torch.load(f"{folder}/{rank}")):
            part.load_state_dict(saved)
        train(resumed, its_optimizer, range(4, 8))
        assert torch.equal(weights(resumed), weights(ddp)), f"{compressor}: a resumed run goes another way"
        assert its_state.bytes_sent == state.bytes_sent and its_state.step == 8

        if compressor == "identity":  # two addends: their sum is the same in any order
            exact, its_optimizer, _ = training(compressor)
            exact = nn.parallel.DistributedDataParallel(exact.module)
            train(exact, its_optimizer, range(8))
            assert torch.equal(weights(exact), weights(ddp)), "identity differs from an all-reduce"
    dist.destroy_process_group()


@needs_torch
class Hook(unittest.TestCase):
    def test_ranks_stay_equal_and_a_resumed_run_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(rank_of_two, (folder,), nprocs=2)


if __name__ == "__main__":
    if torch is None:
        print("skipped: tensors and the hook, there is no torch")
    unittest.main()
