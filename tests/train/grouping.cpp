// Per-tensor grouping: what is compressed of a tensor is what would be if the tensor were all there is. So a run on a
// problem whose tensors do not know of each other is, to the bit, one run a tensor.
#include "saddle/run/grouping.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "game.hpp"
#include "processes.hpp"
#include "saddle/saddle.hpp"

namespace grouping_tests {

using namespace saddle;
using namespace test;

namespace {

/// Every coordinate goes its own way, and there are ties among the gradients.
struct apart {
  using scalar = float;
  std::vector<tensor> parts[2] = {};
  std::int64_t first = 0;   // number of the first coordinate
  std::int64_t broken = -1; // one whose gradient is once not a number

  std::int64_t size(int p) const {
    std::int64_t sum = 0;
    for (tensor const& t : parts[p]) sum += t.size();
    return sum;
  }
  players sizes() const { return {size(0), size(1)}; }
  std::vector<tensor> tensors(player who) const { return parts[static_cast<int>(who)]; }
  void initial(std::uint64_t, point<float> w) const {
    for_each(w, [](std::int64_t i, float& x) { x = static_cast<float>(i % 17) / 8 - 1; });
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    for (int p = 0; p < 2; ++p) std::copy(at.of(p).begin(), at.of(p).end(), out.of(p).begin());
    for_each(out, [&](std::int64_t i, float& g) {
      g = g / 2 + static_cast<float>(((s.worker + 1) * 7919 + s.step * 104729 + i * 1299709) % 101 - 50) / 16;
      if (s.step == 2 && i == broken) g = std::numeric_limits<float>::quiet_NaN();
    });
  }

 private:
  template <class F>
  void for_each(point<float> w, F f) const {
    std::int64_t i = first;
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) f(i++, x);
  }
};

struct anywhere {
  std::function<std::unique_ptr<saddle::communicator>()> connection;
  std::unique_ptr<saddle::communicator> connect() const { return connection(); }
};
using combination = std::function<trainer<float>(apart const&, int threads, anywhere const&, settings const&)>;

anywhere locally(int workers) {
  return {[=] { return loopback{workers}.connect(); }};
}

constexpr int steps = 6, workers = 3;
settings const by_tensor{.seed = 3, .grouping = grouping::per_tensor};

/// Messages of a step, and the bytes of each that belong to no bucket.
struct traffic {
  std::int64_t up, up_tail, down = 0, down_tail = 0;
};

/// all[from] ... all[from + n - 1], if there is anything.
std::vector<float> piece(std::span<float const> all, std::int64_t from, std::int64_t n) {
  if (all.empty()) return {};
  auto const part = all.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(n));
  return {part.begin(), part.end()};
}

