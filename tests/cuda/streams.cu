// Trainers on the device beside each other: streams, threads, devices, buffers that move, and errors.
#include <doctest/doctest.h>
#include <thrust/reduce.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "saddle/cuda.cuh"
#include "target.cuh"

namespace {

/// A run that is small, and what it comes to.
template <class P, class Executor>
auto small_run(P problem, Executor const& how) {
  error_feedback const sends{qsgd<512, 8>{}};
  return trainer{problem, omd{.step_size = 0.1}, sends, parameter_server<>{}, loopback{workers}, how};
}
players const small_sizes{130, 60};
std::uint64_t digest_of_small_run(int n) {
  auto t = small_run(on_the_host{{small_sizes}}, cpu{});
  t.run(n);
  return t.digest();
}

__global__ void fail() { __trap(); }

}  // namespace

TEST_CASE("gradients are used where a problem of the device has them") {
  players const sizes{130, 601};
  std::vector<device_vector<float>> buffers;
  for (int b = 0; b < 2 * workers; ++b) buffers.emplace_back(601, 0.0f);
  auto const make = [](auto problem, auto executor) {
    return trainer{problem,              omd{.step_size = 0.1}, error_feedback{qsgd<512, 8>{}},
                   parameter_server<>{}, loopback{workers},     executor};
  };
  auto here = make(on_the_host{{sizes}}, cpu{});
  auto there = make(buffered{{{sizes}}, &buffers}, saddle::cuda{});
  outcome const expected = outcome_of(here);
  CHECK(outcome_of(there) == expected);
  CHECK(thrust::reduce(buffers[3].begin(), buffers[3].end()) != 0);

  struct visited : on_the_host {
    std::vector<std::vector<float>>* buffers;  // two a worker, of the host
    point<float> gradient_buffers(int worker) const {
      auto const m = static_cast<std::size_t>(2 * worker);
      return {(*buffers)[m], (*buffers)[m + 1]};
    }
    void gradient(point<float const> at, sample s, point<float> out) const {
      CHECK(out.min.data() == (*buffers)[static_cast<std::size_t>(2 * s.worker)].data());
      on_the_host::gradient(at, s, out);
    }
  };
  std::vector<std::vector<float>> own;
  for (int m = 0; m < workers; ++m) own.emplace_back(130), own.emplace_back(601);
  auto host_buffers = make(visited{{{sizes}}, &own}, saddle::cuda{});
  CHECK(outcome_of(host_buffers) == expected);
}

TEST_CASE("gradient buffers of the device that move are followed, also by graphs, and across buckets") {
  players const sizes{130, 601};
  std::vector<device_vector<float>> buffers, others;
  for (int b = 0; b < 2 * workers; ++b) buffers.emplace_back(601, 0.0f), others.emplace_back(601, 0.0f);
  auto const make = [](auto problem, auto executor) {
    return trainer{problem,
                   extragradient{.step_size = 0.1},
                   error_feedback{global_top_k<512>{.fraction = 0.2}},
                   parameter_server<>{},
                   loopback{workers},
                   executor};
  };
  auto here = make(on_the_host{{sizes}}, cpu{});
  here.run(12);
  auto there = make(buffered{{{sizes}}, &buffers}, saddle::cuda{});
  there.run(4);
  cuda_check(cudaDeviceSynchronize());  // nobody writes into the old ones any more
  std::swap(buffers, others);
  others.clear();
  there.run(4);
  cuda_check(cudaDeviceSynchronize());
  device_vector<float> moved(601, 0.0f);
  std::swap(buffers[3], moved);  // one player's of one worker
  there.run(4);
  CHECK(there.digest() == here.digest());
}

TEST_CASE("a trainer is made, run and ended while another one's step is recorded") {
  std::uint64_t const expected = digest_of_small_run(steps);
  auto const other = [&] {
    std::thread([&] {
      auto t = small_run(on_the_device{{small_sizes}}, saddle::cuda{});
      t.run(steps);
      std::uint64_t const digest = t.digest();
      CHECK(digest == expected);
    }).join();
  };
  int recorded = 0;
  auto one = small_run(watched{{{small_sizes}},
                               [&](int time) {
                                 if (time == 1 || time == workers + 2) other(), ++recorded;
                               }},
                       saddle::cuda{});
  one.run(steps);
  CHECK(recorded == 2);
  CHECK(one.digest() == expected);
}

TEST_CASE("trainers that take turns on one thread do not disturb each other") {
  std::uint64_t const expected = digest_of_small_run(steps);
  auto one = small_run(on_the_device{{small_sizes}}, saddle::cuda{});
  auto two = small_run(on_the_device{{small_sizes}}, saddle::cuda{});
  auto three = small_run(on_the_host{{small_sizes}}, saddle::cuda{});
  for (int step = 0; step < steps; ++step) {
    one.step();
    two.step();
    three.step();
    if (step == 2) CHECK(two.digest() == digest_of_small_run(3));
  }
  CHECK(one.digest() == expected);
  CHECK(two.digest() == expected);
  CHECK(three.digest() == expected);
}

