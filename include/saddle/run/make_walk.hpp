#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/run/compiled_step.hpp"
#include "saddle/run/description.hpp"
#include "saddle/run/plan.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/run/soundness.hpp"
#include "saddle/run/walk.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace detail {

template <class Run>
run_description describe(void const* policies, bucket_layout const& layout) {
  using C = typename Run::compression;
  using Tp = typename Run::topology_type;
  using down = typename Run::down_type;
  Run const& r = *static_cast<Run const*>(policies);
  described_policies p{
      .words = {Run::optimizer_type::name(), wire_compressor<C>::name(), C::name(), r.topology.name(), Run::kept},
      .of_topology = details_of(r.topology),
      .estimates = facts_of_steps<typename Run::optimizer_type>::estimates,
      .rounds = rounds_of(r.topology),
      .combines_first = r.combines_first()};
  if constexpr (!is_exact<wire_compressor<down>>) p.downlink = down::name();
  if constexpr (Run::has_server && !steps_alone<Tp>) p.on_average = Run::on_average;
  if constexpr (requires { r.exchange().consensus_step; }) p.consensus_step = r.exchange().consensus_step;
  if constexpr (Run::can_subtract) p.subtracts_memory = r.subtracts_memory();
  if constexpr (selects_globally<wire_compressor<C>>)
    p.pairs = saddle::pairs_of(layout, layout.of(both_players), unwrapped(r.compressor));
  if constexpr (selects_globally<wire_compressor<down>>)
    p.pairs_down = saddle::pairs_of(layout, layout.of(both_players), unwrapped(r.exchange().downlink));
  return description_of(std::move(p), layout);
}

template <class Run, class... Item>
bool repeats_any(Run const& r, step_list<Item...>) {
  auto const repeats = [&]<class C, class N, int Group, class Op>(list_item<C, N, Group, Op>) {
    if constexpr (std::is_same_v<N, done_once>) return false;
    else return N::at(r) > 0;
  };
  return (repeats(Item()) || ...);
}
template <class Run>
bool moves_a_player_several_times(Run const& r) {
  return saddle::detail::repeats_any(r, flat<typename Run::optimizer_type::template steps<whole>>());
}

/// What only values tell.
template <class Run>
void check_policies(Run const& r, int workers) {
  using C = typename Run::compression;
  using steps = facts_of_steps<typename Run::optimizer_type>;
  check_topology(r.topology, workers, !Run::is_exact, has_memory<C>);
  expect_no_objection(r.optimizer);
  expect_no_objection(unwrapped(r.compressor));
  if constexpr (!std::is_same_v<typename downlink_of<typename Run::topology_type>::type, exact_downlink>) {
    expect_no_objection(unwrapped(r.exchange().downlink));
    if constexpr (feedback_of<typename Run::down_type> == feedback::error)
      expects(!r.exchange().downlink.subtract_in_look_ahead.has_value(),
              "error_feedback: subtract_in_look_ahead is for what workers owe, and has no meaning on the downlink");
  }
  if constexpr (Run::kept == feedback::error) {
    expects(Run::can_subtract || !r.subtracts_memory(),
            "error_feedback: subtract_in_look_ahead is for a server whose workers share their weights; over gossip "
            "and in local_steps a look-ahead starts from w");
    expects(steps::at_h || !r.compressor.subtract_in_look_ahead.value_or(false),
            "error_feedback: subtract_in_look_ahead is set, and this optimizer looks nowhere ahead");
  }
  if constexpr (corrections_of<typename Run::topology_type> > 0 ||
                compares_steps<typename Run::optimizer_type::estimator>)
    expects(!moves_a_player_several_times(r),
            "trainer: where an estimator compares steps, or workers are corrected, a player cannot move several times "
            "a step");
  int const rounds = rounds_of(r.topology);
  expects(rounds >= 1, "trainer: an exchange has at least one round");
}

}  // namespace detail

/// The compiled step of a combination of policies, on an executor.
///
/// errors  std::invalid_argument for values that make no sense; types that make none do not compile
template <bool Distributed, class T, class O, class C, class Tp, class Executor>
std::unique_ptr<any_walk<T>> make_walk(policies<T, O, C, Tp> policies, Executor const& how, int workers, players sizes,
                                       tensor_sizes const& tensors) {
  static_assert(sound_combination<O, C, Tp, T>());
  using run = saddle::policies<T, O, C, Tp>;
  using engine = typename Executor::engine;
  detail::check_policies(policies, workers);
  run const* const kept = new run(std::move(policies));
  compiled_policies<T, engine> compiled{{kept, [](void const* r) { delete static_cast<run const*>(r); }}};
  compiled.values = {kept, &unwrapped(kept->compressor), nullptr, &kept->topology};
  if constexpr (!std::is_same_v<typename downlink_of<Tp>::type, exact_downlink>)
    compiled.values.downlink = &unwrapped(kept->exchange().downlink);
  compiled.code = compiled_step<run, engine, Distributed, step_of<run>>;
  compiled.rounds = rounds_of(kept->topology);
  compiled.varies = is_varying(kept->topology);
  compiled.has_server = run::has_server;
  compiled.amplifies = run::amplifies;
  compiled.needs_everyone = facts_of_steps<O>::averages_vectors || topology_correction<Tp>::needs::exact_gossip ||
                            needs_everyone<Tp>;
  compiled.separates_players = separates_players<Tp>;
  if constexpr (draws_its_workers<Tp> || separates_players<Tp>)
    compiled.absence = [](void const* r, std::int64_t step, int worker, int all) {
      auto const& p = *static_cast<run const*>(r);
      return saddle::absence_of(p.topology, p.seed, step, worker, all);
    };
  compiled.describe = detail::describe<run>;
  return std::make_unique<walk<T, Executor, Distributed>>(how, tensor_layout{sizes, run::bucket, tensors},
                                                          std::move(compiled));
}

SADDLE_NAMESPACE_END
