// A user's namespace may have functions of any name. Where the library calls its own functions with a user's types, it
// must not find those: each of them here would be a better match, and does not compile.
#include <doctest/doctest.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../algorithm/mirror.hpp"
#include "saddle/saddle.hpp"

namespace theirs {

#define SADDLE_TEST_GREEDY(name)      \
  template <class... A>               \
  void name(A&&...) = delete;
#define SADDLE_TEST_GREEDY_4(a, b, c, d) \
  SADDLE_TEST_GREEDY(a) SADDLE_TEST_GREEDY(b) SADDLE_TEST_GREEDY(c) SADDLE_TEST_GREEDY(d)
SADDLE_TEST_GREEDY_4(adam_ratio_after, add_decoded, all_finite, atomic_min)
SADDLE_TEST_GREEDY_4(batch_stream, changes, checksum_of, clamped)
SADDLE_TEST_GREEDY_4(combine, common_bucket, compact_largest, connected)
SADDLE_TEST_GREEDY_4(dither_stream, encode_tile, erase, expect_magic)
SADDLE_TEST_GREEDY_4(expect_no_objection, expected_header, expects, finds_non_finite)
SADDLE_TEST_GREEDY_4(first_async_worker, flaw_in_pairs, for_each_item, for_each_sample)
SADDLE_TEST_GREEDY_4(from_magnitude_bits, grouping_detail, halve, in_planes)
SADDLE_TEST_GREEDY_4(is_connected, is_finite, is_power_of_two, keep)
SADDLE_TEST_GREEDY_4(kth_largest, largest_magnitude, letter_of, load_planes)
SADDLE_TEST_GREEDY_4(load_quad, load_tile, magnitude, magnitude_bits)
SADDLE_TEST_GREEDY_4(message_at, normal_pair, nth_below, observe)
SADDLE_TEST_GREEDY_4(open_message, open_uniform, opened, order_of_data)
SADDLE_TEST_GREEDY_4(outgoing_tile, pairs_of, part_at, part_of)
SADDLE_TEST_GREEDY_4(payload_bytes, period_matrix, phase_of, phases_of)
SADDLE_TEST_GREEDY_4(philox, place, plane_bytes, planes_at)
SADDLE_TEST_GREEDY_4(planes_bytes, prefetch, prefetch_next, prefetch_next_planes)
SADDLE_TEST_GREEDY_4(prefetch_next_state, random_block, range_in_plane, read_to_end)
SADDLE_TEST_GREEDY_4(reads, round_up, run_body, run_lanes)
SADDLE_TEST_GREEDY_4(run_steps, runs_whole, saturated, seal_message)
SADDLE_TEST_GREEDY_4(seconds_since, see, sequence_block, sound_combination)
SADDLE_TEST_GREEDY_4(state_of, stepping_of, store_planes, store_quad)
SADDLE_TEST_GREEDY_4(store_tile, sum_of, sweep, sweep_at)
SADDLE_TEST_GREEDY_4(tally_body, tensors_of, trailing_zeros, unscaling)
SADDLE_TEST_GREEDY_4(unwrapped, unwrapped_topology, wire_bytes, wire_parts)
SADDLE_TEST_GREEDY_4(with_rule, work_for_server, writes, unaligned)
SADDLE_TEST_GREEDY_4(move, swap, size, begin)
SADDLE_TEST_GREEDY_4(copy, min, max, exchange)

struct problem {
  using scalar = float;
  saddle::players sizes() const { return {200, 100}; }
  void initial(std::uint64_t, saddle::point<float> w) const {
    for (float& x : w.min) x = 1;
    for (float& y : w.max) y = -1;
  }
  void gradient(saddle::point<float const> at, saddle::sample, saddle::point<float> out) const {
    for (std::size_t i = 0; i < out.min.size(); ++i) out.min[i] = at.min[i] + at.max[i / 2];
    for (std::size_t i = 0; i < out.max.size(); ++i) out.max[i] = at.max[i] - at.min[2 * i];
  }
};

/// A direction, a state, a look-ahead: all that a rule may have.
struct optimizer {
  float step_size = 0.1f;
  template <class T>
  struct state_of_rule {
    T last;
  };
  template <class T>
  struct rule {
    using state = state_of_rule<T>;
    static constexpr bool writes_ahead = true;
    static constexpr saddle::extrapolation from = saddle::extrapolation::local;
    T step_size;
    SADDLE_HD T direction(T gradient, state& s) const { return s.last = step_size * gradient; }
    SADDLE_HD T recall(T, state const& s) const { return s.last; }
    SADDLE_HD T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t, int) const {
    return {static_cast<T>(step_size)};
  }
  static constexpr int phases() { return 1; }
  saddle::phase at_phase(int) const { return {.at_h = true}; }
  static std::string name() { return "their-optimizer"; }
  optimizer paced(int) const { return *this; }
  double step_size_at(std::int64_t, int) const { return static_cast<double>(step_size); }
};

template <class C>
struct compressor : C {
  static std::string name() { return "their-" + C::name(); }
};
struct server : saddle::parameter_server<> {};
struct graph : saddle::gossip {};
struct pair : test::mirror {};

}  // namespace theirs

namespace {

using namespace saddle;

template <class Topology, class C>
double after_steps(C const& c, Topology const& topology) {
  trainer t{theirs::problem{}, theirs::optimizer{}, c, topology, loopback{4}, cpu{}};
  t.run(20, [](report const&) { return true; });
  return t.weights(0).min[0];
}

}  // namespace

TEST_CASE("functions of a user's namespace are not taken for the library's") {
  using theirs::compressor;
  CHECK(std::abs(after_steps(identity{}, theirs::server{})) < 1);
  CHECK(std::abs(after_steps(error_feedback<compressor<qsgd<128, 8>>>{}, theirs::server{})) < 1);
  CHECK(std::abs(after_steps(error_feedback<compressor<global_top_k<128>>>{{{0.5}}}, theirs::server{})) < 1);
  CHECK(std::abs(after_steps(ef21<compressor<top_k<128, 64>>>{}, theirs::server{})) < 1);
  CHECK(std::abs(after_steps(identity{}, theirs::graph{{.graph = ring(4)}})) < 1);
  CHECK(std::abs(after_steps(compressor<scaled_sign<128>>{}, theirs::graph{{.graph = ring(4), .consensus_step = 0.1}})) <
        1);
  CHECK(std::abs(after_steps(identity{}, local_steps{theirs::server{}, 2})) < 1);

  std::vector<float> const v(300, 1.0f);
  std::vector<float> memory(300), decoded(300);
  error_feedback<compressor<top_k<128, 8>>> const c{};
  compressed const message = saddle::compress(c, v, memory);
  saddle::decompress(c, message.bytes(), decoded);
  CHECK(decoded[0] + memory[0] == 1);

  async_server pushes{theirs::problem{}, async_settings<compressor<top_k<128, 8>>>{.step_size = 0.1}, loopback{3},
                      cpu{}};
  pushes.run(10);
  CHECK(pushes.report().step == 10);
  md_gan pair{theirs::pair{}, md_gan_settings<theirs::optimizer, theirs::optimizer, compressor<identity>>{}, loopback{2},
              cpu{}};
  pair.run(3);
  CHECK(pair.report().step == 3);
}

TEST_CASE("after `using namespace saddle` the names of POSIX and of everyday programs are not ambiguous") {
  int (*const posix_link)(char const*, char const*) = link;
  int (*const posix_pause)() = pause;
  CHECK((posix_link != nullptr && posix_pause != nullptr));
  int const none = 1, block = 2;
  CHECK(none + block == 3);
}
