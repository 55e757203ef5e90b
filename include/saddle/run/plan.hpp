#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/estimator/concept.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct agreed : scratch_array { static constexpr char const* text = "agreed"; };  // a server's mean of a state
}  // namespace name

// What an optimizer wrote becomes operations: its estimates those of the estimator and the correction, its moves those
// of the topology.

/// A look-ahead starts from x.
struct from_x {
  using values = uses<in<name::x>, out<name::base>>;
  template <class T>
  SADDLE_HD void operator()(T x, T& base) const {
    base = x;
  }
};
/// From where x will be when what is owed is paid: share is 1, or 0 where that is not wanted.
template <class T>
struct from_x_less_owed {
  using values = uses<in<name::x>, in<name::e>, out<name::base>>;
  T share;
  SADDLE_HD void operator()(T x, T e, T& base) const { base = x - share * e; }
};
struct base_of_look_ahead {
  template <class T, class Run>
  static auto at(Run const& r, iteration const&) {
    if constexpr (Run::can_subtract && !Run::on_average)
      return from_x_less_owed<T>{r.subtracts_memory() ? T(1) : T(0)};
    else return from_x{};
  }
};
/// The same where the memory is in units of the gradient.
template <class T>
struct adds_owed {
  using values = uses<in<name::estimated>, in<name::e>, out<name::g>>;
  T share;
  SADDLE_HD void operator()(T estimated, T e, T& g) const { g = estimated + share * e; }
};
struct gradient_with_owed {
  template <class T, class Run>
  static auto at(Run const& r, iteration const&) {
    if constexpr (Run::can_subtract) return adds_owed<T>{r.subtracts_memory() ? T(1) : T(0)};
    else return copies<name::estimated, name::g>{};
  }
};
/// What is owed alone.
template <class T>
struct takes_owed {
  using values = uses<in<name::e>, out<name::g>>;
  T share;
  SADDLE_HD void operator()(T e, T& g) const { g = share * e; }
};
struct owes_nothing {
  using values = uses<out<name::g>>;
  template <class T>
  SADDLE_HD void operator()(T& g) const {
    g = T(0);
  }
};
struct owed_gradient {
  template <class T, class Run>
  static auto at(Run const& r, iteration const&) {
    if constexpr (Run::can_subtract && Run::on_average) return takes_owed<T>{r.subtracts_memory() ? T(1) : T(0)};
    else return owes_nothing{};
  }
};
struct looks_ahead_by_v {
  using values = uses<in<name::base>, in<name::v>, out<name::h>>;
  template <class T>
  SADDLE_HD void operator()(T base, T v, T& h) const {
    h = base - v;
  }
};
template <class T>
struct averages_iterates {
  using values = uses<inout<name::mean>, in<name::w>>;
  T keep;
  SADDLE_HD void operator()(T& mean, T w) const { mean = keep * mean + (T(1) - keep) * w; }
};
struct average_of_iterates {
  template <class T, class Run>
  static averages_iterates<T> at(Run const& r, iteration const& i) {
    auto const t = static_cast<double>(i.step);
    return {static_cast<T>(r.average == averaging::uniform ? t / (t + 1) : r.decay)};
  }
};
struct averages_something {
  static constexpr bool constant = true;
  template <class Run>
  static bool at(Run const& r, std::int64_t) {
    return r.average != averaging::none;
  }
};

