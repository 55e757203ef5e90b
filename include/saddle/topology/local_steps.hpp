#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

struct in_round {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return is_exchange_step(r.topology, r.seed, step);
  }
};
struct begins_round {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return step == 1 || is_exchange_step(r.topology, r.seed, step - 1);
  }
};

namespace detail {

/// With a server a round sends how far a worker has come from the anchor; this moves by the average, and all go there.
template <class Slot, class Make, class G, int Player>
using round_from_anchor = step_list<
    send_vector<Slot, made_in_turn<Make, make_fixed<way_from_anchor>>, binds<means<name::g, G>>, Player>,
    receive_vector<Slot, made_in_turn<make_fixed<moves_by>, bounded<name::x>>,
                   binds<means<name::x, name::anchor>>, Player>,
    local_operation<for_absent<make_fixed<copies<name::anchor, name::x>>>,
                    binds<means<name::x, typename Slot::subject>>, Player>>;

template <class Slot>
struct anchored;
template <class Subject, feedback Kept, bool OnAverage, bool Integrates, bool Weighted, class C, class Down>
struct anchored<slot<Subject, server_average<Kept, false, OnAverage, Integrates, Weighted>, C, Down>> {
  using type = slot<Subject, server_average<Kept, !Subject::integrates, OnAverage, Integrates, Weighted>, C, Down>;
};
template <class Slot>
struct unanchored {
  using type = Slot;
};

}  // namespace detail

/// Every worker moves its own w with its own optimizer, and every so many steps there is a round: a step of the
/// topology inside, with all of that step's exchanges.
///
/// around a server  a round sends how far a worker has come, p = (anchor - w) + v [+ e]; the anchor moves by the
///                  average, and all workers go there. A skipped round leaves w where it is: the next one sends its way
/// around gossip    a round is gossip's own, of w
/// look-aheads      start from w, whatever error feedback owes; there is no average to look ahead along
/// boxes            hold after every step; the last one before a round ends is not taken by itself, but in the average
/// every            so many steps lie between two rounds
/// probability      in place of `every`: a coin that all workers throw alike says in each step whether it is a round
/// every = 1        the weights of the topology inside, to the bit, if its look-aheads do not subtract a memory
/// source           McMahan et al.: Communication-Efficient Learning of Deep Networks (FedAvg). AISTATS 2017; Deng,
///                  Mahdavi: Local SGDA. AISTATS 2021; around a server FL-GAN: Hardy, Le Merrer, Sericola:
///                  MD-GAN. IPDPS 2019
template <topology Tp>
struct local_steps {
  Tp topology{};
  int every = 1;
  double probability = 0;  // 0: rounds are `every` steps apart

  using wraps = Tp;
  using exchanges = in_round;
  using begins = begins_round;

  template <class Run, class Subject>
  using slot_of = typename std::conditional_t<topology_has_server<Tp> && !Subject::integrates,
                                              detail::anchored<slot_in<Tp, Run, Subject>>,
                                              detail::unanchored<slot_in<Tp, Run, Subject>>>::type;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using round = typename std::conditional_t<
      topology_has_server<Tp>,
      std::type_identity<detail::round_from_anchor<slot_of<Run, Subject>, Make, G, Player>>,
      detail::move_in<Tp, Run, Subject, Make, G, Player, KeepsMoved>>::type;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move = cat<under<in_round, round<Run, Subject, Make, G, Player, KeepsMoved>>,
                   under<unless<in_round>, step_alone<Make, G, Player>>>;
  /// The same and a look-ahead from there along G, which goes into the sweep of a step without an exchange: a bucket
  /// where one of both is not finite keeps both.
  template <class Run, class Make, class G, int Player, class Ahead>
  using move_and_look_ahead =
      cat<under<in_round, cat<round<Run, name::w, Make, G, Player, false>,
                              step_list<local_operation<Ahead, from_w_along<G>, Player>>>>,
          under<unless<in_round>, step_alone<Make, G, Player, Ahead>>>;
  template <class Run, int Player>
  using before_gradient = under<in_round, before_gradient_in<Tp, Run, Player>>;

  bool is_round(std::uint64_t seed, std::int64_t step) const {
    return probability > 0 ? shared_coin(seed, step, coin::round, probability) : step % every == 0;
  }
  double steps_a_round() const { return probability > 0 ? 1 / probability : every; }
  /// Only rounds count: no matrix of a sequence is passed over. A round has one matrix, where it begins and where it
  /// ends. Rounds that a coin ends are not counted: those have the matrices of their steps.
  std::vector<edge> sources(std::int64_t step, int nth, int worker, int workers) const {
    return sources_of(topology, (step + every - 1) / every, nth, worker, workers);
  }
  /// Whoever is drawn stays for the round.
  bool takes_part(std::uint64_t seed, std::int64_t step, int worker, int workers) const
    requires draws_its_workers<Tp>
  {
    return saddle::takes_part(topology, seed, begin_of_round(*this, seed, step), worker, workers);
  }
  void check(int, bool, bool) const {
    expects(every >= 1, [&] { return "local_steps: every is at least 1, and is " + std::to_string(every); });
    expects(probability >= 0 && probability <= 1, [&] {
      return objection_unless(false, "local_steps: probability", "lies in [0, 1]", probability);
    });
    expects(probability == 0 || every == 1,
            "local_steps: rounds are `every` steps apart, or a coin ends them: not both");
  }
  std::string name() const { return "local-" + topology.name(); }
  std::string details() const {
    return "every=" + std::to_string(every) + (probability > 0 ? " probability=" + number_text(probability) : "") +
           details_of(topology);
  }
};
template <class Tp>
local_steps(Tp) -> local_steps<Tp>;
template <class Tp>
local_steps(Tp, int) -> local_steps<Tp>;
template <class Tp>
local_steps(Tp, int, double) -> local_steps<Tp>;

SADDLE_NAMESPACE_END
