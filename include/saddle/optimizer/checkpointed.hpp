#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/alternating_players.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct checkpoint : weights_array { static constexpr char const* text = "checkpoint"; };  // a worker's, of the round
struct mean_checkpoint : weights_array { static constexpr char const* text = "mean_checkpoint"; };  // of the last round
struct asked : scratch_array { static constexpr char const* text = "asked"; };  // where the other is asked
}  // namespace name

namespace detail {

struct ends_round {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return is_exchange_step(r.topology, r.seed, step);
  }
};
/// After k steps of a round of n, k drawn from 1 ... n - 1 for each round; before the only one.
struct is_checkpoint {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    std::int64_t const first = begin_of_round(r.topology, r.seed, step);
    auto const n = static_cast<std::uint32_t>(std::llround(steps_between_exchanges(r.topology)));
    if (n <= 1) return step == first;
    random_sequence random({.seed = r.seed,
                            .use = purpose::coin,
                            .exchange = static_cast<std::uint64_t>(first),
                            .worker = static_cast<std::uint32_t>(coin::checkpoint)});
    return step - first == 1 + random.below(n - 1);
  }
};
struct gives_checkpoint {
  using values = uses<in<name::x>, out<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T x, T& v) const {
    v = x;
  }
};
struct takes_mean_checkpoint {
  using values = uses<in<name::came>, out<name::mean_checkpoint>>;
  template <class T>
  SADDLE_HD void operator()(T came, T& mean) const {
    mean = came;
  }
};

/// Another sample than those of the other player in this step.
using sample_of_answer = sample_number<2>;
template <class Op>
struct at_checkpoint {
  using type = Op;
};
template <class Who, class N>
struct at_checkpoint<estimate<name::w, Who, N>> {
  using type = estimate<name::asked, Who, sample_of_answer>;
};
template <class L>
struct answering;
template <class... Op>
struct answering<step_list<Op...>> {
  using type = step_list<typename at_checkpoint<Op>::type...>;
};

}  // namespace detail

/// The minimizing player moves in every step. The maximizing one moves at the end of each round, along its gradients at
/// a checkpoint: the mean over the workers of w after k steps of a round, k drawn for each round.
///
/// which round  the one before: where workers are drawn (sampled), those of this round have not trained that
///              checkpoint, which would bias their gradients there
/// a coin       that ends rounds (local_steps::probability): k is drawn for a round of mean length. A shorter round
///              keeps the checkpoint that was there
/// topology     needs a server
template <optimizer Min, optimizer Max>
struct checkpointed {
  static_assert(!facts_of_steps<Min>::chooses_players && !facts_of_steps<Max>::chooses_players,
                "checkpointed: a player's optimizer already chooses its player");
  static_assert(facts_of_steps<Max>::estimates == 1 && !facts_of_steps<Max>::at_h,
                "checkpointed: the maximizing player takes one gradient a round, at the checkpoint");
  static_assert(std::is_same_v<typename Min::estimator, typename Max::estimator>,
                "checkpointed: both players' optimizers must have the same estimator");
  Min min{};
  Max max{};

  template <class Who>
  using steps =
      cat<step_list<when<detail::is_checkpoint,
                         local_operation<make_fixed<copies<name::w, name::checkpoint>>, binds<>, 0>>>,
          typename Min::template steps<detail::alternating_min<Who>>,
          saddle::under<detail::ends_round,
                cat<step_list<local_operation<make_fixed<copies<name::mean_checkpoint, name::asked>>, binds<>, 0>,
                              local_operation<make_fixed<copies<name::w, name::asked>>, binds<>, 1>>,
                    typename detail::answering<typename Max::template steps<detail::alternating_max<Who>>>::type>>,
          step_list<average_of_round<name::checkpoint, make_fixed<detail::gives_checkpoint>,
                                     make_fixed<detail::takes_mean_checkpoint>>>>;
  using estimator = typename Min::estimator;
  SADDLE_OF_MIN_AND_MAX(checkpointed)
  static std::string name() { return "checkpointed-" + Min::name() + "-" + Max::name(); }
};
template <class Min, class Max>
checkpointed(Min, Max) -> checkpointed<Min, Max>;

SADDLE_NAMESPACE_END
