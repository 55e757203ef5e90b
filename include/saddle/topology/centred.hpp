#pragma once
#include <string>

#include "saddle/config.hpp"
#include "saddle/correction/centring.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where a round of a server begins its workers send their gradients, and until it ends each adds to its own how far it
/// was from their mean: all drift alike.
///
/// sampled   the mean is that of the workers of the round, so that w moves around the solution, at a distance like the
///           root of the step size. A tracker keeps the latest gradient of everybody and comes to rest
/// all       of the workers: the iterates of tracked, up to rounding
/// errors    over a graph it does not compile
/// source    Xie, Zhang, Shen, Liu, Qian: CDMA: A Practical Cross-Device Federated Learning Algorithm for General
///           Minimax Problems. AAAI 2023
template <topology Tp>
struct centred {
  Tp topology{};

  using wraps = Tp;
  using correction = centring;
  std::string name() const { return "centred-" + topology.name(); }
};
template <class Tp>
centred(Tp) -> centred<Tp>;

SADDLE_NAMESPACE_END