void check(combination const& combine, apart const& problem, traffic const& expected) {
  trainer<float> t = combine(problem, 1, locally(workers), by_tensor);
  t.run(steps);
  CHECK(t.report().skipped_steps == 0);

  message_bytes up{}, down{};  // of all runs, less those headers that a message has once
  std::int64_t first = 0;
  for (int p = 0; p < 2; ++p) {
    std::int64_t from = 0;
    for (tensor const& one : problem.parts[p]) {
      std::int64_t const n = one.size();
      if (n == 0) continue;
      CAPTURE(p);
      CAPTURE(from);
      CAPTURE(n);
      trainer<float> alone =
          combine(apart{.parts = {{one}, {}}, .first = first}, 1, locally(workers), settings{.seed = 3});
      alone.run(steps);
      for (int m = 0; m < workers; ++m) {
        CHECK(piece(t.weights(m).of(p), from, n) == piece(alone.weights(m).min, 0, n));
        CHECK(piece(t.memory(m).of(p), from, n) == piece(alone.memory(m).min, 0, n));
        CHECK(piece(t.look_ahead(m).of(p), from, n) == piece(alone.look_ahead(m).min, 0, n));
      }
      up += alone.report().uplink;
      down += alone.report().downlink;
      if (first > 0) {
        auto const [ups, up_tail, downs, down_tail] = expected;
        up += {-steps * ups * (64 + up_tail), -steps * ups * up_tail};
        down += {-steps * downs * (64 + down_tail), -steps * downs * down_tail};
      }
      from += n;
      first += n;
    }
  }
  CHECK(t.report().uplink == up);
  CHECK(t.report().downlink == down);

  auto const same = [&](auto const& of) {
    for (int m = 0; m < workers; ++m)
      for (int p = 0; p < 2; ++p) {
        auto const w = t.weights(m).of(p), there = of(m).weights(m).of(p);
        CHECK(std::equal(w.begin(), w.end(), there.begin(), there.end()));
      }
  };
  trainer<float> threaded = combine(problem, 3, locally(workers), by_tensor);
  threaded.run(steps);
  same([&](int) -> auto const& { return threaded; });
  bool const has_server = t.report().downlink.total > 0;
  for (auto const place : {server_place::sharded, server_place::star}) {
    if (place == server_place::star && !has_server) continue;
    fleet_of_processes<trainer<float>> several(
        workers, 2,
        [&](process const& p) { return combine(problem, 1, {[=] { return p.connect(); }}, by_tensor); }, place);
    several.run(steps);
    same([&](int m) -> auto const& { return several.host_of(m); });
  }

  auto const file = std::filesystem::temp_directory_path() / ("saddle-grouping-" + std::to_string(::getpid()));
  trainer<float> begun = combine(problem, 1, locally(workers), by_tensor);
  begun.run(steps / 2);
  begun.save(file.string());
  trainer<float> resumed = combine(problem, 1, locally(workers), by_tensor);
  resumed.load(file.string());
  resumed.run(steps - steps / 2);
  same([&](int) -> auto const& { return resumed; });
  trainer<float> whole = combine(problem, 1, locally(workers), settings{.seed = 3});
  CHECK_THROWS_AS(whole.load(file.string()), bad_checkpoint);
  apart other = problem;  // as many coordinates in other tensors
  other.parts[0] = {{1, 1}, {problem.size(0) - 1, 1}};
  trainer<float> elsewhere = combine(other, 1, locally(workers), by_tensor);
  CHECK_THROWS_AS(elsewhere.load(file.string()), bad_checkpoint);
  std::filesystem::remove(file);
}

/// Sizes around blocks and buckets, and arrays that begin anywhere.
std::vector<apart> problems() {
  return {{.parts = {{{1, 1}, {127, 1}, {4, 32}, {43, 3}, {255, 1}, {16, 16}, {257, 1}}, {{5, 1}, {1, 1}, {2, 513}}}},
          {.parts = {{{256, 3}, {0, 7}, {3, 1}, {256, 1}}, {}}},
          {.parts = {{{2, 3}, {7, 1}}, {{256, 2}, {130, 1}, {512, 1}}}}};
}

template <class O, class C, class Topology>
combination combined(O o, C c, Topology t) {
  return [=](apart const& p, int threads, anywhere const& where, settings const& s) {
    return trainer{p, o, c, t, where, cpu{threads}, s};
  };
}
void check_all(combination const& combine, traffic const& expected) {
  for (apart const& p : problems()) check(combine, p, expected);
}

}  // namespace

TEST_CASE("grouping: each tensor is quantized by itself on a server") {
  check_all(combined(omd{0.1}, error_feedback<qsgd<256, 8, rounding::nearest>>{}, parameter_server<>{}), {3, 0, 3, 0});
}
TEST_CASE("grouping: top_k of a tensor's buckets, and a downlink that selects in each tensor") {
  parameter_server<error_feedback<global_top_k<256>>> const server{{{.fraction = 0.07}}};
  check_all(combined(sgda{0.1}, error_feedback<top_k<256, 5>>{}, server), {3, 0, 3, 4});
}
TEST_CASE("grouping: global_top_k selects in each tensor") {
  check_all(combined(sgda{0.1}, error_feedback<global_top_k<256>>{{.fraction = 0.03}}, parameter_server<>{}),
            {3, 4, 3, 0});
}
TEST_CASE("grouping: each tensor is signed by itself in gossip, whose copies are messages") {
  gossip const talk{.graph = ring(workers), .rounds = 2, .consensus_step = 0.2};
  check_all(combined(sgda{0.1}, scaled_sign<256>{}, talk), {12, 0});
}
TEST_CASE("grouping: exact gossip") {
  check_all(combined(omd{0.1}, identity{}, gossip{.graph = ring(workers)}), {6, 0});
}

