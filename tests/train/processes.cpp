// Runs on several processes are the run on one: the same weights, counters and checkpoints to the bit.
#include "saddle/run/messenger.hpp"

#include "processes.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "game.hpp"
#include "product.hpp"

namespace processes_tests {

using namespace saddle;

namespace {

std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

settings const run_settings{.seed = 3, .average = averaging::uniform};
constexpr int workers = 4, steps = 6;

/// On 1 to 4 ranks, a server sharded or on one of them: digests, counters, checkpoints.
template <class O, class C, class Topology>
void equals_one_process(O const& o, C const& c, Topology const& topology) {
  auto const make = [&](auto const& transport) {
    return trainer{test::coupled_game{}, o, c, topology, transport, cpu{}, run_settings};
  };
  auto const folder = std::filesystem::temp_directory_path() / ("saddle-processes-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::string const saved = (folder / "one").string(), theirs = (folder / "several").string();
  trainer<float> one = make(loopback{workers});
  one.run(steps / 2);
  one.save(saved);
  one.run(steps - steps / 2);

  for (int ranks = 1; ranks <= workers; ++ranks)
    for (server_place place : {server_place::sharded, server_place::star}) {
      if (place == server_place::star && !topology_has_server<Topology>) continue;
      CAPTURE(ranks);
      test::fleet_of_processes<trainer<float>> several(workers, ranks, make, place);
      several.run(steps / 2);
      several.each([&](int r) { several[r].save(theirs); });
      CHECK(bytes_of(theirs) == bytes_of(saved));
      several.run(steps - steps / 2);
      std::int64_t sent = 0;
      for (int r = 0; r < ranks; ++r) {
        CHECK(several[r].report().uplink == one.report().uplink);
        CHECK(several[r].report().downlink == one.report().downlink);
        sent += several[r].report().wire_bytes;
      }
      CHECK((sent > 0) == (ranks > 1));
      for (int m = 0; m < workers; ++m)
        for (int p = 0; p < 2; ++p) {
          auto const here = several.host_of(m).weights(m).of(p), there = one.weights(m).of(p);
          CHECK(std::equal(here.begin(), here.end(), there.begin(), there.end()));
        }
      several.each([&](int r) {
        std::uint64_t const digest = several[r].digest();
        std::lock_guard const lock(several.wires().mutex);
        CHECK(digest == one.digest());
      });

      test::fleet_of_processes<trainer<float>> resumed(workers, ranks, make, place);
      resumed.each([&](int r) { resumed[r].load(saved); });
      resumed.run(steps - steps / 2);
      resumed.each([&](int r) { resumed[r].save(theirs); });
      one.save((folder / "end").string());
      CHECK(bytes_of(theirs) == bytes_of((folder / "end").string()));
    }
  std::filesystem::remove_all(folder);
}

using coarse = qsgd<128, 4>;
using careful = error_feedback<qsgd<128, 4, rounding::nearest>>;

}  // namespace

TEST_CASE("a server on several processes") {
  SUBCASE("exact") { equals_one_process(omd{0.01}, identity{}, parameter_server<>{}); }
  SUBCASE("bare") { equals_one_process(averaged_extragradient{0.01}, coarse{}, parameter_server<>{}); }
  SUBCASE("DQGAN") { equals_one_process(omd{0.01}, careful{}, parameter_server<>{}); }
  SUBCASE("a player at a time, both ways lossy") {
    equals_one_process(alternating_sgda{{0.01}}, careful{}, parameter_server<careful>{});
  }
  SUBCASE("selected from all") {
    equals_one_process(optimistic_adam{.step_size = 0.01}, error_feedback{global_top_k<128>{0.1}},
                       parameter_server<>{});
  }
  SUBCASE("selected from all, both ways") {
    error_feedback const some{global_top_k<128>{0.1}};
    equals_one_process(alternating_sgda{{0.01}}, some, parameter_server{some});
  }
  SUBCASE("places that are not sent") {
    equals_one_process(omd{0.01}, random_k<128, 16>{}, parameter_server<random_k<128, 16>>{});
  }
  SUBCASE("on the average") {
    equals_one_process(optimistic_adam{.step_size = 0.01}, careful{}, parameter_server<careful, adapts::on_average>{});
  }
  SUBCASE("differences") {
    equals_one_process(omd{0.01}, ef21{qsgd<128, 4, rounding::nearest>{}}, parameter_server<>{});
  }
  SUBCASE("local steps") {
    equals_one_process(adam{.step_size = 0.01}, careful{}, local_steps{parameter_server<careful>{}, 2});
  }
}

TEST_CASE("gossip between several processes") {
  gossip const lossy{.graph = ring(4), .consensus_step = 0.1};
  SUBCASE("DPOSG") { equals_one_process(omd{0.01}, identity{}, gossip{.graph = ring(4), .rounds = 3}); }
  SUBCASE("while the gradient is taken") {
    equals_one_process(extra_adam{.step_size = 0.01}, identity{},
                       gossip{.graph = ring(4), .order = gossip_order::combine_then_adapt});
  }
  SUBCASE("over a graph that changes") {
    equals_one_process(sgda{0.01}, identity{}, gossip{.graph = one_peer_exponential(4), .rounds = 3});
  }
  SUBCASE("public copies") { equals_one_process(omd{0.01}, scaled_sign<128>{}, lossy); }
  SUBCASE("public copies, a player at a time") {
    equals_one_process(alternating_sgda{{0.01}}, top_k<128, 16>{}, lossy);
  }
  SUBCASE("public copies, every other step") {
    equals_one_process(omd{0.01}, natural<128>{}, local_steps{lossy, 2});
  }
  SUBCASE("public copies, every other step, while the gradient is taken, of places that are not sent") {
    gossip late = lossy;
    late.order = gossip_order::combine_then_adapt;
    equals_one_process(omd{0.01}, random_k<128, 16, scaling::plain>{}, local_steps{late, 2});
  }
  SUBCASE("accelerated") {
    equals_one_process(omd{0.01}, identity{},
                       accelerated_gossip{.graph = ring(4), .rounds = 3, .spectral_gap = 2.0 / 3});
  }
  SUBCASE("DeepSqueeze") { equals_one_process(omd{0.01}, careful{}, lossy); }
}

TEST_CASE("what one process meets makes all skip") {
  for (server_place place : {server_place::sharded, server_place::star})
    for (bool lossy_down : {false, true}) {
      auto game = test::smg();
      game.also = [](sample s, test::vector const&, test::vector& g) {
        if (s.step == 3 && s.worker == 2) g[13] = g[17] = std::numeric_limits<double>::quiet_NaN();
      };
      auto const check = [&](auto const& topology) {
        test::fleet_of_processes<trainer<double>> t(
            4, 4, [&](test::process const& p) { return trainer{game, omd{0.05}, careful{}, topology, p, cpu{}}; },
            place);
        t.run(2);
        test::vector const before = test::weights(t[0], 0), owed = test::memory(t[1], 1);
        t.step();
        for (int r = 0; r < 4; ++r) {
          CHECK(test::weights(t[r], r) == before);
          report const told = t[r].report();
          CHECK(told.skipped_steps == 1);
          REQUIRE(told.non_finite.has_value());
          CHECK(told.non_finite->worker == 2);
          CHECK(told.non_finite->player == player::max);
          CHECK(told.non_finite->coordinate == 3);
        }
        CHECK(test::memory(t[1], 1) != owed);
        t.run(3);
        for (int r = 0; r < 4; ++r) CHECK(test::weights(t[r], r) == test::weights(t[0], 0));
        CHECK(test::weights(t[0], 0) != before);
      };
      if (lossy_down) check(parameter_server<careful>{});
      else check(parameter_server<>{});
    }
}

TEST_CASE("processes that do not run the same refuse to begin") {
  auto const different = [&](test::process const& p) {
    return trainer{test::coupled_game{}, omd{0.01}, careful{}, parameter_server<>{}, p, cpu{},
                   settings{.seed = p.rank == 1 ? 2u : 1u}};
  };
  CHECK_THROWS_WITH_AS(test::fleet_of_processes<trainer<float>>(3, 3, different),
                       doctest::Contains("trainer: the processes run different things; rank 0 has"),
                       std::invalid_argument);
}

TEST_CASE("processes that begin with different weights refuse to begin") {
  struct own_beginning : test::coupled_game {
    int rank;
    void initial(std::uint64_t seed, point<float> w) const {
      test::coupled_game::initial(seed, w);
      if (rank == 1) w.max.back() += 1;
    }
  };
  auto const different = [&](test::process const& p) {
    return trainer{own_beginning{{}, p.rank}, omd{0.01}, careful{}, parameter_server<>{}, p, cpu{}};
  };
  CHECK_THROWS_WITH_AS(test::fleet_of_processes<trainer<float>>(3, 3, different),
                       doctest::Contains("trainer: the processes begin with different weights"),
                       std::invalid_argument);
}

TEST_CASE("a message that was damaged on its way is refused") {
  auto const make = [&](test::process const& p) {
    return trainer{test::coupled_game{}, omd{0.01}, careful{}, parameter_server<>{}, p, cpu{}};
  };
  for (std::size_t size : {sizeof(message_header), std::size_t{0}}) {
    test::fleet_of_processes<trainer<float>> t(2, 2, make);
    t.run(2);
    t.wires().tamper = [&](test::bytes& parcel) {
      if (size == 0 || parcel.size() == size) parcel[parcel.size() / 2] ^= std::byte{4};
    };
    CHECK_THROWS_AS(t.run(1), bad_message);
  }
}

TEST_CASE("a checkpoint that cannot be used is refused by all processes, which go on as they were") {
  auto const make = [&](test::process const& p) {
    return trainer{test::coupled_game{}, omd{0.01}, careful{}, parameter_server<>{}, p, cpu{}};
  };
  test::fleet_of_processes<trainer<float>> t(3, 3, make);
  t.run(2);
  std::uint64_t digests[3], later[3];
  t.each([&](int r) { digests[r] = t[r].digest(); });
  t.each([&](int r) {
    try {
      t[r].load("/nowhere/at/all");
      throw std::logic_error("loaded");
    } catch (bad_checkpoint const& e) {
      if (std::string(e.what()).find("/nowhere/at/all") == std::string::npos) throw std::logic_error(e.what());
    }
    try {
      t[r].save("/nowhere/at/all");
      throw std::logic_error("saved");
    } catch (bad_checkpoint const&) {
    }
    later[r] = t[r].digest();
  });
  for (int r = 0; r < 3; ++r) {
    CHECK(digests[r] == digests[0]);
    CHECK(later[r] == digests[0]);
  }
}

TEST_CASE("run: what one process says to stop at, all stop at") {
  auto const make = [&](test::process const& p) {
    return trainer{test::coupled_game{}, omd{0.01}, careful{}, parameter_server<>{}, p, cpu{}};
  };
  for (int who = 0; who < 3; ++who) {
    test::fleet_of_processes<trainer<float>> t(3, 3, make);
    t.each([&](int r) { t[r].run(10, [&](report const& now) { return r != who || now.step < 4; }); });
    for (int r = 0; r < 3; ++r) CHECK(t[r].report().step == 4);
    t.run(1);
  }
}

}  // namespace processes_tests
