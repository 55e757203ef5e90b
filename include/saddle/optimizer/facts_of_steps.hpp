#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/operations.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

namespace detail {

template <class L>
struct facts_of_list;
template <class Op>
inline constexpr bool is_estimate = false;
template <class At, class Who, class N>
inline constexpr bool is_estimate<estimate<At, Who, N>> = true;
template <class Op>
inline constexpr bool is_at_h = false;
template <class Who, class N>
inline constexpr bool is_at_h<estimate<name::h, Who, N>> = true;
template <class Op>
inline constexpr bool is_look_ahead = false;
template <class Who, class Along>
inline constexpr bool is_look_ahead<look_ahead<Who, Along>> = true;
/// By the optimizer's own `ahead`, not by that of one inside.
template <class Op>
inline constexpr bool is_own_look_ahead =
    std::is_same_v<Op, look_ahead<whole>> || std::is_same_v<Op, look_ahead<whole, own_state>>;
template <class Op>
inline constexpr bool is_for_one_player = false;
template <class At, class Who, class N>
inline constexpr bool is_for_one_player<estimate<At, Who, N>> = Who::player != both_players;
template <class Op>
inline constexpr bool writes_h_otherwise = false;
template <class Who>
inline constexpr bool writes_h_otherwise<descend<Who, name::h>> = true;
template <class Make, class B>
inline constexpr bool writes_h_otherwise<together<name::h, Make, B>> = true;
template <class Op>
inline constexpr bool keeps_a_mean = false;
template <class Who>
inline constexpr bool keeps_a_mean<descend_and_keep<Who>> = true;
template <class Op>
inline constexpr bool moves_w = false;
template <class Who>
inline constexpr bool moves_w<descend<Who, name::w>> = true;
template <class Who>
inline constexpr bool moves_w<descend_and_keep<Who>> = true;
template <class Make, class... M, int Player, class Local>
inline constexpr bool moves_w<local_operation<Make, binds<M...>, Player, Local>> =
    (std::is_same_v<M, means<name::x, name::w>> || ...);
template <class C, class Give, class Take, class B>
inline constexpr bool moves_w<average_of<name::w, C, Give, Take, B>> = true;
template <class Op>
inline constexpr bool is_averaged_on_a_server = false;
template <class S, class C, class Give, class Take, class B>
inline constexpr bool is_averaged_on_a_server<average_of<S, C, Give, Take, B>> = true;
template <class Op>
inline constexpr bool agrees_on_a_state = false;
template <class Who, class S>
inline constexpr bool agrees_on_a_state<agree_on<Who, S>> = true;
template <class Op>
inline constexpr bool is_averaged_in_rounds = false;
template <class S, class Give, class Take, class B>
inline constexpr bool is_averaged_in_rounds<average_of_round<S, Give, Take, B>> = true;
/// Whether a scalar is kept from one step to the next: of gradients as they are, of both players.
template <class Op>
inline constexpr bool keeps_a_scalar = false;
template <int Scalar, int Player>
inline constexpr bool keeps_a_scalar<add_squared_norm<Scalar, Player>> = true;
template <class Make>
inline constexpr bool keeps_a_scalar<change_scalars<Make>> = true;
template <class Op>
inline constexpr bool weighs_a_worker = false;
template <class Make>
inline constexpr bool weighs_a_worker<weigh_worker<Make>> = true;
template <class Op>
inline constexpr bool measures_some_tensors = false;
template <int Scalar, class Make, class B, int Player>
inline constexpr bool measures_some_tensors<measure_tensors<Scalar, Make, B, Player>> = true;
template <class Op>
inline constexpr bool measures_a_norm = false;
template <class Who>
inline constexpr bool measures_a_norm<measure_norm<Who>> = true;

template <class... Op>
struct facts_of_list<step_list<Op...>> {
  static constexpr int estimates = (static_cast<int>(is_estimate<Op>) + ... + 0);
  static constexpr bool at_h = (is_at_h<Op> || ...);
  static constexpr bool looks_ahead = (is_look_ahead<Op> || ...);
  static constexpr bool calls_ahead = (is_own_look_ahead<Op> || ...);
  static constexpr bool chooses_players = (is_for_one_player<Op> || ...);
  static constexpr bool writes_h = ((is_look_ahead<Op> || writes_h_otherwise<Op>) || ...);
  static constexpr bool keeps_mean = (keeps_a_mean<Op> || ...);
  static constexpr bool averages_look_ahead = ((keeps_a_mean<Op> || writes_h_otherwise<Op>) || ...);
  static constexpr bool exchanges_look_ahead = (writes_h_otherwise<Op> || ...);
  static constexpr bool moves = (moves_w<Op> || ...);
  static constexpr bool averages_vectors = (is_averaged_on_a_server<Op> || ...);
  static constexpr bool agrees_on_states = (agrees_on_a_state<Op> || ...);
  static constexpr bool averages_rounds = (is_averaged_in_rounds<Op> || ...);
  static constexpr bool keeps_scalars = (keeps_a_scalar<Op> || ...), weighs_workers = (weighs_a_worker<Op> || ...);
  static constexpr bool measures_norms = (measures_a_norm<Op> || ...),
                        measures_tensors = (measures_some_tensors<Op> || ...);
};
template <class Op>
struct inside {
  using type = step_list<Op>;
};
template <class C, class... Op>
struct inside<when<C, Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};
template <class Who, class... Op>
struct inside<descend_after<Who, step_list<Op...>>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type..., step_list<descend<Who>>>::type;
};
template <class N, class... Op>
struct inside<repeat<N, Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};
template <class L>
struct unfolded;
template <class... Op>
struct unfolded<step_list<Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};

}  // namespace detail

/// What follows from the list of an optimizer: how many estimates, whether some are at h, who writes it, ...
template <class O>
using facts_of_steps = detail::facts_of_list<typename detail::unfolded<typename O::template steps<whole>>::type>;

SADDLE_NAMESPACE_END
