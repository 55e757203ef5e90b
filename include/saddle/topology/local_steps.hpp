#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"

SADDLE_NAMESPACE_BEGIN

/// A scheme of workers that go their own ways between its rounds.
template <class Scheme>
struct with_own_weights {
  using type = Scheme;
};
template <feedback Kept>
struct with_own_weights<updates<Kept>> {
  using type = updates<Kept, true>;
};

/// Every worker moves its own w with its own optimizer, and every so many steps there is a round: a step of the
/// topology inside, with all of that step's exchanges.
///
/// around a server  a round sends how far a worker has come, p = (anchor - w) + v [+ e]; the anchor moves by the
///                  average, and all workers go there. A skipped round leaves w where it is: the next one sends its way
/// around gossip    a round is gossip's own, of w
/// look-aheads      start from w, whatever error feedback owes; there is no average to look ahead along
/// boxes            hold after every step; the last one before a round ends is not taken by itself, but in the average
/// every = 1        the weights of the topology inside, to the bit, if its look-aheads do not subtract a memory
/// source           McMahan et al.: Communication-Efficient Learning of Deep Networks (FedAvg). AISTATS 2017; Deng,
///                  Mahdavi: Local SGDA. AISTATS 2021; with adam around a server FL-GAN: Hardy, Le Merrer, Sericola:
///                  MD-GAN. IPDPS 2019
template <topology Tp>
struct local_steps {
  Tp topology{};
  int every = 1;

  using downlink_type = typename downlink_of<Tp>::type;
  template <bool Exact, feedback Kept>
  using scheme = typename with_own_weights<typename Tp::template scheme<Exact, Kept>>::type;
  template <bool Exact, feedback Kept>
  using late_scheme = typename late_scheme_of<Tp, Exact, Kept>::type;

  int rounds_per_exchange() const { return topology.rounds_per_exchange(); }
  bool varies() const { return topology.varies(); }
  bool combines_first() const
    requires requires { topology.combines_first(); }
  {
    return topology.combines_first();
  }
  /// Only rounds count: no matrix of a sequence is passed over.
  std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const {
    return topology.sources(step / every, round, worker, workers);
  }
  void check(int workers, bool lossy, bool memory) const {
    expects(every >= 1, [&] { return "local_steps: every is at least 1, and is " + std::to_string(every); });
    topology.check(workers, lossy, memory);
  }
  std::string name() const { return "local-" + topology.name(); }
};
template <class Tp>
local_steps(Tp) -> local_steps<Tp>;
template <class Tp>
local_steps(Tp, int) -> local_steps<Tp>;

SADDLE_NAMESPACE_END
