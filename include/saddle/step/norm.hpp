#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a squared norm is the sum of. Not a number where g is not finite: an infinite sum is one of finite numbers.
struct squares {
  using values = uses<in<name::g>, out<name::p>>;
  template <class T>
  SADDLE_HD void operator()(T g, T& p) const {
    p = g * g + (SADDLE_AS_WRITTEN(g) - g);
  }
};
/// The scalar of the minimizing player's squared norm, which is measured anew for each use; the next is the maximizing
/// one's. Those before are for what an optimizer adds up.
inline constexpr int first_norm = 2;
/// And behind those the weight of push-sum, of each player; it begins at 1.
inline constexpr int first_weight = first_norm + 2;

/// Scalars of a worker, and behind them those of each tensor.
inline constexpr int scalars_of_worker = first_weight + 2, scalars_of_tensor = 2;
SADDLE_HD constexpr int scalar_of_tensor(int tensor, int number) {
  return scalars_of_worker + scalars_of_tensor * tensor + number;
}
/// Of workers that count by weights: the weight of a worker, and the mean of them, which is mixed.
inline constexpr int mean_weight = 0, own_weight = 1;

namespace detail {
template <class At, int Player>
using norm_of_player = measure_sum<first_norm + Player, make_fixed<squares>, binds<means<name::g, At>>, Player, false>;
}  // namespace detail
/// The norms of an array, each player's.
template <class At, int Player>
using norms_of = typename std::conditional_t<
    Player == both_players,
    std::type_identity<step_list<detail::norm_of_player<At, 0>, detail::norm_of_player<At, 1>>>,
    std::type_identity<step_list<detail::norm_of_player<At, Player>>>>::type;

SADDLE_NAMESPACE_END