TEST_CASE("a trainer is stepped by one thread, and read and stepped on by others") {
  auto t = small_run(on_the_device{{small_sizes}}, saddle::cuda{});
  for (int n = 1; n <= steps; ++n) {
    std::thread([&] { t.step(); }).join();
    std::uint64_t digest = 0;
    std::thread([&] { digest = t.digest(); }).join();
    CHECK(digest == digest_of_small_run(n));
  }
}

TEST_CASE("a given stream is used; the legacy default stream only without graphs") {
  std::uint64_t const expected = digest_of_small_run(steps);
  for (unsigned const flags : {cudaStreamDefault, cudaStreamNonBlocking}) {
    cudaStream_t stream;
    cuda_check(cudaStreamCreateWithFlags(&stream, flags));
    {
      auto t = small_run(on_the_device{{small_sizes}}, saddle::cuda{.stream = stream});
      t.run(steps);
      CHECK(t.digest() == expected);
    }
    cuda_check(cudaStreamSynchronize(stream));  // it is still there
    cuda_check(cudaStreamDestroy(stream));
  }
  auto per_thread = small_run(on_the_device{{small_sizes}}, saddle::cuda{.stream = cudaStreamPerThread});
  per_thread.run(steps);
  CHECK(per_thread.digest() == expected);

  for (cudaStream_t const legacy : {cudaStream_t{nullptr}, cudaStreamLegacy}) {
    CHECK_THROWS_WITH_AS(small_run(on_the_device{{small_sizes}}, saddle::cuda{.stream = legacy}),
                         doctest::Contains("no graph can be made of the legacy default stream"),
                         std::invalid_argument);
    auto t = small_run(on_the_device{{small_sizes}}, saddle::cuda{.stream = legacy, .graphs = false});
    t.run(steps);
    CHECK(t.digest() == expected);
  }
}

TEST_CASE("a gradient of the device that throws, also while it is recorded, leaves a trainer that can be loaded") {
  std::string const file = "cuda_trainer_test_failed.saddle";
  std::uint64_t const expected = digest_of_small_run(steps);
  for (int const bad : {2, workers + 2, 2 * workers}) {  // times: in step 1, and in step 2, which is recorded
    CAPTURE(bad);
    bool armed = true;
    auto t = small_run(watched{{{small_sizes}},
                               [&](int time) {
                                 if (time == bad && std::exchange(armed, false)) throw std::runtime_error("no data");
                               }},
                       saddle::cuda{});
    t.save(file);
    CHECK_THROWS_WITH_AS(t.run(steps), "no data", std::runtime_error);
    CHECK(t.report().step == (bad - 1) / workers);
    CHECK_THROWS_AS(t.step(), std::invalid_argument);
    t.load(file);
    t.run(steps);
    CHECK(t.digest() == expected);
  }
  std::remove(file.c_str());
}

TEST_CASE("a trainer stays on the device where it was made") {
  int devices = 0;
  cuda_check(cudaGetDeviceCount(&devices));
  if (devices < 2) {
    MESSAGE("not tested: there is one device");
    return;
  }
  std::uint64_t const expected = digest_of_small_run(steps);
  auto const make_on = [&](int device, auto problem) {
    device_guard const there(device);
    return std::optional(small_run(std::move(problem), saddle::cuda{}));
  };
  auto one = make_on(1, on_the_device{{small_sizes}});
  auto zero = make_on(0, on_the_device{{small_sizes}});
  auto visited = make_on(1, on_the_host{{small_sizes}});
  for (int step = 0; step < steps; ++step) {
    cuda_check(cudaSetDevice(step % 2));
    one->step();
    zero->step();
    visited->step();
    int current = -1;
    cuda_check(cudaGetDevice(&current));
    CHECK(current == step % 2);
  }
  cuda_check(cudaSetDevice(0));
  CHECK(one->digest() == expected);
  CHECK(zero->digest() == expected);
  CHECK(visited->digest() == expected);
  one.reset();
  zero->step();
  CHECK(zero->digest() == digest_of_small_run(steps + 1));
}

// The device is of no use to this process afterwards: run alone, by name, with --no-skip.
TEST_CASE("after a kernel has failed calls throw, and what is left ends in peace" * doctest::skip()) {
  auto const make = [](auto problem) { return std::optional(small_run(std::move(problem), saddle::cuda{})); };
  auto one = make(on_the_device{{small_sizes}}), two = make(on_the_device{{small_sizes}});
  auto visited = make(on_the_host{{small_sizes}});
  one->run(3);
  visited->run(1);
  saddle::cuda::engine engine{saddle::cuda{}};
  auto array = engine.allocate<float>(100);
  fail<<<1, 1>>>();
  CHECK_THROWS_AS(cuda_check(cudaDeviceSynchronize()), cuda_error);
  CHECK_THROWS_AS(one->run(3), cuda_error);
  CHECK_THROWS_AS(two->report(), cuda_error);
  CHECK_THROWS_AS(visited->run(1), cuda_error);
  CHECK_THROWS_AS(small_run(on_the_device{{small_sizes}}, saddle::cuda{}), cuda_error);
  one.reset();
  two.reset();
  visited.reset();
}