namespace detail {

template <class Who, class... R>
inline constexpr bool is_moved_next = false;
template <class Who, class... R>
inline constexpr bool is_moved_next<Who, descend<Who, name::w>, R...> = true;
template <class Who, class... R>
inline constexpr bool is_moved_next<Who, descend_and_keep<Who>, R...> = true;
template <class Who, class First, class... R>
inline constexpr bool is_moved_next<Who, descend_after<Who, First>, R...> = true;
template <class Who, class W, class... R>
inline constexpr bool is_moved_next<Who, measure_norm<W>, R...> = is_moved_next<Who, R...>;

/// The operation of the optimizer, along g.
template <class Who>
using own_look_ahead = made_in_turn<base_of_look_ahead, ahead_of<Who>, bounded<name::h>>;
/// Whoever of a topology and its wrappers makes the moves.
template <class Tp>
struct mover_of : mover_of<typename Tp::wraps> {};
template <class Tp>
  requires requires {
    typename Tp::template move<run_archetype, name::w, make_fixed<chain<>>, name::g, both_players, false>;
  }
struct mover_of<Tp> {
  using type = Tp;
};
template <class Tp>
using mover = typename mover_of<Tp>::type;
template <class Tp>
concept looks_ahead_in_the_move = requires {
  typename mover<Tp>::template move_and_look_ahead<run_archetype, make_fixed<chain<>>, name::g, both_players,
                                                   make_fixed<chain<>>>;
};

/// G: where the estimate lies that counts now. K: how many there were. Begun: what of the move does not wait has begun.
template <class Run, class G, int K, bool Begun, class... Op>
struct plan {
  using type = step_list<>;
};
template <class Run, class G, int K, bool Begun, class Op, class... R>
struct plan<Run, G, K, Begun, Op, R...> {
  using type = cat<step_list<Op>, typename plan<Run, G, K, Begun, R...>::type>;
};

template <class Run, class G, int K, bool Begun, class At, class Who, class N, class... R>
struct plan<Run, G, K, Begun, estimate<At, Who, N>, R...> {
  using estimator = typename Run::optimizer_type::estimator;
  using correction = topology_correction<typename Run::topology_type>;
  static constexpr int player = Who::player;
  static constexpr bool begins = is_moved_next<Who, R...>;
  using estimated = typename estimator::template result<K>;
  using type = cat<
      std::conditional_t<begins, saddle::before_gradient_in<typename Run::topology_type, Run, player>,
                         step_list<>>,
      typename estimator::template steps<At, drawn_by<Who, N>, player, K>,
      typename correction::template steps<Run, estimated, K, player>,
      typename plan<Run, typename correction::template result<Run, estimated, K>, K + 1, begins, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class Subject, class... R>
struct plan<Run, G, K, Begun, descend<Who, Subject>, R...> {
  using topology = typename Run::topology_type;
  static constexpr bool begins = !Begun && std::is_same_v<Subject, name::w>;
  using type = cat<std::conditional_t<begins, saddle::before_gradient_in<topology, Run, Who::player>, step_list<>>,
                   saddle::move_in<topology, Run, Subject, direction_of<Who>, G, Who::player, false>,
                   typename plan<Run, G, K, false, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class First, class... R>
struct plan<Run, G, K, Begun, descend_after<Who, First>, R...> {
  using topology = typename Run::topology_type;
  template <class Op>
  struct one {
    using type = step_list<Op>;
  };
  template <class Make>
  struct one<weigh_worker<Make>> {
    using mixed = when<topology_exchanges<topology>, mix_scalars<1>>;
    using type = std::conditional_t<Run::weighted, step_list<change_scalars<Make>, mixed>, step_list<>>;
  };
  template <class L>
  struct all;
  template <class... Op>
  struct all<step_list<Op...>> {
    using type = cat<step_list<>, typename one<Op>::type...>;
  };
  using first = typename all<First>::type;
  using make = std::conditional_t<Run::on_average, made_after<first, direction_of<Who>>, direction_of<Who>>;
  using type =
      cat<std::conditional_t<Begun, step_list<>, saddle::before_gradient_in<topology, Run, Who::player>>,
          typename std::conditional_t<Run::on_average, std::type_identity<step_list<>>,
                                      std::type_identity<binding<first, means<name::g, G>>>>::type,
          saddle::move_in<topology, Run, name::w, make, G, Who::player, false>,
          typename plan<Run, G, K, false, R...>::type>;
};
/// A look-ahead right after the move may go into its sweep.
template <class Run, class G, int K, bool Begun, class Who, class... R>
  requires looks_ahead_in_the_move<typename Run::topology_type>
struct plan<Run, G, K, Begun, descend<Who, name::w>, look_ahead<Who>, R...> {
  using topology = typename Run::topology_type;
  using type =
      cat<std::conditional_t<Begun, step_list<>, saddle::before_gradient_in<topology, Run, Who::player>>,
          typename mover<topology>::template move_and_look_ahead<Run, direction_of<Who>, G, Who::player,
                                                                 own_look_ahead<Who>>,
          typename plan<Run, G, K, false, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class... R>
struct plan<Run, G, K, Begun, descend_and_keep<Who>, R...> {
  using type = cat<saddle::move_in<typename Run::topology_type, Run, name::w, direction_of<Who>, G, Who::player, true>,
                   typename plan<Run, G, K, false, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class Along, class... R>
struct plan<Run, G, K, Begun, look_ahead<Who, Along>, R...> {
  static constexpr int player = Who::player;
  static constexpr bool averaged = std::is_same_v<Along, name::moved>;
  using along = std::conditional_t<std::is_void_v<Along>, G, Along>;
  using own = local_operation<own_look_ahead<Who>, from_w_along<along>, player>;
  using own_with_owed =
      local_operation<made_in_turn<make_fixed<from_x>, gradient_with_owed, ahead_of<Who>, bounded<name::h>>,
                      binds<means<name::x, name::w>, means<name::estimated, along>>, player, names<name::g>>;
  /// Along what came, which is a direction, or a gradient.
  using mean = local_operation<made_in_turn<base_of_look_ahead, make_fixed<copies<name::estimated, name::v>>,
                                            make_fixed<looks_ahead_by_v>, bounded<name::h>>,
                               binds<means<name::x, name::w>, means<name::estimated, name::moved>>, player>;
  using mean_gradient = local_operation<made_in_turn<make_fixed<from_x>, gradient_with_owed, direction_of<Who>,
                                           make_fixed<looks_ahead_by_v>, bounded<name::h>>,
                              binds<means<name::x, name::w>, means<name::estimated, name::moved>>, player,
                              names<name::g>>;
  using operation = std::conditional_t<
      averaged, std::conditional_t<Run::on_average, std::type_identity<mean_gradient>, std::type_identity<mean>>,
      std::conditional_t<Run::on_average && Run::can_subtract, std::type_identity<own_with_owed>,
                         std::type_identity<own>>>;
  using norms = typename std::conditional_t<Run::on_average && Run::measures_norms && !averaged,
                                            std::type_identity<norms_of<along, player>>,
                                            std::type_identity<step_list<>>>::type;
  using type = cat<norms, step_list<typename operation::type>, typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class... R>
struct plan<Run, G, K, Begun, look_ahead<Who, own_state>, R...> {
  using type = cat<step_list<local_operation<made_in_turn<base_of_look_ahead, owed_gradient, ahead_of<Who>,
                                                          bounded<name::h>>,
                                             binds<means<name::x, name::w>>, Who::player, names<name::g>>>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class... R>
struct plan<Run, G, K, Begun, stays<Who>, R...> {
  using type = cat<step_list<local_operation<make_fixed<copies<name::w, name::h>>, binds<>, Who::player>>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class... R>
struct plan<Run, G, K, Begun, others_stay<Who>, R...> {
  using operation = std::conditional_t<
      Who::player == both_players, step_list<>,
      step_list<local_operation<make_fixed<copies<name::w, name::h>>, binds<>, 1 - Who::player>>>;
  using type = cat<operation, typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Subject, class Make, class B, class... R>
struct plan<Run, G, K, Begun, together<Subject, Make, B>, R...> {
  using type = cat<saddle::together_in<typename Run::topology_type, Run, Subject, Make,
                               typename with_binds<B, means<name::g, G>>::type>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Subject, class C, class Give, class Take, class B, class... R>
struct plan<Run, G, K, Begun, average_of<Subject, C, Give, Take, B>, R...> {
  template <class Other>
  struct own_slot {
    using type = slot<Subject, server_average<feedback_of<Other>>, Other, exact_downlink>;
  };
  using exchanged =
      typename std::conditional_t<std::is_void_v<C>, slot_for<typename Run::topology_type, Run, Subject>,
                                  own_slot<C>>::type;
  using type = cat<step_list<send_vector<exchanged, Give, typename with_binds<B, means<name::g, G>>::type>,
                        receive_vector<exchanged, made_in_turn<Take, if_point<Subject, bounded<name::x>>>, B>>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
/// A server has no anchor of a state: all hear the mean, and each makes it its own.
template <class Tp, class Run, class Subject, int Player>
struct agreement {
  using type = exchange_in_graph<slot_in<Tp, Run, Subject>, make_fixed<stay>, binds<>, Player>;
};
template <class Tp, class Run, class Subject, int Player>
  requires topology_has_server<Tp>
struct agreement<Tp, Run, Subject, Player> {
  using exchanged = slot<Subject, server_average<Run::kept>, typename Run::compression, typename downlink_of<Tp>::type>;
  using type = step_list<send_vector<exchanged, make_fixed<copies<name::x, name::v>>, binds<>, Player>,
                         receive_vector<exchanged, make_fixed<copies<name::came, name::x>>,
                                        binds<means<name::x, name::agreed>>, Player>,
                         local_operation<make_fixed<copies<name::agreed, Subject>>, binds<>, Player>>;
};
template <class Run, class G, int K, bool Begun, class Who, class Subject, class... R>
struct plan<Run, G, K, Begun, agree_on<Who, Subject>, R...> {
  using topology = typename Run::topology_type;
  using exchanges = topology_exchanges<topology>;
  using type = cat<saddle::under<exchanges, typename std::conditional_t<
                                                std::is_same_v<exchanges, never>, std::type_identity<step_list<>>,
                                                agreement<topology, Run, Subject, Who::player>>::type>,
                   typename plan<Run, G, K, false, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Subject, class Give, class Take, class B, class... R>
struct plan<Run, G, K, Begun, average_of_round<Subject, Give, Take, B>, R...> {
  using exchange = typename plan<Run, G, K, Begun, average_of<Subject, identity, Give, Take, B>>::type;
  using type = cat<saddle::under<topology_exchanges<typename Run::topology_type>, exchange>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, int Scalar, int Player, class... R>
struct plan<Run, G, K, Begun, add_squared_norm<Scalar, Player>, R...> {
  using type = cat<step_list<measure_sum<Scalar, make_fixed<squares>, binds<means<name::g, G>>, Player>>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
template <class Run, class G, int K, bool Begun, class Who, class... R>
struct plan<Run, G, K, Begun, measure_norm<Who>, R...> {
  using norms = typename std::conditional_t<Run::on_average, std::type_identity<step_list<>>,
                                            std::type_identity<norms_of<G, Who::player>>>::type;
  using type = cat<norms, typename plan<Run, G, K, Begun, R...>::type>;
};

template <class Run, class G, int K, bool Begun, class Condition, class... Op, class... R>
struct plan<Run, G, K, Begun, when<Condition, Op...>, R...> {
  using type = cat<saddle::under<Condition, typename plan<Run, G, K, Begun, Op...>::type>,
                   typename plan<Run, G, K, Begun, R...>::type>;
};
/// Where an estimator compares steps nothing is repeated: check_policies refuses what would be.
template <class Run, class G, int K, bool Begun, class Count, class... Op, class... R>
  requires compares_steps<typename Run::optimizer_type::estimator>
struct plan<Run, G, K, Begun, repeat<Count, Op...>, R...> : plan<Run, G, K, Begun, R...> {};
template <class Run, class G, int K, bool Begun, class Count, class... Op, class... R>
struct plan<Run, G, K, Begun, repeat<Count, Op...>, R...> {
  using type = cat<typename repeated<Count, typename plan<Run, G, K, Begun, Op...>::type>::type,
                   typename plan<Run, G, K, Begun, R...>::type>;
};

template <class Run, class L>
struct plan_of;
template <class Run, class... Op>
struct plan_of<Run, step_list<Op...>> {
  using type = flat<cat<typename plan<Run, name::g, 0, false, Op...>::type,
                        step_list<when<averages_something, local_operation<in_any_case<average_of_iterates>>>>>>;
};

}  // namespace detail

/// The operations of a step of these policies.
template <class Run>
using step_of = typename detail::plan_of<Run, typename Run::optimizer_type::template steps<whole>>::type;

namespace detail {
template <class L>
inline constexpr bool is_drawn_in_full = false;
template <class C, class N, int Group, class At, class Into, int Player>
inline constexpr bool
    is_drawn_in_full<list_item<C, N, Group, take_gradient<At, Into, sample_draw<full_batch>, Player>>> = true;
template <class... Item>
inline constexpr bool is_drawn_in_full<step_list<Item...>> = (is_drawn_in_full<Item> || ...);
}  // namespace detail

/// Whether a step asks the problem for full batches.
template <class Run>
inline constexpr bool draws_full_batches = detail::is_drawn_in_full<step_of<Run>>;

SADDLE_NAMESPACE_END
