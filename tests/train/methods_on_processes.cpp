// Methods with several exchanged vectors, dense rounds and scalars: on several processes what they are on one.
#include "saddle/run/exchange_slot.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>

#include "../heterogeneous.hpp"
#include "processes.hpp"
#include "saddle/saddle.hpp"

namespace methods_on_processes_tests {

using namespace saddle;

namespace {

std::string bytes_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The same bits, bytes and checkpoints on three processes as on one; each continues the other's run.
template <class O, class C, class Tp>
void equals_one_process(O const& o, C const& c, Tp const& topology, int steps = 20) {
  test::heterogeneous_game const noisy(0.3);
  auto const make = [&](auto const& transport) { return trainer<double>{noisy, o, c, topology, transport, cpu{}}; };
  auto const folder = std::filesystem::temp_directory_path() / ("saddle-methods-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  trainer<double> one = make(test::process{std::make_shared<test::network>(), 8});
  one.run(steps);
  one.save((folder / "one").string());
  test::fleet_of_processes<trainer<double>> several(8, 3, make), resumed(8, 3, make);
  several.run(steps);
  several.each([&](int r) { several[r].save((folder / "several").string()); });
  CHECK(bytes_of(folder / "several") == bytes_of(folder / "one"));
  resumed.each([&](int r) { resumed[r].load((folder / "one").string()); });
  one.run(steps);
  several.run(steps);
  resumed.run(steps);
  for (auto* fleet : {&several, &resumed})
    fleet->each([&](int r) {
      std::uint64_t const digest = (*fleet)[r].digest();
      std::lock_guard const lock(fleet->wires().mutex);
      CHECK(digest == one.digest());
      CHECK((*fleet)[r].report().uplink == one.report().uplink);
      CHECK((*fleet)[r].report().downlink == one.report().downlink);
    });
  std::filesystem::remove_all(folder);
}

}  // namespace

TEST_CASE("methods on several processes") {
  gossip const ring8{.graph = ring(8)}, lossy{.graph = ring(8), .consensus_step = 0.2};
  SUBCASE("two vectors in public copies") { equals_one_process(sgda{0.02}, top_k<128, 3>{}, tracked{lossy}); }
  SUBCASE("a second vector at a round's beginning, of workers that are drawn") {
    equals_one_process(variance_reduced{sgda{0.02}}, error_feedback{top_k<128, 3>{}},
                       tracked{local_steps{sampled{parameter_server{}, 4}, 3}});
  }
  SUBCASE("a second vector at a round's end") {
    equals_one_process(recursive{sgda{0.02}, 0.2, 0.5}, identity{}, controlled{local_steps{ring8, 1, 0.3}});
  }
  SUBCASE("a state that goes along, and a round's mean gradient, of workers that are drawn") {
    equals_one_process(momentum<momenta::exchanged>{0.02, 0.5}, identity{},
                       recentred{local_steps{sampled{parameter_server{}, 4}, 3}});
  }
  SUBCASE("players on workers of their own") {
    equals_one_process(omd{0.05}, error_feedback{top_k<128, 3>{}},
                       local_steps{separate_players{parameter_server{}, 3}, 2});
  }
  SUBCASE("duals of edges") { equals_one_process(forward_reflected{0.05}, top_k<128, 3>{}, primal_dual{lossy}); }
  SUBCASE("weights of push-sum") { equals_one_process(omd{0.02}, identity{}, push_sum{equal_shares(path(8))}); }
  SUBCASE("estimates that are averaged, from the mean of several samples") {
    equals_one_process(recursive<sgda, large_batch>{{0.02}, 0.2, 1, 0, {3}}, identity{},
                       averaged_estimates{local_steps{sampled{parameter_server{}, 6}, 3}});
  }
  SUBCASE("dense rounds under a coin") { equals_one_process(masha{0.05}, random_k<128, 1>{}, parameter_server{}); }
  SUBCASE("scalars beside the message") { equals_one_process(adaptive<>{0.1}, identity{}, tracked{ring8}); }
  SUBCASE("scalars beside a server's message") { equals_one_process(adaptive<>{0.1}, identity{}, parameter_server{}); }
  SUBCASE("weights beside the message of a round") {
    equals_one_process(adaptive_extragradient{}, error_feedback{top_k<128, 3>{}}, local_steps{weighted_server<>{}, 3});
  }
  SUBCASE("changes of an average") {
    equals_one_process(adaptive_forward_reflected{}, identity{},
                       parameter_server<exact_downlink, adapts::on_average>{});
  }
  SUBCASE("projections, and the mean of checkpoints, of workers that are drawn") {
    equals_one_process(on_simplex{checkpointed{sgda{0.02}, sgda{0.05}}}, identity{},
                       local_steps{sampled{parameter_server{}, 4}, 3});
  }
  SUBCASE("one player as it is, beside public copies of the other") {
    equals_one_process(on_simplex{sgda{0.02}, constrains::max}, top_k<128, 3>{}, exact_max{lossy});
  }
  SUBCASE("norms of workers") {
    equals_one_process(clip_by_norm{omd{0.05}, 0.5}, error_feedback{top_k<128, 3>{}}, parameter_server{});
  }
  SUBCASE("norms of layers of an average") {
    equals_one_process(layerwise{clip_by_norm{adam{0.05}, 0.5}}, identity{},
                       parameter_server<exact_downlink, adapts::on_average>{});
  }
  SUBCASE("norms of an average, of workers that are drawn") {
    equals_one_process(clip_by_norm{omd{0.05}, 0.5}, error_feedback{top_k<128, 3>{}},
                       sampled{parameter_server<qsgd<128, 8>, adapts::on_average>{}, 4});
  }
}

}  // namespace methods_on_processes_tests
