#pragma once
// The policies that are combined, and which combinations are run: not all, but every two of what can meet.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "product.hpp"
#include "saddle/saddle.hpp"

namespace test {

using namespace saddle;

using optimizer_list = std::tuple<sgda, alternating_sgda, alternating<adam>, omd, averaged_omd, extragradient,
                                  averaged_extragradient, adam, optimistic_adam, omd_adam, extra_adam,
                                  per_player<omd, optimistic_adam>>;

/// What goes on a wire; one of each compressor, and both kinds where it has two.
using wire_list = std::tuple<identity, top_k<128, 16>, global_top_k<128>, random_k<128, 32>,
                             random_k<128, 16, scaling::plain>, qsgd<128, 2, rounding::nearest>, qsgd<256, 4>,
                             qsgd<256, 4, rounding::nearest>, qsgd<128, 8>, natural<256>, half<512>, bfloat,
                             scaled_sign<256>, adacomp_residual<128, 8>>;

/// Bare, with error memory and as differences, as far as there is such a type.
template <class C>
constexpr auto wrapped() {
  if constexpr (contracts<C>) return std::tuple<C, error_feedback<C>, ef21<C>>{};
  else return std::tuple<C>{};
}
template <class... C>
auto all_wrapped(std::tuple<C...> const*) {
  return std::tuple_cat(wrapped<C>()...);
}
using compression_list = decltype(all_wrapped(static_cast<wire_list const*>(nullptr)));

/// Topologies of an uplink's compression: a server may answer by the same one, or by another.
template <class Topology>
struct always {
  template <class>
  using of = Topology;
};
template <adapts Adapts>
struct answers_alike {
  template <class C>
  using of = parameter_server<C, Adapts>;
};
struct answers_alike_in_rounds {
  template <class C>
  using of = local_steps<parameter_server<C>>;
};
using largest_down = parameter_server<error_feedback<top_k<128, 16>>>;
using topology_list =
    std::tuple<always<parameter_server<>>, answers_alike<adapts::on_worker>, always<largest_down>,
               always<parameter_server<exact_downlink, adapts::on_average>>, answers_alike<adapts::on_average>,
               always<gossip>, always<accelerated_gossip>, always<local_steps<parameter_server<>>>,
               answers_alike_in_rounds, always<local_steps<gossip>>, always<local_steps<accelerated_gossip>>>;

/// Exact, or what is kept of a loss.
template <class C>
constexpr int kind_of() {
  return is_exact<wire_compressor<C>> ? 0 : 1 + static_cast<int>(feedback_of<C>);
}
inline constexpr int kinds = 4;
/// Topologies with a server, and without.
template <class Topology>
constexpr int family_of() {
  return topology_has_server<Topology> ? 1 : 0;
}
inline constexpr int families = 2;

struct triple {
  int optimizer = 0, compression = 0, topology = 0;
};
inline constexpr int optimizers = std::tuple_size_v<optimizer_list>, topologies = std::tuple_size_v<topology_list>,
                     compressions = std::tuple_size_v<compression_list>, cube = optimizers * compressions * topologies;
/// The i-th of the cube, so that those that follow each other have little in common.
constexpr triple triple_at(int i) {
  int const place = static_cast<int>(i * 1009LL % cube);  // a prime that divides no length
  return {place % optimizers, place / optimizers % compressions, place / optimizers / compressions};
}
static_assert(cube % 1009 != 0);

template <class O, class C, class Topology>
constexpr bool is_sound_over = is_sound<O, C, typename Topology::template of<C>>;
inline constexpr auto sound = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array<bool, cube>{is_sound_over<std::tuple_element_t<I % optimizers, optimizer_list>,
                                              std::tuple_element_t<I / optimizers % compressions, compression_list>,
                                              std::tuple_element_t<I / optimizers / compressions, topology_list>>...};
}(std::make_integer_sequence<int, cube>{});
constexpr bool is_sound_triple(triple t) {
  return sound[static_cast<std::size_t>(t.optimizer + optimizers * (t.compression + compressions * t.topology))];
}

inline constexpr auto kind_table = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<int, compressions>{kind_of<std::tuple_element_t<I, compression_list>>()...};
}(std::make_index_sequence<compressions>{});
inline constexpr auto family_table = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<int, topologies>{
      family_of<typename std::tuple_element_t<I, topology_list>::template of<identity>>()...};
}(std::make_index_sequence<topologies>{});

