// What a problem keeps beside the weights, as running statistics: saved, loaded, and exchanged by a rule of the
// settings; and arrays that a problem is bound to.
#include "saddle/run/buffer_exchange.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "../heterogeneous.hpp"
#include "processes.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "saddle/saddle.hpp"
#include "saddle/transport/simulated.hpp"

namespace buffers_tests {

using namespace saddle;

namespace {

constexpr int workers = 8;

/// A game whose workers keep running means of the first coordinate and of the step.
struct with_statistics {
  using scalar = double;
  test::heterogeneous_game game{0.3};
  /// On another address in every copy.
  struct memory {
    std::vector<std::array<double, 2>> of = std::vector<std::array<double, 2>>(workers);
    memory() = default;
    memory(memory const& o) : of(o.of) {}
    memory(memory&&) = default;
  };
  memory kept{};

  players sizes() const { return game.sizes(); }
  void initial(std::uint64_t seed, point<double> w) const { game.initial(seed, w); }
  std::span<double> buffers(int worker) const {
    return const_cast<std::array<double, 2>&>(kept.of[static_cast<std::size_t>(worker)]);
  }
  void gradient(point<double const> at, sample s, point<double> out) const {
    game.gradient(at, s, out);
    std::span<double> const mine = buffers(s.worker);
    mine[0] = 0.75 * mine[0] + 0.25 * (at.min[0] + s.worker);
    mine[1] += s.worker + 1;
    out.min[0] += 0.01 * mine[0];  // what is lost changes the run
  }
};

template <class O, class C, class Tp>
trainer<double> run_of(O o, C c, Tp topology, settings s = {}) {
  return {with_statistics{}, o, c, topology, loopback{workers}, cpu{2}, s};
}
std::vector<double> seconds(trainer<double> const& t) {  // the sums of worker numbers
  std::vector<double> all;
  for (int m = 0; m < workers; ++m) all.push_back(t.buffers(m)[1]);
  return all;
}

}  // namespace

TEST_CASE("buffers: each worker's own") {
  auto t = run_of(sgda{0.02}, identity{}, parameter_server<>{}, {.buffers = buffer_rule::own});
  t.run(3);
  CHECK(seconds(t) == std::vector<double>{3, 6, 9, 12, 15, 18, 21, 24});
}

TEST_CASE("buffers: a server's mean after each exchange, uncompressed and counted") {
  auto bare = run_of(sgda{0.02}, error_feedback{qsgd<128, 8>{}}, parameter_server<>{}, {.buffers = buffer_rule::own});
  auto t = run_of(sgda{0.02}, error_feedback{qsgd<128, 8>{}}, parameter_server<>{});
  bare.run(2);
  t.run(2);
  CHECK(seconds(t) == std::vector<double>(workers, 9));
  for (int m = 1; m < workers; ++m) CHECK(t.buffers(m)[0] == t.buffers(0)[0]);
  std::int64_t const bytes = 2 * workers * 16;
  CHECK(t.report().uplink.total == bare.report().uplink.total + bytes);
  CHECK(t.report().downlink.total == bare.report().downlink.total + bytes);
}

TEST_CASE("buffers: all take the first worker's") {
  auto t = run_of(sgda{0.02}, identity{}, parameter_server<>{}, {.buffers = buffer_rule::first});
  t.run(3);
  CHECK(seconds(t) == std::vector<double>(workers, 3));
}

TEST_CASE("buffers: in rounds of local steps only") {
  auto t = run_of(sgda{0.02}, identity{}, local_steps{parameter_server<>{}, 3});
  t.run(2);
  CHECK(seconds(t) == std::vector<double>{2, 4, 6, 8, 10, 12, 14, 16});
  t.run(1);
  CHECK(seconds(t) == std::vector<double>(workers, 13.5));
}

TEST_CASE("buffers: over a graph by its rows, in each of its rounds") {
  gossip const twice{.graph = ring(workers), .rounds = 2};
  auto bare = run_of(sgda{0.02}, identity{}, twice, {.buffers = buffer_rule::own});
  auto t = run_of(sgda{0.02}, identity{}, twice);
  bare.run(1);
  t.run(1);
  std::vector<double> expected{1, 2, 3, 4, 5, 6, 7, 8};
  for (int round = 0; round < 2; ++round) {
    std::vector<double> const before = expected;
    for (std::size_t m = 0; m < 8; ++m) expected[m] = (before[(m + 7) % 8] + before[m] + before[(m + 1) % 8]) / 3;
  }
  for (int m = 0; m < workers; ++m) CHECK(t.buffers(m)[1] == doctest::Approx(expected[static_cast<std::size_t>(m)]));
  CHECK(t.report().uplink.total == bare.report().uplink.total + 2 * 16 * 16);
}

TEST_CASE("buffers: who is absent keeps its own, and the others go on without it") {
  simulated const clockwork{
      .workers = workers, .links = {{"none"}}, .compute = compute_time::constant(1), .absences = {{0, 1, 2}}};
  trainer<double> t{with_statistics{}, sgda{0.02}, identity{}, parameter_server<>{}, clockwork, cpu{}};
  t.run(1);
  t.run(1);  // without worker 0
  CHECK(t.buffers(0)[1] == 4.5);
  for (int m = 1; m < workers; ++m) CHECK(t.buffers(m)[1] == doctest::Approx(4.5 + 5));
}

TEST_CASE("buffers: a resumed run is the uninterrupted one to the bit; copies of a problem share nothing") {
  auto const folder = std::filesystem::temp_directory_path();
  std::string const file = folder / ("saddle-buffers-" + std::to_string(::getpid()));
  for (buffer_rule const rule : {buffer_rule::averaged, buffer_rule::own, buffer_rule::first}) {
    with_statistics const game{};
    auto const make = [&] {
      return trainer<double>{game,        omd{0.02}, error_feedback{top_k<128, 3>{}}, parameter_server<>{},
                             loopback{workers}, cpu{2},    settings{.buffers = rule}};
    };
    auto whole = make(), first = make(), second = make();
    whole.run(10);
    first.run(5);
    first.save(file);
    second.load(file);
    second.run(5);
    CHECK(second.digest() == whole.digest());
    for (int m = 0; m < workers; ++m)
      for (std::size_t i = 0; i < 2; ++i) CHECK(second.buffers(m)[i] == whole.buffers(m)[i]);
    CHECK(first.digest() != whole.digest());
  }
  auto other = run_of(omd{0.02}, error_feedback{top_k<128, 3>{}}, parameter_server<>{});
  CHECK_THROWS_AS(other.load(file), bad_checkpoint);  // by another rule
  std::filesystem::remove(file);
}

TEST_CASE("buffers: on several processes what they are on one") {
  auto const check = [](auto const& topology, buffer_rule rule) {
    auto const make = [&](auto const& transport) {
      return trainer<double>{with_statistics{}, sgda{0.02}, identity{}, topology, transport, cpu{},
                             settings{.buffers = rule}};
    };
    trainer<double> one = make(loopback{workers});
    one.run(6);
    test::fleet_of_processes<trainer<double>> several(workers, 3, make);
    several.run(6);
    several.each([&](int r) {
      std::uint64_t const digest = several[r].digest();
      std::lock_guard const lock(several.wires().mutex);
      CHECK(digest == one.digest());
      for (int m = several[r].first_worker(); m < several[r].first_worker() + several[r].hosted_workers(); ++m)
        CHECK(several[r].buffers(m)[0] == one.buffers(m)[0]);
    });
  };
  check(parameter_server<>{}, buffer_rule::averaged);
  check(parameter_server<>{}, buffer_rule::first);
  check(gossip{.graph = ring(workers), .rounds = 2}, buffer_rule::averaged);
  check(local_steps{parameter_server<>{}, 2}, buffer_rule::own);
}

TEST_CASE("buffers: rules that cannot be") {
  CHECK_THROWS_WITH_AS(run_of(sgda{0.02}, identity{}, gossip{ring(workers)}, {.buffers = buffer_rule::first}),
                       doctest::Contains("is for a server"), std::invalid_argument);
  accelerated_gossip const beyond{.graph = ring(workers), .rounds = 3, .spectral_gap = 0.2};
  CHECK_THROWS_WITH_AS(run_of(sgda{0.02}, identity{}, beyond), doctest::Contains("set buffers = buffer_rule::own"),
                       std::invalid_argument);
}

namespace {

/// Knows the arrays that it was bound to, each once, and takes gradients at no others.
struct bound_game {
  using scalar = double;
  test::heterogeneous_game game{};
  std::vector<std::set<double const*>> known = std::vector<std::set<double const*>>(workers);

