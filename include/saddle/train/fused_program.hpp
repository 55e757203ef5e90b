#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/average.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/step/relay.hpp"
#include "saddle/step/restore.hpp"
#include "saddle/step/select.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

/// The bucket length of a combination; identity goes along with any.
inline constexpr int default_bucket = 512;
template <class Up, class Down>
constexpr int common_bucket() {
  static_assert(Up::bucket == any_bucket || Down::bucket == any_bucket || Up::bucket == Down::bucket,
                "the downlink's bucket must be the uplink's: the server encodes bucket by bucket what it decodes");
  if constexpr (Up::bucket != any_bucket) return Up::bucket;
  else if constexpr (Down::bucket != any_bucket) return Down::bucket;
  else return default_bucket;
}

/// What a topology sends down, as a compressor. Identity is the neutral element of the family, and the one policy that
/// this folder knows by name.
template <class Topology>
using downlink_compressor = std::conditional_t<std::is_same_v<typename downlink_of<Topology>::type, exact_downlink>,
                                               identity, typename downlink_of<Topology>::type>;

/// What a combination of types must satisfy; each failure is one sentence.
template <class O, class C, class Topology, class T>
constexpr bool sound_combination() {
  using Rule = rule_of<O, T>;
  using wire = wire_compressor<C>;
  using scheme = typename Topology::template scheme<is_exact<wire>, has_memory<C>>;
  using down = downlink_compressor<Topology>;
  constexpr bool averaged = extrapolates<Rule> == extrapolation::averaged;
  static_assert(!scheme::shares_weights || is_unbiased<wire> || has_memory<C>,
                "a biased compressor on a parameter server needs error_feedback: its errors would not average out");
  static_assert(is_unbiased<wire_compressor<down>> || has_memory<down>,
                "a biased compressor on the downlink needs error_feedback: its errors would not average out");
  static_assert(!averaged || scheme::shares_weights,
                "gossip has no average to look ahead along: use the local extrapolation");
  static_assert(!averaged || writes_ahead<Rule> || !has_memory<C>,
                "one error memory cannot serve both exchanges of an averaged extragradient: send bare, or look ahead locally");
  return true;
}

/// The kernels of one combination on one executor.
template <class T, class O, class C, class Topology, class Scheme, class Executor>
class fused_program final : public program<T> {
  using Up = wire_compressor<C>;
  using down_type = downlink_compressor<Topology>;
  using Down = wire_compressor<down_type>;
  using Rule = rule_of<O, T>;
  static constexpr bool relays = !is_exact<Down>;
  static constexpr int bucket_length = common_bucket<Up, Down>();
  static_assert(sound_combination<O, C, Topology, T>());

 public:
  struct constants {
    std::uint64_t seed;
    box limits[2];
  };

  fused_program(O optimizer, C compressor, Topology topology, Executor const& how, players sizes, constants fixed)
      : optimizer_(std::move(optimizer)),
        compressor_(compressor),
        topology_(std::move(topology)),
        engine_(how),
        layout_{sizes, bucket_length} {
    context_.seed = fixed.seed;
    for (int p = 0; p < 2; ++p) {
      context_.lo[p] = static_cast<T>(fixed.limits[p].lo);
      context_.hi[p] = static_cast<T>(fixed.limits[p].hi);
    }
    context_.consensus_step = T(1);
    if constexpr (requires { topology_.consensus_step; })
      context_.consensus_step = static_cast<T>(topology_.consensus_step.value_or(1.0));
    // What workers that share their weights owe moves w when it is paid; what DeepSqueeze keeps never does.
    if constexpr (has_memory<C> && Scheme::shares_weights)
      context_.subtract_memory = compressor.subtract_in_look_ahead;
    object(optimizer_);
    object(unwrapped(compressor_));
    object(down());
  }

