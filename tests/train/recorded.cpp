// Steps that an executor records as a GPU does: the runs are those of the CPU, on one process and on several.
#include "saddle/run/walk.hpp"

#include <array>
#include <set>
#include <stdexcept>
#include <string>

#include "../executor/engine_contract.hpp"
#include "../executor/recording.hpp"
#include "game.hpp"
#include "processes.hpp"

namespace recorded_tests {

using namespace saddle;

namespace {

constexpr int workers = 4, steps = 9;

/// On one process and on 2 and 3, where a step is several recordings: the digest of the CPU.
template <class O, class C, class Topology>
void same_when_recorded(O const& o, C const& c, Topology const& topology, int most_kinds_alone = 1) {
  CAPTURE(O::name());
  CAPTURE(topology.name());
  auto const game = test::bil(workers);
  settings const s{.average = averaging::uniform};
  auto const make = [&](auto const& transport, auto const& executor) {
    return trainer{game, o, c, topology, transport, executor, s};
  };
  auto here = make(loopback{workers}, cpu{});
  here.run(steps);
  test::recording const how = test::recording{}.opened();
  auto alone = make(loopback{workers}, how);
  alone.run(steps);
  CHECK(alone.digest() == here.digest());
  CHECK(how.shared->recorded() == most_kinds_alone);
  for (int const ranks : {2, 3}) {
    std::array<test::recording, 3> tapes{};
    for (test::recording& t : tapes) t = t.opened();
    test::fleet_of_processes<trainer<double>> several(
        workers, ranks, [&](test::process const& p) { return make(p, tapes[static_cast<std::size_t>(p.rank)]); });
    several.run(steps);
    several.each([&](int r) {
      std::uint64_t const digest = several[r].digest();
      std::lock_guard const lock(several.wires().mutex);
      CHECK(digest == here.digest());
    });
    for (int r = 0; r < ranks; ++r) {
      std::set<int> const kinds = tapes[static_cast<std::size_t>(r)].shared->kinds();
      CHECK(static_cast<int>(kinds.size()) > most_kinds_alone);
      CHECK(tapes[static_cast<std::size_t>(r)].shared->recorded() == static_cast<int>(kinds.size()));
      CHECK(*kinds.rbegin() > 2);
    }
  }
}

}  // namespace

TEST_CASE("the engine that records keeps the contract of engines") { engine_contract::check(test::recording{}); }

TEST_CASE("the engine that records sees what a graph could not do") {
  test::recording const how = test::recording{}.opened();
  test::recording::engine e(how);
  auto x = e.allocate<std::int64_t>(2);
  auto const add = [&](int calls) {
    e.replay(7, [&] {
      for (int i = 0; i < calls; ++i) e.once(engine_contract::increment{x.data(), x.data() + 1});
    });
  };
  for (int time = 0; time < 3; ++time) add(2);
  CHECK_THROWS_AS(add(1), std::logic_error);
  CHECK_THROWS_AS(add(3), std::logic_error);
  std::int64_t host = 0;
  CHECK_THROWS_AS(e.replay(8, [&] { e.read(&host, x.data(), 1); }), std::logic_error);
}

TEST_CASE("recorded steps are those of the CPU, on one process and on several, a kind for each part of a step") {
  using careful = error_feedback<qsgd<128, 4, rounding::nearest>>;
  same_when_recorded(omd{0.05}, careful{}, parameter_server<>{});
  same_when_recorded(extragradient{0.05}, careful{}, parameter_server<careful>{});
  same_when_recorded(alternating_sgda{{0.05}}, identity{}, gossip{.graph = ring(workers), .rounds = 3});
  same_when_recorded(sgda{0.05}, scaled_sign<128>{}, gossip{.graph = ring(workers), .consensus_step = 0.1});
  same_when_recorded(omd{0.05}, identity{}, gossip{one_peer_exponential(workers)});
  error_feedback const selects{global_top_k<128>{.fraction = 0.5}};
  same_when_recorded(sgda{0.05}, selects, local_steps{parameter_server<>{}, 2}, 2);
}

TEST_CASE("gradient buffers that move are followed, also by what was recorded") {
  struct moving : test::linear_game {
    std::vector<test::vector>* memory;  // two a worker
    point<double> gradient_buffers(int worker) const {
      auto const m = 2 * static_cast<std::size_t>(worker);
      return {{(*memory)[m].data(), 5}, {(*memory)[m + 1].data(), (*memory)[m + 1].size()}};
    }
  };
  auto const expected = [] {
    error_feedback const sends{qsgd<128, 8>{}};
    trainer t{test::bil(2), extragradient{0.1}, sends, parameter_server<>{}, loopback{2}, cpu{}};
    t.run(12);
    return t.digest();
  }();
  auto const check = [&](auto const& executor) {
    std::vector<test::vector> memory(4, test::vector(5)), others(4, test::vector(5));
    trainer<double> t{moving{test::bil(2), &memory}, extragradient{0.1}, error_feedback{qsgd<128, 8>{}},
                      parameter_server<>{}, loopback{2}, executor};
    t.run(4);
    std::swap(memory, others);  // all move, and the old ones end
    others.clear();
    t.run(4);
    others = memory;
    std::swap(memory[1], others[1]);  // one player's of one worker
    others[1].assign(5, 1e30);
    t.run(3);

    // What does not fit is refused before anything has happened, and the run can go on.
    test::vector sound = memory[3];
    memory[3].resize(4);
    CHECK_THROWS_WITH_AS(t.step(), doctest::Contains("a gradient buffer has the player's size"), std::invalid_argument);
    memory[3] = sound;
    CHECK(t.report().step == 11);
    t.step();
    CHECK(t.digest() == expected);
    CHECK(others[1] == test::vector(5, 1e30));
  };
  check(cpu{});
  check(cpu{.threads = 2});
  check(test::recording{});
}

TEST_CASE("a worker cannot take the gradient buffers of another one later, nor may they vanish") {
  struct moving : test::linear_game {
    std::vector<std::vector<double>*>* memory;  // two a worker
    point<double> gradient_buffers(int worker) const {
      auto const m = 2 * static_cast<std::size_t>(worker);
      if ((*memory)[m] == nullptr) return {};
      return {*(*memory)[m], *(*memory)[m + 1]};
    }
  };
  test::vector a(5), b(5), c(5), d(5), e(5), f(5);
  std::vector<std::vector<double>*> memory{&a, &b, &c, &d};
  trainer<double> t{moving{test::bil(2), &memory}, omd{0.1}, identity{}, parameter_server<>{}, loopback{2}, cpu{}};
  t.step();
  memory = {&a, &b, &a, &f};
  CHECK_THROWS_WITH_AS(t.step(), doctest::Contains("of its own"), std::invalid_argument);
  memory = {&a, &b, nullptr, nullptr};
  CHECK_THROWS_AS(t.step(), std::invalid_argument);
  memory = {&c, &d, &a, &b};  // changed places
  t.step();
  memory = {&e, &f, &a, &b};
  t.step();
  trainer same{test::bil(2), omd{0.1}, identity{}, parameter_server<>{}, loopback{2}, cpu{}};
  same.run(3);
  CHECK(t.digest() == same.digest());
}

}  // namespace recorded_tests
