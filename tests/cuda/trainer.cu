// Whole runs through the trainer: the same bytes on the CPU and on the device, wherever the gradients are taken.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../train/processes.hpp"
#include "saddle/cuda.cuh"
#include "small_device.hpp"
#include "target.cuh"

namespace {

template <class O, class C, class Topology>
void same_bytes(O const& o, C const& c, Topology const& topology) {
  std::vector<players> all{{1, 0}, {130, 600}, {2000, 513}};
  if (small_device()) all = {{1, 0}, {700, 513}};
  for (players const sizes : all)
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
  same_bytes(alternating_sgda{.step_size = 0.1}, qsgd<512, 4>{},
             parameter_server<error_feedback<scaled_sign<512>>>{});
}

TEST_CASE("runs that select across buckets give the same bytes on the device") {
  error_feedback const selects{global_top_k<512>{.fraction = 0.05}};
  same_bytes(optimistic_adam{.step_size = 0.01}, selects, parameter_server<error_feedback<global_top_k<512>>>{});
  same_bytes(adam{.step_size = 0.01}, selects, parameter_server<exact_downlink, adapts::on_average>{});
  same_bytes(adam{.step_size = 0.01}, ef21{global_top_k<512>{.fraction = 0.05}}, parameter_server<>{});
  same_bytes(extragradient{.step_size = 0.1}, selects, gossip{.graph = complete(workers), .consensus_step = 0.2});
}

TEST_CASE("gossip on the device gives the same bytes") {
  same_bytes(sgda{.step_size = 0.1}, scaled_sign<512>{}, gossip{.graph = ring(workers), .consensus_step = 0.2});
  same_bytes(extragradient{.step_size = 0.1}, identity{}, gossip{.graph = one_peer_exponential(workers), .rounds = 2});
}

TEST_CASE("local steps on the device give the same bytes: each kind of step has its graph") {
  // In the 6 steps both kinds of steps come again from their graphs.
  same_bytes(adam{.step_size = 0.01}, error_feedback{qsgd<512, 8>{}}, local_steps{parameter_server<>{}, 2});
  same_bytes(extragradient{.step_size = 0.1}, identity{}, local_steps{gossip{ring(workers)}, 2});
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
  auto const check = [&](auto optimizer, auto compressor, auto topology) {
    auto const make = [&](auto problem, auto const& transport, auto executor) {
      return trainer{problem, optimizer, compressor, topology, transport, executor};
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
  omd const once{.step_size = 0.01};
  check(once, careful{}, parameter_server<careful>{});
  check(once, scaled_sign<512>{}, gossip{.graph = ring(workers), .consensus_step = 0.1});
  // Steps of many parts, each of them a graph.
  check(extragradient{.step_size = 0.01}, identity{}, gossip{.graph = ring(workers), .rounds = 3});
  check(alternating_sgda{.step_size = 0.01}, careful{}, local_steps{parameter_server<>{}, 2});
}