  demands needs() const override {
    demands d;
    d.phases = phases_of(optimizer_);
    for (int k = 0; k < d.phases; ++k) d.look_ahead |= phase_of(optimizer_, k).at_h;
    d.memory = Scheme::memory;
    d.copies = Scheme::copies;
    d.outgoing = selects_globally<Up> && !Scheme::memory;
    d.shares_weights = Scheme::shares_weights;
    d.state_planes = state_planes<Rule, T>;
    d.relays = relays;
    d.server_memory = relays && (has_memory<down_type> || selects_globally<Down>);
    d.rounds = topology_.rounds_per_exchange();
    return d;
  }
  phase phase_at(int k) const override { return phase_of(optimizer_, k); }
  bucket_layout const& layout() const override { return layout_; }
  std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const override {
    std::vector<edge> from = topology_.sources(step, round, worker, workers);
    if constexpr (Scheme::memory && !Scheme::shares_weights)  // DeepSqueeze mixes with gamma (W - I)
      for (edge& e : from) e.weight = *topology_.consensus_step * (e.weight - (e.worker == worker ? 1 : 0));
    return from;
  }
  std::string optimizer_name() const override { return O::name(); }
  std::string compressor_name() const override { return Up::name(); }
  std::string topology_name() const override {
    std::string name = topology_.name();
    if (relays) name.append("-").append(down_type::name());
    if (Scheme::late) name.append("-late");
    return name;
  }
  bool has_error_feedback() const override { return has_memory<C>; }
  std::string details() const override {
    std::string text = "phases=" + std::to_string(phases_of(optimizer_)) +
                       " rounds=" + std::to_string(topology_.rounds_per_exchange());
    if constexpr (requires { topology_.consensus_step; })
      if (topology_.consensus_step) text += " consensus-step=" + std::to_string(*topology_.consensus_step);
    if constexpr (has_memory<C> && Scheme::shares_weights)
      text += std::string(" look-ahead-subtracts-memory=") + (context_.subtract_memory ? "yes" : "no");
    if constexpr (selects_globally<Up>) text += " kept=" + std::to_string(pairs_of(layout_, unwrapped(compressor_)));
    if constexpr (selects_globally<Down>) text += " kept-downlink=" + std::to_string(pairs_of(layout_, down()));
    return text;
  }

  message_bytes uplink_message(int player) const override { return message_of(player, unwrapped(compressor_)); }
  message_bytes downlink_message(int player) const override { return message_of(player, down()); }
  std::int64_t uplink_planes_bytes() const override { return planes_bytes<Up, T>(layout_, unwrapped(compressor_)); }
  std::int64_t downlink_planes_bytes() const override { return planes_bytes<Down, T>(layout_, down()); }
  message_planes uplink_planes(std::byte* begin) const override {
    return planes_at<Up, T>(layout_, begin, unwrapped(compressor_));
  }
  message_planes downlink_planes(std::byte* begin) const override { return planes_at<Down, T>(layout_, begin, down()); }

  void at(moment const& now) override {
    context_.rule = optimizer_.template at<T>(now.step, now.phase);
    context_.exchange = now.exchange;
    context_.moves = now.first_round;
    context_.last = now.last_round;
    context_.commits = now.commits;
    context_.skips = false;
  }
  void skip() override { context_.skips = true; }