/// What has met. Every optimizer is to meet every topology and every kind of compression, every kind every topology,
/// and every compression a server and a graph.
struct meetings {
  bool optimizer_topology[optimizers][topologies] = {}, optimizer_kind[optimizers][kinds] = {};
  bool kind_topology[kinds][topologies] = {}, compression_family[compressions][families] = {};
  bool compiled[compressions][topologies] = {};  // messages and exchanges, which optimizers share

  constexpr void note(triple t) {
    for (bool* met : met_by_optimizer(t)) *met = true;
    for (bool* met : met_by_compression(t)) *met = true;
    compiled[t.compression][t.topology] = true;
  }
  constexpr int new_to_optimizer(triple t) { return count_new(met_by_optimizer(t)); }
  constexpr int new_to_compression(triple t) { return count_new(met_by_compression(t)); }

 private:
  static constexpr int count_new(std::array<bool*, 2> met) { return !*met[0] + !*met[1]; }
  constexpr std::array<bool*, 2> met_by_optimizer(triple t) {
    return {&optimizer_topology[t.optimizer][t.topology], &optimizer_kind[t.optimizer][kind(t)]};
  }
  constexpr std::array<bool*, 2> met_by_compression(triple t) {
    return {&kind_topology[kind(t)][t.topology],
            &compression_family[t.compression][family_table[static_cast<std::size_t>(t.topology)]]};
  }
  static constexpr int kind(triple t) { return kind_table[static_cast<std::size_t>(t.compression)]; }
};
struct selection_of_triples {
  std::array<triple, cube> all{};
  int size = 0, exchanges = 0;
};
/// Triples until all have met that can. A compression over a topology costs more to compile than one more optimizer
/// with both: new ones are for meetings of their own, those first that bring the most.
inline constexpr selection_of_triples chosen = [] {
  selection_of_triples chosen;
  meetings so_far;
  auto const take_all = [&](auto wanted) {
    for (int i = 0; i < cube; ++i) {
      triple const t = triple_at(i);
      if (!is_sound_triple(t) || !wanted(t)) continue;
      chosen.exchanges += !so_far.compiled[t.compression][t.topology];
      so_far.note(t);
      chosen.all[static_cast<std::size_t>(chosen.size++)] = t;
    }
  };
  for (int both = 2; both > 0; --both)
    for (int own = 2; own >= 0; --own)
      take_all([&](triple t) { return so_far.new_to_compression(t) >= both && so_far.new_to_optimizer(t) >= own; });
  for (int own = 2; own > 0; --own)
    take_all([&](triple t) {
      return so_far.compiled[t.compression][t.topology] && so_far.new_to_optimizer(t) >= own;
    });
  take_all([&](triple t) { return so_far.new_to_optimizer(t) > 0; });
  return chosen;
}();

