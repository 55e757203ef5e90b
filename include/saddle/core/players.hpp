#pragma once
#include <cstdint>
#include <span>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// The two blocks of coordinates. All methods descend on F = (grad_x f, -grad_y f), so both players descend.
enum class player : int { min = 0, max = 1 };
/// Where a number stands for a player: 0 is min, 1 is max, and this is both.
inline constexpr int both_players = -1;
/// Players as a set, a bit each: those as which a worker is absent.
inline constexpr char no_player = 0, every_player = 3;
SADDLE_HD constexpr bool has_player(char set, int p) {
  return p == both_players ? set == every_player : ((set >> p) & 1) != 0;
}

/// How many coordinates each player owns. A plain minimization has `max = 0`.
struct players {
  std::int64_t min = 0, max = 0;
  SADDLE_HD constexpr std::int64_t size() const { return min + max; }
  constexpr std::int64_t of(int p) const { return p == 0 ? min : max; }
  friend bool operator==(players, players) = default;
};

/// A point w = (x, y), or a gradient at it: one contiguous span a player.
template <class T>
struct point {
  std::span<T> min, max;
  constexpr std::span<T> of(int p) const { return p == 0 ? min : max; }
  template <class U>
    requires(std::is_same_v<U, T const> && !std::is_const_v<T>)
  constexpr operator point<U>() const {
    return {min, max};
  }
};

/// Whether each player's span has the player's size.
template <class T>
constexpr bool has_sizes(point<T> const& w, players sizes) {
  return static_cast<std::int64_t>(w.min.size()) == sizes.min && static_cast<std::int64_t>(w.max.size()) == sizes.max;
}

SADDLE_NAMESPACE_END
