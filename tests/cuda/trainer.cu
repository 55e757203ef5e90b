#include <doctest/doctest.h>
#include <thrust/reduce.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../train/processes.hpp"
#include "saddle/cuda.cuh"

// Whole runs through the trainer: the same bytes on the CPU and on the device, wherever the gradients are taken.

using namespace saddle;

namespace {

constexpr int workers = 3, steps = 6;

/// The gradient of |x - c_m|^2 / 2 - |y - c_m|^2 / 2 with noise that only the sample decides, where the kernels are.
struct target {
  using scalar = float;
  players counts;
  float bad_step = -1;  // in this one, a coordinate of worker 1 is not finite

  players sizes() const { return counts; }
  std::vector<tensor> tensors(player who) const {  // the second begins where no quad does
    std::int64_t const n = counts.of(static_cast<int>(who)), first = std::min<std::int64_t>(n, 515);
    return {{first, 1}, {n - first, 1}};
  }
  void initial(std::uint64_t, point<float> w) const {
    std::ranges::fill(w.min, 1.0f);
    std::ranges::fill(w.max, -1.0f);
  }
  SADDLE_HD static float slope(float w, int i, sample const& s, float bad_step) {
    auto const mixed = static_cast<std::uint32_t>(i + 1) * 2654435761u + static_cast<std::uint32_t>(s.step) * 40503u +
                       static_cast<std::uint32_t>(s.worker) * 977u + static_cast<std::uint32_t>(s.draw) * 31u;
    float const noise = static_cast<float>(mixed >> 16 & 1023u) * 0x1p-12f;
    if (static_cast<float>(s.step) == bad_step && s.worker == 1 && i == 5) return INFINITY;
    return w - static_cast<float>(s.worker) + noise;
  }
};
struct on_the_host : target {
  void gradient(point<float const> at, sample s, point<float> out) const {
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < at.of(p).size(); ++i)
        out.of(p)[i] = slope(at.of(p)[i], static_cast<int>(i), s, bad_step);
  }
};

__global__ void slopes(float const* at, sample const* s, float* out, int n, float bad_step) {
  int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = target::slope(at[i], i, *s, bad_step);
}
struct on_the_device : target {
  void gradient(point<float const> at, sample const* s, point<float> out, cudaStream_t stream) const {
    for (int p = 0; p < 2; ++p) {
      int const n = static_cast<int>(at.of(p).size());
      if (n > 0) slopes<<<(n + 127) / 128, 128, 0, stream>>>(at.of(p).data(), s, out.of(p).data(), n, bad_step);
    }
    check(cudaGetLastError());
  }
};
static_assert(problem<on_the_host> && !device_problem<on_the_host> && device_problem<on_the_device>);

/// The same, into memory of its own.
struct buffered : on_the_device {
  std::vector<device_vector<float>>* buffers;  // two a worker
  point<float> gradient_buffers(int worker) const {
    auto const span_of = [&](int p) {
      device_vector<float>& b = (*buffers)[static_cast<std::size_t>(2 * worker + p)];
      return std::span<float>(pointer_to(b), static_cast<std::size_t>(counts.of(p)));
    };
    return {span_of(0), span_of(1)};
  }
};

struct outcome {
  std::uint64_t digest;
  std::int64_t skipped, bytes, not_finite_step;
  friend bool operator==(outcome const&, outcome const&) = default;
};
template <class Trainer>
outcome outcome_of(Trainer& t) {
  t.run(steps);
  saddle::report const r = t.report();
  return {t.digest(), r.skipped_steps, r.uplink.total + r.downlink.total, r.non_finite ? r.non_finite->step : 0};
}

template <class O, class C, class Topology>
void same_bytes(O const& o, C const& c, Topology const& topology) {
  for (players const sizes : {players{1, 0}, players{130, 600}, players{2000, 513}})
    for (auto const& [bad, how] : {std::pair{-1.0f, grouping::whole_model}, std::pair{3.0f, grouping::whole_model},
                                  std::pair{-1.0f, grouping::per_tensor}}) {
      CAPTURE(O::name());
      CAPTURE(wire_compressor<C>::name());
      CAPTURE(sizes.min);
      CAPTURE(bad);
      CAPTURE(static_cast<int>(how));
      settings const s{.average = averaging::uniform, .min_box = {.lo = -2, .hi = 2}, .grouping = how};
      trainer here{on_the_host{{sizes, bad}}, o, c, topology, loopback{workers}, cpu{.threads = 2}, s};
      trainer visited{on_the_host{{sizes, bad}}, o, c, topology, loopback{workers}, saddle::cuda{}, s};
      trainer there{on_the_device{{sizes, bad}}, o, c, topology, loopback{workers}, saddle::cuda{}, s};
      outcome const expected = outcome_of(here);
      CHECK(outcome_of(visited) == expected);
      CHECK(outcome_of(there) == expected);  // from a graph after the first step
      CHECK(std::ranges::equal(there.averaged_weights(0).min, here.averaged_weights(0).min));
    }
}

}  // namespace