/// f with the policies of each chosen triple.
template <class F>
void each_triple(F f) {
  auto const one = [&]<int I>(std::integral_constant<int, I>) {
    constexpr triple t = chosen.all[static_cast<std::size_t>(I)];
    using compression = std::tuple_element_t<static_cast<std::size_t>(t.compression), compression_list>;
    using topology = std::tuple_element_t<static_cast<std::size_t>(t.topology), topology_list>;
    f.template operator()<std::tuple_element_t<static_cast<std::size_t>(t.optimizer), optimizer_list>, compression,
                          typename topology::template of<compression>>();
  };
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (one(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, chosen.size>{});
}

// ---- What the topologies of the list are run as ----

template <class Topology>
struct arrangement {
  Topology topology;
  int workers;
  std::int64_t messages;  // of workers, a step that exchanges
  message_shape down{};   // of the server's answers, one a worker
  int every = 1;
  bool all_equal = false;
};

/// The downlink's fields, where it has some.
template <class Down>
Down downlink() {
  if constexpr (std::is_same_v<Down, exact_downlink>) return {};
  else if constexpr (selects_globally<wire_compressor<Down>>) return {wire_compressor<Down>{1.0 / 16}};
  else return {};
}
template <class C, class Down, adapts Adapts>
auto arrangements_of(parameter_server<Down, Adapts> const*) {
  std::vector<arrangement<parameter_server<Down, Adapts>>> all;
  for (int const workers : {3, 4})
    all.push_back({{downlink<Down>()}, workers, workers, shape_of(downlink<Down>()), 1, true});
  return all;
}
template <class C>
auto arrangements_of(gossip const*) {
  struct shape {
    mixing_graph graph;
    std::int64_t messages;  // a round
    int rounds;
    gossip_order order;
  };
  auto const early = gossip_order::adapt_then_combine, late = gossip_order::combine_then_adapt;
  constexpr bool lossy = !is_exact<wire_compressor<C>>;
  std::vector<shape> shapes{
      {ring(4), 8, 1, early}, {ring(3), 6, 3, late},  {complete(4), 12, 3, early}, {complete(3), 6, 1, late},
      {star(4), 6, 2, early}, {directed_ring(3), 3, 1, late}};
  if (!lossy || has_memory<C>) {
    shapes.push_back({one_peer_exponential(4), 4, 1, late});
    shapes.push_back({one_peer_exponential(3), 3, 3, early});
  }
  std::vector<arrangement<gossip>> all;
  for (shape const& s : shapes) {
    gossip g{.graph = s.graph, .rounds = s.rounds, .order = s.order};
    if (lossy) g.consensus_step = 0.1;
    bool const all_equal = !lossy && s.order == early && s.graph.name == "complete";
    all.push_back({g, s.graph.workers, s.messages * s.rounds, {}, 1, all_equal});
  }
  return all;
}
template <class C>
auto arrangements_of(accelerated_gossip const*) {
  accelerated_gossip const ringed{.graph = ring(5), .rounds = 3, .spectral_gap = 0.46};
  accelerated_gossip const starred{.graph = star(4),
                                   .rounds = 12,
                                   .spectral_gap = 0.25,
                                   .rule = acceleration::fast_mix,
                                   .order = gossip_order::combine_then_adapt};
  return std::vector<arrangement<accelerated_gossip>>{{ringed, 5, 10 * 3}, {starred, 4, 6 * 12}};
}
/// A checkpoint, after 3 steps, lies between rounds of 2, 4 and 7.
template <class C, class Inner>
auto arrangements_of(local_steps<Inner> const*) {
  std::vector<arrangement<local_steps<Inner>>> all;
  std::vector<int> const in_turn{2, 4, 7};
  for (auto const& n : arrangements_of<C>(static_cast<Inner const*>(nullptr))) {
    bool const around_a_server = n.down.payload != nullptr;
    for (int const every : around_a_server && n.workers == 3 ? in_turn : std::vector{2})
      all.push_back({{n.topology, every}, n.workers, n.messages, n.down, every,
                     n.all_equal && product_steps % every == 0});
  }
  return all;
}

template <class O>
std::vector<O> with_step_sizes() {
  double const eta = 0.01;
  O one{};
  if constexpr (std::is_same_v<O, per_player<omd, optimistic_adam>>)
    return {{.min = {eta}, .max = {.step_size = eta}}, {.min = {eta}, .max = {.step_size = eta}, .max_steps = 3}};
  else if constexpr (requires { one.policy; }) one.policy.step_size = eta;
  else one.step_size = eta;
  return {one};
}
template <class C>
C with_fields() {
  if constexpr (!selects_globally<wire_compressor<C>>) return {};
  else if constexpr (has_memory<C>) return {wire_compressor<C>{1.0 / 16}};
  else return {1.0 / 16};
}

template <class O, class C, class Topology>
void check_combination() {
  C const c = with_fields<C>();
  for (O const& o : with_step_sizes<O>())
    for (auto const& n : arrangements_of<C>(static_cast<Topology const*>(nullptr))) {
      std::string const what = O::name() + ", " + C::name() + ", " + n.topology.name();
      CAPTURE(what);
      CAPTURE(n.workers);
      auto const make = [&](int threads, anywhere const& where) {
        return trainer{coupled_game{}, o, c, n.topology, where, cpu{threads}, settings{.seed = 3}};
      };
      costs expected{sent(o, shape_of(c), n.messages), {}, gradients_of(o), n.every};
      if (n.down.payload) expected.down = sent(o, n.down, n.workers);
      check_run(make, n.workers, expected, n.all_equal);
    }
}

inline void check_combinations() {
  each_triple([]<class O, class C, class Topology>() { check_combination<O, C, Topology>(); });
}

}  // namespace test