TEST_CASE("grouping: global_top_k sends the largest of each tensor, and of the whole model if not told") {
  apart const problem{.parts = {{{300, 1}, {3, 1}}, {{41, 1}}}};
  for (auto const how : {grouping::whole_model, grouping::per_tensor}) {
    CAPTURE(static_cast<int>(how));
    trainer<float> t = combined(sgda{1}, error_feedback<global_top_k<256>>{{.fraction = 0.03}}, parameter_server<>{})(
        problem, 1, locally(1), settings{.grouping = how});
    std::vector<float> min(303), max(41);
    problem.initial(1, {min, max});
    std::vector<float> const w_min = min, w_max = max;
    problem.gradient({w_min, w_max}, {1, 0, 1}, {min, max});
    vector sent(min.begin(), min.end());
    sent.insert(sent.end(), max.begin(), max.end());
    if (how == grouping::whole_model) {
      keep_largest(sent, 0, 344, 11);  // 10.32
    } else {
      keep_largest(sent, 0, 300, 9);
      keep_largest(sent, 300, 303, 1);  // 0.09
      keep_largest(sent, 303, 344, 2);  // 1.23
    }
    t.run(1);
    for (std::size_t i = 0; i < 303; ++i) CHECK(t.weights(0).min[i] == w_min[i] - static_cast<float>(sent[i]));
    for (std::size_t i = 0; i < 41; ++i) CHECK(t.weights(0).max[i] == w_max[i] - static_cast<float>(sent[303 + i]));
  }
}

TEST_CASE("grouping: a coordinate that is not finite is counted within its player") {
  apart const problem{.parts = {{{5, 1}, {300, 1}}, {{7, 1}, {9, 1}}}, .broken = 305 + 7 + 2};
  auto const run = combined(omd{0.1}, identity{}, gossip{.graph = ring(workers)});
  trainer<float> t = run(problem, 1, locally(workers), by_tensor);
  t.run(3);
  REQUIRE(t.report().non_finite);
  CHECK(t.report().non_finite->player == player::max);
  CHECK(t.report().non_finite->coordinate == 9);
}

TEST_CASE("grouping: what it cannot do is said at the start") {
  auto const run = combined(omd{0.1}, identity{}, gossip{.graph = ring(workers)});
  auto const make = [](auto problem) {
    trainer t{problem, omd{}, identity{}, gossip{.graph = ring(workers)}, locally(workers), cpu{}, by_tensor};
  };
  struct of_one_piece {
    using scalar = float;
    players sizes() const { return {4, 4}; }
    void initial(std::uint64_t, point<float>) const {}
    void gradient(point<float const>, sample, point<float>) const {}
  };
  CHECK_THROWS_AS(make(of_one_piece{}), std::invalid_argument);
  struct short_by_one : apart {
    players sizes() const { return {size(0) + 1, size(1)}; }
  };
  CHECK_THROWS_AS(make(short_by_one{{.parts = {{{5, 1}}, {}}}}), std::invalid_argument);
  CHECK_THROWS_AS(make(apart{.parts = {{{-1, 1}, {6, 1}}, {}}}), std::invalid_argument);

  // Not even where the tensors are the players: it is another setting.
  auto const on_two = [&](process const& p) {
    return run(problems()[0], 1, {[=] { return p.connect(); }}, p.rank == 0 ? by_tensor : settings{.seed = 3});
  };
  CHECK_THROWS_AS(fleet_of_processes<trainer<float>>(workers, 2, on_two), std::invalid_argument);
}

}  // namespace grouping_tests
