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
#include <list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../algorithm/mirror.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "saddle/algorithm/md_gan.hpp"
#include "saddle/codec/compress.hpp"
#include "saddle/saddle.hpp"

namespace theirs {

#define SADDLE_TEST_GREEDY(name)      \
  template <class... A>               \
  void name(A&&...) = delete;
#define SADDLE_TEST_GREEDY_4(a, b, c, d) \
  SADDLE_TEST_GREEDY(a) SADDLE_TEST_GREEDY(b) SADDLE_TEST_GREEDY(c) SADDLE_TEST_GREEDY(d)
SADDLE_TEST_GREEDY_4(adam_ratio_after, add_decoded, aligned_copy, aligned_room)
SADDLE_TEST_GREEDY_4(all_finite, atomic_min, batch_stream, begin_of_round)
SADDLE_TEST_GREEDY_4(bind, call, changes, check)
SADDLE_TEST_GREEDY_4(check_topology, checksum_of, clamped, combine)
SADDLE_TEST_GREEDY_4(combines_before_it_adapts, common_bucket, compact_largest, connected)
SADDLE_TEST_GREEDY_4(data_of, decide, declare, details_of)
SADDLE_TEST_GREEDY_4(dither, dither_stream, draw, encode_selected)
SADDLE_TEST_GREEDY_4(encode_tile, erase, expect_magic, expect_no_objection)
SADDLE_TEST_GREEDY_4(expected_header, expects, facts_at, facts_of)
SADDLE_TEST_GREEDY_4(finds_non_finite, finds_non_finite_bits, first_async_worker, first_broken_rule)
SADDLE_TEST_GREEDY_4(flaw_in_pairs, for_each_item, for_each_sample, from_magnitude_bits)
SADDLE_TEST_GREEDY_4(get, given, grouping_detail, halve)
SADDLE_TEST_GREEDY_4(goes_on, in_turn, is_connected, is_exchange_step)
SADDLE_TEST_GREEDY_4(is_finite, is_hosted, is_power_of_two, is_varying)
SADDLE_TEST_GREEDY_4(keeps_running_sum, kth_largest, largest_magnitude, launch)
SADDLE_TEST_GREEDY_4(launch_absorb, launch_local, launch_measure, launch_mix)
SADDLE_TEST_GREEDY_4(launch_receive, launch_relay, launch_send, launch_undo)
SADDLE_TEST_GREEDY_4(leaves, letter_of, load_placed_arrays, load_quad)
SADDLE_TEST_GREEDY_4(load_tile, magnitude, magnitude_bits, make_data)
SADDLE_TEST_GREEDY_4(make_walk, message_at, messages, normal_pair)
SADDLE_TEST_GREEDY_4(nth_below, number_of_kind, objection_to, observe)
SADDLE_TEST_GREEDY_4(open_message, open_uniform, opened, order_of_data)
SADDLE_TEST_GREEDY_4(pairs_of, part_at, part_of, payload_bytes)
SADDLE_TEST_GREEDY_4(period_matrix, philox, place, places_in)
SADDLE_TEST_GREEDY_4(plane_bytes, planes_at, planes_bytes, prefetch)
SADDLE_TEST_GREEDY_4(prefetch_next, exchange_number, save_placed_arrays, prepare)
SADDLE_TEST_GREEDY_4(prepended, put, random_block, range_in_plane)
SADDLE_TEST_GREEDY_4(read_to_end, reads, round_up, rounds_of)
SADDLE_TEST_GREEDY_4(run_body, run_lanes, run_operation, run_steps)
SADDLE_TEST_GREEDY_4(runs_whole, samples_of, saturated, seal_message)
SADDLE_TEST_GREEDY_4(seconds_since, see, sequence_block, serves_whole)
SADDLE_TEST_GREEDY_4(shared_coin, sound_combination, sources_of, places_of)
SADDLE_TEST_GREEDY_4(status_of, steps_between_exchanges, served_by, store_quad)
SADDLE_TEST_GREEDY_4(store_tile, sum_of, sweep, sweep_at)
SADDLE_TEST_GREEDY_4(sweep_operation, take, takes_part, tally_body)
SADDLE_TEST_GREEDY_4(tensors_of, trailing_zeros, unaligned, undo_non_finite)
SADDLE_TEST_GREEDY_4(unscaling, unwrapped, unwrapped_topology, width)
SADDLE_TEST_GREEDY_4(wire_bytes, wire_parts, work_for_server, writes)
SADDLE_TEST_GREEDY_4(absence_of, combine_edges, duals_of, equal_shares)
SADDLE_TEST_GREEDY_4(has_player, on_grid, players_left_out, vi_papc_of)
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

/// A direction, an array of its own, a look-ahead along it: all that an optimizer may have.
struct last : saddle::optimizer_state { static constexpr char const* text = "last"; };
template <class T>
struct along_gradient {
  using values = saddle::uses<saddle::in<saddle::name::g>, saddle::out<last>, saddle::out<saddle::name::v>>;
  T step_size;
  SADDLE_HD void operator()(T g, T& last, T& v) const { v = last = step_size * g; }
};
template <class T>
struct ahead_along_last {
  using values = saddle::uses<saddle::in<saddle::name::base>, saddle::in<last>, saddle::out<saddle::name::h>>;
  SADDLE_HD void operator()(T base, T last, T& h) const { h = base - last; }
};
struct optimizer {
  float step_size = 0.1f;
  template <class Who>
  using steps = saddle::step_list<saddle::estimate<saddle::name::h, Who>, saddle::descend<Who>, saddle::look_ahead<Who>>;
  using estimator = saddle::one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {static_cast<T>(step_size)};
  }
  template <class T>
  ahead_along_last<T> ahead(std::int64_t) const {
    return {};
  }
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
  ssize_t (*const posix_send)(int, void const*, std::size_t, int) = send;
  CHECK((posix_send != nullptr));
  std::vector<int> some{1, 2};
  std::vector<int> const taken = move(some);
  CHECK(taken.size() == 2);
  {
    using namespace std;
    list<int> const numbers{1, 2};
    std::ostringstream text;
    text << fixed << numbers.size();
    CHECK(text.str() == "2");
  }
  int const none = 1, block = 2;
  CHECK(none + block == 3);
}
