#pragma once
// Any optimizer with any compressor over any topology: one call runs all that can be said of every combination.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "processes.hpp"
#include "saddle/saddle.hpp"

namespace test {

using namespace saddle;

/// A noisy game whose workers disagree; the players end one short of a bucket and one past it.
struct coupled_game {
  using scalar = float;
  static players sizes() { return {127, 513}; }
  static void initial(std::uint64_t seed, point<float> w) {
    random_sequence random({.seed = seed, .use = purpose::initial_weights});
    for (auto part : {w.min, w.max})
      for (float& x : part) x = static_cast<float>(random.normal());
  }
  /// x_i meets every y_j with j = i modulo 127.
  static void gradient(point<float const> at, sample s, point<float> out, player who) {
    random_sequence random({.seed = s.seed,
                            .use = purpose::data_order,
                            .exchange = static_cast<std::uint64_t>(s.step),
                            .worker = static_cast<std::uint32_t>(s.worker),
                            .bucket = static_cast<std::uint64_t>(2 * s.draw + static_cast<int>(who))});
    std::span<float const> const own = at.of(static_cast<int>(who));
    std::span<float> const to = out.of(static_cast<int>(who));
    for (std::size_t i = 0; i < own.size(); ++i) {
      double const disagreement = std::sin(s.worker + 0.1 * static_cast<double>(i));
      to[i] = 0.1f * own[i] + static_cast<float>(disagreement + 0.1 * random.normal());
    }
    for (std::size_t j = 0; j < at.max.size(); ++j)
      if (who == player::min) to[j % 127] += 0.5f * at.max[j];
      else to[j] -= 0.5f * at.min[j % 127];
  }
  static void gradient(point<float const> at, sample s, point<float> out) {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }
};

// ---- Bytes, by the documented formulas ----

/// Planes of so many bytes a bucket, then one of so many bits a coordinate; what a bucket says without padding.
struct message_shape {
  std::int64_t bucket;
  std::vector<std::int64_t> per_bucket;
  std::int64_t bits;
  std::function<std::int64_t(std::int64_t count)> payload;
};
inline message_shape shape_of(identity) {
  return {512, {}, 32, [](std::int64_t n) { return 4 * n; }};
}
template <int B, int K>
message_shape shape_of(top_k<B, K>) {
  return {B, {4 * K, 2 * K}, 0, [](std::int64_t n) { return 6 * std::min<std::int64_t>(n, K); }};
}
template <int B, int K, scaling S>
message_shape shape_of(random_k<B, K, S>) {
  return {B, {4 * K}, 0, [](std::int64_t n) { return 4 * std::min<std::int64_t>(n, K); }};
}
template <int B, int Bits, rounding R>
message_shape shape_of(qsgd<B, Bits, R>) {
  return {B, {4}, Bits, [](std::int64_t n) { return 4 + (Bits * n + 7) / 8; }};
}
template <int B, int Room>
message_shape shape_of(adacomp_residual<B, Room>) {
  return {B, {4, 2, 2 * Room}, 0, [](std::int64_t n) { return 6 + 2 * std::min<std::int64_t>(n, Room); }};
}
template <int B>
message_shape shape_of(natural<B>) {
  return {B, {4}, 8, [](std::int64_t n) { return 4 + n; }};
}
template <int B>
message_shape shape_of(half<B>) {
  return {B, {4}, 16, [](std::int64_t n) { return 4 + 2 * n; }};
}
inline message_shape shape_of(bfloat) {
  return {512, {}, 16, [](std::int64_t n) { return 2 * n; }};
}
template <int B>
message_shape shape_of(scaled_sign<B>) {
  return {B, {4}, 1, [](std::int64_t n) { return 4 + (n + 7) / 8; }};
}
template <class C>
message_shape shape_of(error_feedback<C>) {
  return shape_of(C{});
}
template <class C>
message_shape shape_of(ef21<C>) {
  return shape_of(C{});
}
inline message_shape shape_of(exact_downlink) { return shape_of(identity{}); }

/// One message of the game's player 0, player 1 or both (-1).
inline message_bytes one_message(message_shape const& shape, int player) {
  auto const up_to = [](std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; };
  std::int64_t buckets = 0, padded = 0, payload = 0;
  for (int p = 0; p < 2; ++p) {
    if (player >= 0 && player != p) continue;
    std::int64_t left = p == 0 ? 127 : 513;
    padded += up_to(left, 128);
    for (; left > 0; left -= shape.bucket, ++buckets) payload += shape.payload(std::min(left, shape.bucket));
  }
  std::int64_t total = 64;
  for (std::int64_t bytes : shape.per_bucket) total += bytes * buckets;
  total += shape.bits * padded / 8;
  return {total, payload};
}

/// What a step exchanges: the player of each exchange, both (-1) unless an optimizer says otherwise.
template <class O>
std::vector<int> exchanges_of(O const&) {
  return {-1};
}
inline std::vector<int> exchanges_of(alternating_sgda const&) { return {0, 1}; }
template <class O>
std::vector<int> exchanges_of(alternating<O> const&) {
  return {0, 1};
}
inline std::vector<int> exchanges_of(averaged_extragradient const&) { return {-1, -1}; }
template <class A, class B>
std::vector<int> exchanges_of(per_player<A, B> const& o) {
  std::vector<int> turns(static_cast<std::size_t>(o.max_steps - 1), 1);
  turns.push_back(-1);
  return turns;
}
/// Gradients of a step: as many as exchanges, and the look-aheads without one.
template <class O>
int gradients_of(O const& o) {
  int const silent = std::is_same_v<O, extragradient> || std::is_same_v<O, extra_adam>;
  return static_cast<int>(exchanges_of(o).size()) + silent;
}

// ---- What holds for every combination ----

struct costs {
  message_bytes up, down;  // of a step that exchanges
  int gradients;
  int every = 1;           // so many steps, one exchanges
};
inline constexpr int product_steps = 6;
/// `messages` in every exchange.
template <class O>
message_bytes sent(O const& o, message_shape const& shape, std::int64_t messages) {
  message_bytes sum;
  for (int player : exchanges_of(o)) {
    message_bytes const one = one_message(shape, player);
    sum += {messages * one.total, messages * one.payload};
  }
  return sum;
}

/// In one process or in one of several: the policies are compiled once for both.
struct anywhere {
  std::function<std::unique_ptr<saddle::communicator>()> connection;
  std::unique_ptr<saddle::communicator> connect() const { return connection(); }
};

inline void check_run(std::function<trainer<float>(int threads, anywhere const&)> const& combine, int workers,
                      costs const& expected, bool all_equal) {
  int const steps = product_steps, rounds = steps / expected.every;
  auto const make = [&](int threads) {
    return combine(threads, {[=] { return loopback{workers}.connect(); }});
  };
  trainer<float> t = make(1);
  std::uint64_t const before = t.digest();
  t.run(steps);
  CHECK(t.digest() != before);
  for (int m = 0; m < t.workers(); ++m)
    for (int p = 0; p < 2; ++p) {
      auto const w = t.weights(m).of(p), first = t.weights(0).of(p);
      CHECK(std::all_of(w.begin(), w.end(), [](float x) { return std::abs(x) < 100; }));
      if (all_equal) CHECK(std::equal(w.begin(), w.end(), first.begin(), first.end()));
      else if (m > 0) CHECK_FALSE(std::equal(w.begin(), w.end(), first.begin(), first.end()));
    }
  report const r = t.report();
  CHECK(r.uplink == message_bytes{rounds * expected.up.total, rounds * expected.up.payload});
  CHECK(r.downlink == message_bytes{rounds * expected.down.total, rounds * expected.down.payload});
  CHECK(r.gradients == steps * expected.gradients);
  CHECK(r.skipped_steps == 0);

  for (int threads : {2, 5}) {
    trainer<float> other = make(threads);
    other.run(steps);
    CHECK(other.digest() == t.digest());
  }

  for (int ranks : {2, 3}) {
    fleet_of_processes<trainer<float>> several(
        workers, ranks, [&](process const& p) { return combine(1, {[=] { return p.connect(); }}); });
    several.run(steps);
    for (int m = 0; m < workers; ++m)
      for (int p = 0; p < 2; ++p) {
        auto const w = t.weights(m).of(p), there = several.host_of(m).weights(m).of(p);
        CHECK(std::equal(w.begin(), w.end(), there.begin(), there.end()));
      }
    CHECK(several[ranks - 1].report().uplink == r.uplink);
    CHECK(several[ranks - 1].report().downlink == r.downlink);
  }

  auto const file = std::filesystem::temp_directory_path() / ("saddle-product-" + std::to_string(::getpid()));
  trainer<float> first = make(1), second = make(2);
  first.run(steps / 2);
  first.save(file.string());
  second.load(file.string());
  std::filesystem::remove(file);
  CHECK(second.digest() == first.digest());
  second.run(steps - steps / 2);
  CHECK(second.digest() == t.digest());
  report const resumed = second.report();
  CHECK(resumed.step == steps);
  CHECK(resumed.steps_executed == steps - steps / 2);
  CHECK(resumed.gradients == r.gradients);
  CHECK(resumed.uplink == r.uplink);
  CHECK(resumed.downlink == r.downlink);
}

template <adapts Adapts = adapts::on_worker, class O, class C, class Down = exact_downlink>
void on_a_server(O const& o, C const& c, Down down = {}) {
  using topology = parameter_server<Down, Adapts>;
  for (int workers : {3, 4}) {
    CAPTURE(workers);
    auto const make = [&](int threads, anywhere const& where) {
      return trainer{coupled_game{}, o, c, topology{down}, where, cpu{threads}, settings{.seed = 3}};
    };
    check_run(make, workers, {sent(o, shape_of(c), workers), sent(o, shape_of(down), workers), gradients_of(o)}, true);
  }
}

/// One step in 2, 4 or 7 exchanges: the checkpoint, after 3 steps, lies between rounds.
template <class O, class C, class Down = exact_downlink>
void locally_on_a_server(O const& o, C const& c, Down down = {}) {
  int const workers = 3;
  for (int every : {2, 4, 7}) {
    CAPTURE(every);
    auto const make = [&](int threads, anywhere const& where) {
      local_steps<parameter_server<Down>> const topology{{down}, every};
      return trainer{coupled_game{}, o, c, topology, where, cpu{threads}, settings{.seed = 3}};
    };
    costs const expected{sent(o, shape_of(c), workers), sent(o, shape_of(down), workers), gradients_of(o), every};
    check_run(make, workers, expected, product_steps % every == 0);
  }
}

template <class O, class C>
void locally_over_gossip(O const& o, C const& c) {
  for (auto const order : {gossip_order::adapt_then_combine, gossip_order::combine_then_adapt})
    for (int rounds : {1, 3}) {
      CAPTURE(rounds);
      gossip g{.graph = ring(4), .rounds = rounds, .order = order};
      if (!is_exact<wire_compressor<C>>) g.consensus_step = 0.1;
      auto const make = [&](int threads, anywhere const& where) {
        return trainer{coupled_game{}, o, c, local_steps{g, 2}, where, cpu{threads}, settings{.seed = 3}};
      };
      check_run(make, 4, {sent(o, shape_of(c), 2 * 4 * rounds), {}, gradients_of(o), 2}, false);
    }
}

template <class O, class C>
void over_gossip(O const& o, C const& c) {
  struct network {
    mixing_graph graph;
    std::int64_t messages;  // a round
    int rounds;
    gossip_order order;
  };
  auto const early = gossip_order::adapt_then_combine, late = gossip_order::combine_then_adapt;
  constexpr bool lossy = !is_exact<wire_compressor<C>>;
  std::vector<network> networks{
      {ring(4), 8, 1, early}, {ring(3), 6, 3, late},  {complete(4), 12, 3, early}, {complete(3), 6, 1, late},
      {star(4), 6, 2, early}, {directed_ring(3), 3, 1, late}};
  if (!lossy || has_memory<C>) {
    networks.push_back({one_peer_exponential(4), 4, 1, late});
    networks.push_back({one_peer_exponential(3), 3, 3, early});
  }
  for (network const& n : networks) {
    CAPTURE(n.graph.name);
    CAPTURE(n.rounds);
    int const workers = n.graph.workers;
    gossip g{.graph = n.graph, .rounds = n.rounds, .order = n.order};
    if (lossy) g.consensus_step = 0.1;
    auto const make = [&](int threads, anywhere const& where) {
      return trainer{coupled_game{}, o, c, g, where, cpu{threads}, settings{.seed = 3}};
    };
    bool const all_equal = !lossy && n.order == early && n.graph.name == "complete";
    check_run(make, workers, {sent(o, shape_of(c), n.messages * n.rounds), {}, gradients_of(o)}, all_equal);
  }
}

template <class O>
void over_accelerated_gossip(O const& o) {
  accelerated_gossip const ringed{.graph = ring(5), .rounds = 3, .spectral_gap = 0.46};
  accelerated_gossip const starred{.graph = star(4),
                                   .rounds = 12,
                                   .spectral_gap = 0.25,
                                   .rule = acceleration::fast_mix,
                                   .order = gossip_order::combine_then_adapt};
  for (auto const& [g, messages] : {std::pair{ringed, 10}, std::pair{starred, 6}}) {
    CAPTURE(g.graph.name);
    auto const make = [&, &talk = g](int threads, anywhere const& where) {
      return trainer{coupled_game{}, o, identity{}, talk, where, cpu{threads}, settings{.seed = 3}};
    };
    check_run(make, g.graph.workers, {sent(o, shape_of(identity{}), messages * g.rounds), {}, gradients_of(o)}, false);
  }
}

/// f with every optimizer that any topology takes.
template <class F>
void with_each_optimizer(F f) {
  double const eta = 0.01;
  f(sgda{eta});
  f(alternating_sgda{{eta}});
  f(omd{eta});
  f(extragradient{eta});
  f(adam{.step_size = eta});
  f(optimistic_adam{.step_size = eta});
  f(extra_adam{.step_size = eta});
  for (int max_steps : {1, 3})
    f(per_player<omd, optimistic_adam>{.min = {eta}, .max = {.step_size = eta}, .max_steps = max_steps});
}

/// f with one optimizer of each kind: two phases with a silent look-ahead, one with state, one without.
template <class F>
void with_some_optimizers(F f) {
  f(omd{0.01});
  f(optimistic_adam{.step_size = 0.01});
  f(extragradient{0.01});
}

}  // namespace test
