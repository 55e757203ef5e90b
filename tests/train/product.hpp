#pragma once
// What can be said of any optimizer with any compressor over any topology.
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

/// Planes of so many bytes a bucket, then one of so many bits a coordinate; what a bucket says without padding. Of a
/// compressor that selects across buckets there are pairs beside that, as many as of this share of all coordinates.
struct message_shape {
  std::int64_t bucket;
  std::vector<std::int64_t> per_bucket;
  std::int64_t bits;
  std::function<std::int64_t(std::int64_t count)> payload;
  double share = 0;
};
inline message_shape shape_of(identity) {
  return {512, {}, 32, [](std::int64_t n) { return 4 * n; }};
}
template <int B, int K>
message_shape shape_of(top_k<B, K>) {
  return {B, {4 * K, 2 * K}, 0, [](std::int64_t n) { return 6 * std::min<std::int64_t>(n, K); }};
}
template <int B>
message_shape shape_of(global_top_k<B> c) {
  return {B, {4}, 0, [](std::int64_t) { return 4; }, c.fraction};
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
message_shape shape_of(error_feedback<C> c) {
  return shape_of(c.compressor);
}
template <class C>
message_shape shape_of(ef21<C> c) {
  return shape_of(c.compressor);
}
inline message_shape shape_of(exact_downlink) { return shape_of(identity{}); }

/// One message of the game's player 0, player 1 or both (-1).
inline message_bytes one_message(message_shape const& shape, int player) {
  auto const up_to = [](std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; };
  std::int64_t buckets = 0, padded = 0, payload = 0, coordinates = 0;
  for (int p = 0; p < 2; ++p) {
    if (player >= 0 && player != p) continue;
    std::int64_t left = p == 0 ? 127 : 513;
    coordinates += left;
    padded += up_to(left, 128);
    for (; left > 0; left -= shape.bucket, ++buckets) payload += shape.payload(std::min(left, shape.bucket));
  }
  std::int64_t total = 64;
  for (std::int64_t bytes : shape.per_bucket) total += bytes * buckets;
  total += shape.bits * padded / 8;
  if (shape.share > 0) {  // values, indices, and where the last bucket's end
    auto const pairs = static_cast<std::int64_t>(std::ceil(shape.share * static_cast<double>(coordinates)));
    payload += 6 * pairs + 4;
    total += 6 * pairs + 4;
  }
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

}  // namespace test
