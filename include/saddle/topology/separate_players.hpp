#pragma once
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Each player has workers of its own around a server: the first `min_workers` are the minimizing player's, the others
/// the maximizing one's. A worker takes gradients of its player, moves it, and sends its part of the vector alone; what
/// it has of the other player is what the server told last.
///
/// mean    each player's over its own workers
/// inside  or outside of local_steps: between rounds the other player is frozen
/// source  Zindari, Yazdkhasti, Rodomanov, Chavdarova, Stich: Decoupled SGDA for Games with Intermittent Strategy
///         Communication. ICML 2025
template <topology Tp>
struct separate_players {
  Tp topology{};
  int min_workers = 1;

  using wraps = Tp;
  char leaves_out(int worker, int) const { return worker < min_workers ? char{1 << 1} : char{1 << 0}; }
  void check(int workers, bool, bool) const {
    expects(min_workers >= 1 && min_workers < workers, [&] {
      return "separate_players: min_workers lies between 1 and the number of workers less 1, and is " +
             number_text(min_workers);
    });
  }
  std::string name() const { return "separate-players-" + topology.name(); }
  std::string details() const { return "min-workers=" + number_text(min_workers) + details_of(topology); }
};
template <class Tp>
separate_players(Tp) -> separate_players<Tp>;
template <class Tp>
separate_players(Tp, int) -> separate_players<Tp>;

SADDLE_NAMESPACE_END