TEST_CASE("a server's runs on the device give the same bytes") {
  same_bytes(omd{.step_size = 0.1}, error_feedback{qsgd<512, 8>{}}, parameter_server<>{});
  same_bytes(extra_adam{.step_size = 0.01}, error_feedback{top_k<512, 8>{}}, parameter_server<>{});
  same_bytes(alternating_sgda{.step_size = 0.1}, qsgd<512, 4>{},
             parameter_server<error_feedback<scaled_sign<512>>>{});
  same_bytes(optimistic_adam{.step_size = 0.01}, error_feedback{global_top_k<512>{.fraction = 0.05}},
             parameter_server<error_feedback<global_top_k<512>>>{});
}

TEST_CASE("a server's runs on the average give the same bytes on the device") {
  using on_average = parameter_server<exact_downlink, adapts::on_average>;
  same_bytes(adam{.step_size = 0.01}, error_feedback{global_top_k<512>{.fraction = 0.05}}, on_average{});
  same_bytes(averaged_omd{.step_size = 0.1}, error_feedback{qsgd<512, 8>{}}, on_average{});
}

TEST_CASE("a server's sums of differences give the same bytes on the device") {
  same_bytes(averaged_omd{.step_size = 0.1}, ef21{qsgd<512, 8>{}}, parameter_server<>{});
  same_bytes(adam{.step_size = 0.01}, ef21{global_top_k<512>{.fraction = 0.05}}, parameter_server<>{});
}

TEST_CASE("gossip on the device gives the same bytes") {
  same_bytes(omd{.step_size = 0.1}, identity{}, gossip{.graph = one_peer_exponential(workers), .rounds = 2});
  same_bytes(sgda{.step_size = 0.1}, scaled_sign<512>{}, gossip{.graph = ring(workers), .consensus_step = 0.2});
  same_bytes(extragradient{.step_size = 0.1}, error_feedback{global_top_k<512>{.fraction = 0.05}},
             gossip{.graph = complete(workers), .consensus_step = 0.2});
  same_bytes(optimistic_adam{.step_size = 0.01}, identity{},
             accelerated_gossip{.graph = path(workers), .rounds = 3, .spectral_gap = 0.3});
}

TEST_CASE("local steps on the device give the same bytes: each kind of step has its graph") {
  // In the 6 steps both kinds of steps come again from their graphs.
  same_bytes(adam{.step_size = 0.01}, error_feedback{qsgd<512, 8>{}}, local_steps{parameter_server<>{}, 2});
  same_bytes(extragradient{.step_size = 0.1}, identity{}, local_steps{gossip{ring(workers)}, 2});
}

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

TEST_CASE("a run on the device can be saved, and continued on the CPU") {
  std::string const file = "cuda_trainer_test.saddle";
  auto const make = [](auto problem, auto executor) {
    return trainer{problem, optimistic_adam{.step_size = 0.01}, error_feedback{qsgd<512, 4, rounding::nearest>{}},
                   parameter_server<>{}, loopback{workers}, executor};
  };
  players const sizes{700, 300};
  auto whole = make(on_the_host{{sizes}}, cpu{});
  whole.run(2 * steps);
  auto first = make(on_the_device{{sizes}}, saddle::cuda{});
  first.run(steps);
  first.save(file);
  auto second = make(on_the_host{{sizes}}, cpu{});
  second.load(file);
  second.run(steps);
  CHECK(second.digest() == whole.digest());
  auto third = make(on_the_device{{sizes}}, saddle::cuda{});
  third.load(file);
  third.run(steps);
  CHECK(third.digest() == whole.digest());
  std::remove(file.c_str());
}

TEST_CASE("processes that share the device, or have none, end where one process ends") {
  players const sizes{700, 300};
  auto const check = [&](auto compressor, auto topology) {
    auto const make = [&](auto problem, auto const& transport, auto executor) {
      return trainer{problem, omd{.step_size = 0.01}, compressor, topology, transport, executor};
    };
    auto one = make(on_the_host{{sizes}}, loopback{workers}, cpu{});
    one.run(steps);
    test::fleet_of_processes<trainer<float>> several(workers, 3, [&](test::process const& p) {
      return p.rank == 1 ? make(on_the_host{{sizes}}, p, cpu{}) : make(on_the_device{{sizes}}, p, saddle::cuda{});
    });
    several.run(steps);
    several.each([&](int r) {
      std::uint64_t const digest = several[r].digest();
      std::lock_guard const lock(several.wires().mutex);
      CHECK(digest == one.digest());
    });
  };
  using careful = error_feedback<qsgd<512, 4, rounding::nearest>>;
  check(careful{}, parameter_server<careful>{});
  check(scaled_sign<512>{}, gossip{.graph = ring(workers), .consensus_step = 0.1});
}
