#pragma once
#include <string>

#include "saddle/config.hpp"
#include "saddle/correction/tracking.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Around a server: where a round begins the workers' estimates are averaged, over those who are there, and within the
/// round a worker counts what it estimates, less what it did then, plus the mean. Where all are there it is `tracked`,
/// up to rounding. Where some are drawn it does not come to rest, as the mean of some is not that of all; `tracked`,
/// which remembers what the others said last, does.
///
/// source  Xie, Zhang, Shen, Liu, Qian: CDMA: A Practical Cross-Device Federated Learning Algorithm for General Minimax
///         Problems. 2021
template <topology Tp>
struct recentred {
  Tp topology{};

  using wraps = Tp;
  using correction = recentring;
  std::string name() const { return "recentred-" + topology.name(); }
};
template <class Tp>
recentred(Tp) -> recentred<Tp>;

SADDLE_NAMESPACE_END
