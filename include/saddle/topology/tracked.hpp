#pragma once
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/correction/tracking.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Gradient tracking around any topology: workers that differ come to the solution of their mean with a constant step
/// size. A second vector is exchanged, s, by the topology's own rule and the run's compressor.
///
/// gossip                          GT-GDA with sgda, GT-EG with extragradient, DM-HSGD with hybrid_momentum; with a
///                                 compressor w and s are both compressed
/// local_steps{parameter_server}   FedGDA-GT: s is moved where a round begins
/// errors    what is sent of s is added up: ef21 on a server, or a bare lossy compressor there, does not compile
/// source    Sun, Wei: A Communication-efficient Algorithm with Linear Convergence for Federated Minimax Learning
///           (FedGDA-GT). NeurIPS 2022; Mukherjee, Chakraborty: A Decentralized Algorithm for Large Scale Min-Max
///           Problems (GT-EG). CDC 2020
template <topology Tp>
struct tracked {
  Tp topology{};

  using wraps = Tp;
  using correction = tracking;
  void check(int, bool, bool) const {
    expects(keeps_the_mean(topology),
            "tracked: a tracker needs a doubly stochastic matrix, and this one moves the mean");
  }
  std::string name() const { return "tracked-" + topology.name(); }
};
template <class Tp>
tracked(Tp) -> tracked<Tp>;

SADDLE_NAMESPACE_END