  players sizes() const { return game.sizes(); }
  void initial(std::uint64_t seed, point<double> w) const { game.initial(seed, w); }
  void bind_weights(int worker, point<double> w) {
    expects(known[static_cast<std::size_t>(worker)].insert(w.min.data()).second, "bound twice");
  }
  void gradient(point<double const> at, sample s, point<double> out) const {
    expects(known[static_cast<std::size_t>(s.worker)].contains(at.min.data()), "not bound");
    game.gradient(at, s, out);
  }
};

}  // namespace

TEST_CASE("bind_weights: every array at which gradients are taken, once, before the first step") {
  auto const run = [](auto o, auto c, auto topology) {
    trainer<double> t{bound_game{}, o, c, topology, loopback{workers}, cpu{2}};
    t.run(3);
  };
  run(sgda{0.02}, identity{}, parameter_server<>{});
  run(omd{0.02}, error_feedback{top_k<128, 3>{}}, parameter_server<>{});
  run(extragradient{0.02}, identity{}, gossip{ring(workers)});
  run(averaged_omd{0.02}, identity{}, parameter_server<>{});
  run(alternating_sgda{{0.02}}, identity{}, parameter_server<>{});  // both players' at w
  run(adam{}, identity{}, local_steps{parameter_server<>{}, 2});
}

TEST_CASE("buffers: each worker's own on the asynchronous server, saved with it") {
  auto const folder = std::filesystem::temp_directory_path();
  std::string const file = folder / ("saddle-async-buffers-" + std::to_string(::getpid()));
  auto const make = [] {
    return async_server{with_statistics{}, async_settings<error_feedback<top_k<128, 3>>>{.step_size = 0.01},
                        loopback{workers}, cpu{2}};
  };
  auto whole = make(), first = make(), second = make();
  whole.run(40);
  first.run(17);
  first.save(file);
  second.load(file);
  second.run(23);
  CHECK(second.digest() == whole.digest());  // the statistics are in the gradients
  std::filesystem::remove(file);
}

}  // namespace buffers_tests
