// Methods whose steps are of several kinds, with several exchanged vectors or scalars: on the device, where each kind is
// recorded once, the bytes of the CPU.
#include <doctest/doctest.h>

#include "saddle/cuda.cuh"
#include "saddle/saddle.hpp"
#include "target.cuh"

namespace {

struct in_full_on_the_host : on_the_host {
  static constexpr bool has_full_batches = true;
};
struct in_full_on_the_device : on_the_device {
  static constexpr bool has_full_batches = true;
};

static_assert(in_full_on_the_host::has_full_batches && in_full_on_the_device::has_full_batches);

template <class O, class C, class Topology>
void same_bytes(O const& o, C const& c, Topology const& topology) {
  players const sizes{130, 600};
  trainer here{in_full_on_the_host{{{sizes}}}, o, c, topology, loopback{workers}, cpu{.threads = 2}};
  trainer there{in_full_on_the_device{{{sizes}}}, o, c, topology, loopback{workers}, saddle::cuda{}};
  CAPTURE(O::name());
  for (int k = 0; k < 3; ++k) {
    outcome const expected = outcome_of(here);
    CHECK(outcome_of(there) == expected);
  }
}

}  // namespace

TEST_CASE("methods give the same bytes on the device") {
  same_bytes(sgda{0.02}, top_k<128, 3>{}, tracked{gossip{.graph = complete(workers), .consensus_step = 0.2}});
  same_bytes(masha{0.05, 0.6}, error_feedback{top_k<128, 3>{}}, parameter_server{});
  same_bytes(recursive{proximal{adamw{0.02}, 0.1}, 0.3, 0.5}, identity{},
             controlled{local_steps{sampled{parameter_server{}, 2}, 1, 0.3}});
  same_bytes(adaptive<>{0.1}, identity{}, tracked{local_steps{parameter_server{}, 2}});
  same_bytes(clip_by_norm{clip_by_value{extragradient{0.1}, 0.4}, 0.7}, top_k<128, 3>{},
             gossip{.graph = complete(workers), .consensus_step = 0.2});
  same_bytes(clip_by_norm{adamw{0.02}, 0.7}, identity{}, parameter_server<exact_downlink, adapts::on_average>{});
  same_bytes(adaptive_extragradient{}, error_feedback{top_k<128, 3>{}}, local_steps{weighted_server<>{}, 2});
  same_bytes(layerwise{adamw{0.02}}, identity{}, parameter_server<exact_downlink, adapts::on_average>{});
  same_bytes(on_simplex{sgda{0.02}}, identity{}, local_steps{sampled{parameter_server{}, 2}, 2});
  same_bytes(forward_reflected{0.02}, top_k<128, 3>{},
             primal_dual{gossip{.graph = complete(workers), .consensus_step = 0.2}});
  same_bytes(sgda{0.02}, error_feedback{top_k<128, 3>{}}, local_steps{separate_players{parameter_server{}}, 2});
  same_bytes(sgda{0.02}, identity{}, push_sum{equal_shares(directed_ring(workers))});
  same_bytes(omd_adam{0.02}, error_feedback{top_k<128, 3>{}}, parameter_server<exact_downlink, adapts::on_average>{});
}
