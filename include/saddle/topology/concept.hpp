#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/players.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// The downlink that sends the average as it is.
struct exact_downlink {};

// A wrapper (local_steps, tracked) says `using wraps = Tp`, has it in its field `topology`, and says only what it
// changes. Whatever it does not say is asked of the one inside.

template <class Tp>
concept wraps_a_topology = requires(Tp const t) {
  { t.topology } -> std::same_as<typename Tp::wraps const&>;
};
/// The topology inside of all wrappers: its fields tune the exchange.
template <class Tp>
auto const& unwrapped_topology(Tp const& t) {
  if constexpr (wraps_a_topology<Tp>) return unwrapped_topology(t.topology);
  else return t;
}

/// What a topology sends down; one without a server sends nothing.
template <class Tp>
struct downlink_of {
  using type = exact_downlink;
};
template <class Tp>
  requires requires { typename Tp::downlink_type; }
struct downlink_of<Tp> {
  using type = typename Tp::downlink_type;
};
template <wraps_a_topology Tp>
struct downlink_of<Tp> : downlink_of<typename Tp::wraps> {};

/// Whether there are steps that exchange nothing (local_steps): conditions, at(run, step), of the steps that do, and of
/// those that follow one.
template <class Tp>
concept says_when_it_exchanges = requires {
  typename Tp::exchanges;
  typename Tp::begins;
};
template <class Tp>
concept says_what_it_is = requires {
  { Tp::has_server } -> std::same_as<bool const&>;
  { Tp::on_average } -> std::same_as<bool const&>;
  { Tp::amplifies } -> std::same_as<bool const&>;
};
template <class Tp>
concept says_whether_it_varies = requires(Tp const t) {
  { t.varies() } -> std::same_as<bool>;
};
template <class Tp>
concept mixes_for_a_number_of_rounds = requires(Tp const t, std::int64_t step, int round, int worker) {
  { t.rounds_per_exchange() } -> std::same_as<int>;
  { t.sources(step, round, worker, worker) } -> std::same_as<std::vector<edge>>;
};
/// Of whoever has a field `downlink`: without the type it would be left out.
template <class Tp>
concept names_the_type_of_its_downlink =
    !requires(Tp const t) { t.downlink; } || requires(Tp const t) {
      { t.downlink } -> std::same_as<typename Tp::downlink_type const&>;
    };
template <class Tp>
concept checks_itself = requires(Tp const t, int workers, bool lossy, bool memory) { t.check(workers, lossy, memory); };
template <class Tp>
concept topology_has_a_name = requires(Tp const t) {
  { t.name() } -> std::convertible_to<std::string>;
};
/// A run of policies, as far as a topology writes its part of a step's list with it.
struct run_archetype {
  struct compression {};
  static constexpr bool is_exact = true, measures_norms = false;
  static constexpr feedback kept = feedback::none;
};
template <class Tp>
concept has_a_slot_for_each_vector = requires { typename Tp::template slot_of<run_archetype, name::w>; };
template <class Tp>
concept moves_vectors_together = requires {
  typename Tp::template together<run_archetype, name::w, make_fixed<chain<>>, binds<>>;
  typename Tp::template move<run_archetype, name::w, make_fixed<chain<>>, name::g, both_players, false>;
  typename Tp::template before_gradient<run_archetype, both_players>;
};
/// Of whoever mixes what a compressor has lost: gamma.
template <class Tp>
concept has_a_consensus_step_for_losses = Tp::has_server || Tp::amplifies || requires(Tp const t) {
  { t.consensus_step } -> std::same_as<std::optional<double> const&>;
};

// ---- What is asked of a topology, whether it is wrapped or not ----

#define SADDLE_OF_TOPOLOGY(constant)                                            \
  template <class Tp>                                                           \
  inline constexpr bool topology_##constant = [] {                              \
    if constexpr (requires { Tp::constant; }) return Tp::constant;              \
    else return topology_##constant<typename Tp::wraps>;                        \
  }()
SADDLE_OF_TOPOLOGY(has_server);
SADDLE_OF_TOPOLOGY(on_average);
SADDLE_OF_TOPOLOGY(amplifies);
#undef SADDLE_OF_TOPOLOGY
/// Whether its server weights the workers.
template <class Tp>
inline constexpr bool topology_weighted = [] {
  if constexpr (requires { Tp::weighted; }) return Tp::weighted;
  else if constexpr (wraps_a_topology<Tp>) return topology_weighted<typename Tp::wraps>;
  else return false;
}();

namespace detail {
template <class Tp>
struct exchanges_of {
  using exchanges = typename exchanges_of<typename Tp::wraps>::exchanges;
  using begins = typename exchanges_of<typename Tp::wraps>::begins;
};
template <says_when_it_exchanges Tp>
struct exchanges_of<Tp> {
  using exchanges = typename Tp::exchanges;
  using begins = typename Tp::begins;
};
}  // namespace detail
template <class Tp>
using topology_exchanges = typename detail::exchanges_of<Tp>::exchanges;
template <class Tp>
using topology_begins = typename detail::exchanges_of<Tp>::begins;