  void adapt(fleet<T> const& all, int player) override {
    launch(adapt_body<Scheme, T, Rule, bucket_length>{layout_, &context_, all.workers.data(), all.non_finite.data()},
           all.hosted, player);
  }
  void encode(fleet<T> const& all, int player) override {
    if constexpr (selects_globally<Up>) {
      for (std::size_t m = 0; m < all.workers.size(); ++m)
        select<Scheme>(outgoing_body<Scheme, T, Rule, bucket_length>{layout_, &context_, all.workers[m], all.non_finite[m], {}},
                       unwrapped(compressor_), all.workers[m], all.outgoing[m], player);
    } else {
      launch(encode_body<Scheme, Up, T, Rule, bucket_length>{unwrapped(compressor_), layout_, &context_,
                                                           all.workers.data(), all.outgoing.data(),
                                                           all.non_finite.data(), static_cast<std::uint32_t>(all.first)},
           all.hosted, player);
    }
  }
  void relay(fleet<T> const& all, incoming<T> const& from, int player) override {
    constexpr bool owes = has_memory<down_type>;
    if constexpr (relays && selects_globally<Down>) {
      if (context_.skips) return;
      worker_arrays<T> server;
      server.memory = server.outgoing = all.server_memory;
      select<updates<owes>>(
          relayed_body<owes, Up, T, bucket_length>{unwrapped(compressor_), layout_, &from, all.server_memory,
                                                   all.server_non_finite, {}},
          down(), server, all.server_message, player);
    } else if constexpr (relays) {
      launch(relay_body<owes, Up, Down, T, bucket_length>{unwrapped(compressor_), down(), layout_, &context_, &from,
                                                          all.server_memory, all.server_message, all.server_non_finite,
                                                          all.server},
             1, player);
    }
  }
  void apply(fleet<T> const& all, std::vector<incoming<T>> const& from, int player) override {
    using decoder = std::conditional_t<Scheme::copies, identity, std::conditional_t<relays, Down, Up>>;
    decoder d{};
    if constexpr (!Scheme::copies && !relays) d = unwrapped(compressor_);
    else if constexpr (!Scheme::copies) d = down();
    int const sharing = Scheme::shares_weights ? all.hosted : 1;
    using applied = applying_rule<Scheme, Rule>;
    static constexpr absent_rule no_rule;
    applied const* rules;
    if constexpr (std::is_same_v<applied, Rule>) rules = &context_.rule;
    else rules = &no_rule;
    launch(apply_body<Scheme, decoder, T, applied, bucket_length>{d, layout_, &context_, rules, all.workers.data(), sharing,
                                                                  from.data(), all.non_finite.data()},
           all.hosted / sharing, player);
  }
  void restore(fleet<T> const& all, int player) override {
    if constexpr (Scheme::memory && Scheme::shares_weights)
      launch(restore_body<Up, T, bucket_length>{unwrapped(compressor_), layout_, all.workers.data(), all.outgoing.data()},
             all.hosted, player);
  }
  void each_worker(int hosted, std::function<void(int)> const& f) override {
    engine_.each(hosted, [&](std::int64_t m) { f(static_cast<int>(m)); });
  }
  void average(T* average, T const* w, T keep) override {
    launch(average_body<T, bucket_length>{layout_, average, w, keep}, 1, phase::both);
  }

 private:
  template <class Body>
  void launch(Body const& body, int rows, int player) {
    auto const [first, last] = buckets_of(player);
    if (first < last) engine_.run(body, rows, first, last);
  }
  std::pair<std::int64_t, std::int64_t> buckets_of(int player) const {
    return {player == 1 ? layout_.first_bucket(1) : 0, player == 0 ? layout_.first_bucket(1) : layout_.buckets()};
  }
  /// Kernel 1 in rounds: `writes` puts p aside, then the largest of it are found and encoded by `by`.
  template <class Keeper, class Writes, class By>
  void select(Writes writes, By const& by, worker_arrays<T> const& who, message_planes const& message, int player) {
    auto const [first, last] = buckets_of(player);
    if (first >= last) return;
    radix_search<T>& search = writes.search;
    search.wanted = by.kept(part_of(layout_, player).sizes.size());
    std::vector<std::int64_t> counts(radix_search<T>::bins, 0);
    engine_.tally(writes, first, last, counts);
    while (search.advance(counts)) {
      std::fill(counts.begin(), counts.end(), 0);
      engine_.tally(observe_body<T, bucket_length>{layout_, who.outgoing, search}, first, last, counts);
    }
    selection<T> const which = search.found();
    auto const buckets = static_cast<std::size_t>(layout_.buckets());
    std::vector<bucket_tally> tallies(buckets);
    std::vector<std::int64_t> ties_before(buckets);
    engine_.run(count_body<T, bucket_length>{layout_, who.outgoing, which, tallies.data()}, 1, first, last);
    place_pairs<T>(tallies, first, last, which, reinterpret_cast<std::uint32_t*>(message.begin[0]), ties_before);
    engine_.run(select_body<Keeper, By, T, bucket_length>{by, layout_, who, which, ties_before.data(), message}, 1, first,
                last);
  }
  template <class Any>
  message_bytes message_of(int player, Any const& compressor) const {
    bucket_layout const part = part_of(layout_, player);
    return {static_cast<std::int64_t>(sizeof(message_header)) + planes_bytes<Any, T>(part, compressor),
            payload_bytes<Any, T>(part, compressor)};
  }
  Down down() const {
    if constexpr (relays) return unwrapped(topology_.downlink);
    else return {};
  }
  template <class Policy>
  static void object(Policy const& policy) {
    if constexpr (requires { policy.objection(); })
      if (char const* why = policy.objection()) expects(false, why);
  }

  O optimizer_;
  C compressor_;
  Topology topology_;
  typename Executor::engine engine_;
  bucket_layout layout_;
  step_context<T, Rule> context_{};
};

SADDLE_NAMESPACE_END