/// Who hears whom in a round of a step, with the weights, in ascending order.
template <class Tp>
std::vector<edge> sources_of(Tp const& t, std::int64_t step, int round, int worker, int workers) {
  if constexpr (requires { t.sources(step, round, worker, workers); }) return t.sources(step, round, worker, workers);
  else return sources_of(t.topology, step, round, worker, workers);
}
template <class Tp>
int rounds_of(Tp const& t) {
  return unwrapped_topology(t).rounds_per_exchange();
}
template <class Tp>
bool is_varying(Tp const& t) {
  return unwrapped_topology(t).varies();
}
/// Whether the workers are mixed before they take their directions.
template <class Tp>
bool combines_before_it_adapts(Tp const& t) {
  auto const& inner = unwrapped_topology(t);
  if constexpr (requires { inner.combines_first(); }) return inner.combines_first();
  else return false;
}
/// Whether the mean over the workers stays where it is.
template <class Tp>
bool keeps_the_mean(Tp const& t) {
  auto const& inner = unwrapped_topology(t);
  if constexpr (requires { inner.graph.sums; }) return inner.graph.sums == stochastic::doubly;
  else return !topology_weighted<Tp>;
}
/// Whether workers exchange in a step, and how many steps lie between two exchanges on average.
template <class Tp>
bool is_exchange_step(Tp const& t, std::uint64_t seed, std::int64_t step) {
  if constexpr (requires { t.is_round(seed, step); }) return t.is_round(seed, step);
  else if constexpr (wraps_a_topology<Tp>) return is_exchange_step(t.topology, seed, step);
  else return true;
}
template <class Tp>
double steps_between_exchanges(Tp const& t) {
  if constexpr (requires { t.steps_a_round(); }) return t.steps_a_round();
  else if constexpr (wraps_a_topology<Tp>) return steps_between_exchanges(t.topology);
  else return 1;
}
/// The step with which the round of this one began.
template <class Tp>
std::int64_t begin_of_round(Tp const& t, std::uint64_t seed, std::int64_t step) {
  while (step > 1 && !is_exchange_step(t, seed, step - 1)) --step;
  return step;
}
/// Whether a worker takes part in a step; all workers know.
template <class Tp>
bool takes_part(Tp const& t, std::uint64_t seed, std::int64_t step, int worker, int workers) {
  if constexpr (requires { t.takes_part(seed, step, worker, workers); })
    return t.takes_part(seed, step, worker, workers);
  else if constexpr (wraps_a_topology<Tp>) return takes_part(t.topology, seed, step, worker, workers);
  else return true;
}
template <class Tp>
inline constexpr bool draws_its_workers = [] {
  if constexpr (requires(Tp const t) { t.takes_part(1u, 1, 0, 1); }) return true;
  else if constexpr (wraps_a_topology<Tp>) return draws_its_workers<typename Tp::wraps>;
  else return false;
}();
/// As which players a worker takes no part in any step: where each player has workers of its own.
template <class Tp>
char players_left_out(Tp const& t, int worker, int workers) {
  if constexpr (requires { t.leaves_out(worker, workers); }) return t.leaves_out(worker, workers);
  else if constexpr (wraps_a_topology<Tp>) return saddle::players_left_out(t.topology, worker, workers);
  else return no_player;
}
template <class Tp>
inline constexpr bool separates_players = [] {
  if constexpr (requires(Tp const t) { t.leaves_out(0, 1); }) return true;
  else if constexpr (wraps_a_topology<Tp>) return separates_players<typename Tp::wraps>;
  else return false;
}();
/// Both.
template <class Tp>
char absence_of(Tp const& t, std::uint64_t seed, std::int64_t step, int worker, int workers) {
  bool const is_there = saddle::takes_part(t, seed, step, worker, workers);
  return is_there ? saddle::players_left_out(t, worker, workers) : every_player;
}
/// The fields that decide what is sent, with a space before them, or nothing.
template <class Tp>
std::string details_of(Tp const& t) {
  if constexpr (requires { t.details(); }) return " " + t.details();
  else if constexpr (wraps_a_topology<Tp>) return details_of(t.topology);
  else return {};
}
/// errors  std::invalid_argument where the combination makes no sense
template <class Tp>
void check_topology(Tp const& t, int workers, bool lossy, bool memory) {
  if constexpr (wraps_a_topology<Tp>) check_topology(t.topology, workers, lossy, memory);
  if constexpr (checks_itself<Tp>) t.check(workers, lossy, memory);
}

/// Whether its exchanges make sense only where all workers take part.
template <class Tp>
inline constexpr bool needs_everyone = [] {
  if constexpr (requires { Tp::needs_everyone; }) return Tp::needs_everyone;
  else if constexpr (wraps_a_topology<Tp>) return saddle::needs_everyone<typename Tp::wraps>;
  else return false;
}();

/// local_steps, or another one whose steps are not all exchanges.
template <class Tp>
inline constexpr bool steps_alone = !std::is_same_v<topology_exchanges<Tp>, always>;

// ---- The parts of a step's list that a topology writes ----

namespace detail {

template <class Tp, class Run, class Subject>
struct slot_for {
  using type = typename slot_for<typename Tp::wraps, Run, Subject>::type;
};
template <class Tp, class Run, class Subject>
  requires requires { typename Tp::template slot_of<Run, Subject>; }
struct slot_for<Tp, Run, Subject> {
  using type = typename Tp::template slot_of<Run, Subject>;
};
template <class Tp, class Run, class Subject, class Make, class Binds>
struct together_in {
  using type = typename together_in<typename Tp::wraps, Run, Subject, Make, Binds>::type;
};
template <class Tp, class Run, class Subject, class Make, class Binds>
  requires requires { typename Tp::template together<Run, Subject, Make, Binds>; }
struct together_in<Tp, Run, Subject, Make, Binds> {
  using type = typename Tp::template together<Run, Subject, Make, Binds>;
};
template <class Tp, class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
struct move_in {
  using type = typename move_in<typename Tp::wraps, Run, Subject, Make, G, Player, KeepsMoved>::type;
};
template <class Tp, class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  requires requires { typename Tp::template move<Run, Subject, Make, G, Player, KeepsMoved>; }
struct move_in<Tp, Run, Subject, Make, G, Player, KeepsMoved> {
  using type = typename Tp::template move<Run, Subject, Make, G, Player, KeepsMoved>;
};
template <class Tp, class Run, int Player>
struct before_gradient_in {
  using type = typename before_gradient_in<typename Tp::wraps, Run, Player>::type;
};
template <class Tp, class Run, int Player>
  requires requires { typename Tp::template before_gradient<Run, Player>; }
struct before_gradient_in<Tp, Run, Player> {
  using type = typename Tp::template before_gradient<Run, Player>;
};

}  // namespace detail

/// The exchange of a vector.
template <class Tp, class Run, class Subject>
using slot_in = typename detail::slot_for<Tp, Run, Subject>::type;
/// subject := together(subject - Make).
template <class Tp, class Run, class Subject, class Make, class Binds = binds<>>
using together_in = typename detail::together_in<Tp, Run, Subject, Make, Binds>::type;
/// subject := together(subject - the direction that Make takes along G). The mean is kept as `moved`, if that is wanted.
template <class Tp, class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
using move_in = typename detail::move_in<Tp, Run, Subject, Make, G, Player, KeepsMoved>::type;
/// What of a move does not wait for the gradient.
template <class Tp, class Run, int Player>
using before_gradient_in = typename detail::before_gradient_in<Tp, Run, Player>::type;

/// Who sends to whom with which weight, and how that moves a vector: it writes its part of a step's list.
///
/// exchanges, begins                       in which steps there is an exchange, and which begin after one: conditions
/// has_server, on_average, amplifies       a server; directions of the average; rounds that make more of what is lost
/// slot_of<Run, Subject>                   how a vector is exchanged: by which rule of exchange/, compressed by what
/// together<Run, Subject, Make, Binds>     subject := together(subject - Make), a list
/// descend<Run, Subject, Make, G, Player, KeepsMoved>   the same along a direction
/// before_gradient<Run, Player>            what of a move of w does not wait for the gradient, a list
/// rounds_per_exchange()                   how often it mixes in an exchange
/// sources(step, round, worker, workers)   whose messages a worker combines, with the weights, in ascending order
/// varies()                                whether they depend on the step
/// downlink, downlink_type                 what its server compresses the average by, and that type; or neither
/// consensus_step                          std::optional<double>, of a graph whose rules mix what a compressor has lost
/// check(workers, lossy, memory)           throws std::invalid_argument where the combination makes no sense
///
/// A wrapper has `wraps`, the field `topology`, a name, and of these what it changes.
template <class Tp>
concept topology = topology_has_a_name<Tp> &&
                   (wraps_a_topology<Tp> || says_when_it_exchanges<Tp>) &&
                   (wraps_a_topology<Tp> || says_what_it_is<Tp>) &&
                   (wraps_a_topology<Tp> || has_a_slot_for_each_vector<Tp>) &&
                   (wraps_a_topology<Tp> || moves_vectors_together<Tp>) &&
                   (wraps_a_topology<Tp> || mixes_for_a_number_of_rounds<Tp>) &&
                   (wraps_a_topology<Tp> || says_whether_it_varies<Tp>) &&
                   (wraps_a_topology<Tp> || has_a_consensus_step_for_losses<Tp>) &&
                   (wraps_a_topology<Tp> || names_the_type_of_its_downlink<Tp>) &&
                   (wraps_a_topology<Tp> || checks_itself<Tp>);

SADDLE_NAMESPACE_END
