#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct other : scratch_array { static constexpr char const* text = "other"; };      // the gradient at a second point
struct earlier : weights_array { static constexpr char const* text = "earlier"; };  // the point of the step before
struct est : state_array { static constexpr char const* text = "est"; };            // an estimate that is carried on
}  // namespace name

/// What stands for the gradient where an optimizer asks for an estimate.
///
/// steps<At, Draw, Player, K>   operations; K counts the estimates of a step
/// result<K>                    the array where the estimate lies
/// compares_steps               optional: true where it compares an estimate with that of the step before, so that
///                              there can be but one in a step
///
/// An estimator is named by a policy that wraps an optimizer, and is the run's outermost: it has the estimator's fields.
template <class E>
concept estimator = requires {
  typename E::template steps<name::w, sample_draw<0>, both_players, 0>;
  typename E::template result<0>;
};
static_assert(estimator<one_gradient>);

template <class E>
concept compares_steps = requires { requires E::compares_steps; };
template <class E>
concept carries_an_estimate = std::is_same_v<typename E::template result<0>, name::est>;

/// What an estimate begins anew with: the mean over all data of a worker, or over so many of its samples. Of a problem
/// that draws batches a sample is a batch.
struct all_data {
  static constexpr bool repeats = false;
  static std::string objection() { return {}; }
};
struct large_batch {
  static constexpr bool repeats = true;
  static constexpr int first_draw = 1 << 12, most = 1 << 18;  // samples that nothing else of a step draws
  int samples = 16;
  std::string objection() const {
    bool const holds = samples >= 1 && samples <= most;
    return objection_unless(holds, "large_batch: samples", "lies between 1 and 2^18", samples);
  }
};
template <class B>
concept batch_of_estimate = std::is_same_v<B, all_data> || std::is_same_v<B, large_batch>;
/// Of an estimator whose batch is one operation several times.
template <class E>
concept repeats_samples = requires { requires E::repeats_samples; };

/// When it does so: in the first step, and then at a coin that all throw alike, or every so many steps.
inline bool begins_anew(std::uint64_t seed, std::int64_t step, double refresh, int every) {
  if (step == 1) return true;
  return every > 0 ? (step - 1) % every == 0 : shared_coin(seed, step, coin::refresh, refresh);
}
inline std::string objection_to_refresh(std::string const& policy, double refresh, int every) {
  if (every == 0) return objection_unless(refresh > 0 && refresh <= 1, policy + ": refresh", "lies in (0, 1]", refresh);
  if (refresh != 0) return policy + ": batches begin anew at a coin or every so many steps: with `every`, refresh is 0";
  return objection_unless(every > 0, policy + ": every", "is not negative", every);
}

/// What a policy estimates for whose list is made for its estimator: no optimizer inside has another one.
struct estimates_for_itself {
  using estimator = one_gradient;
};

/// Conditions: a batch begins the estimate anew in this step; what is compared counts in this step.
struct refreshes {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return r.optimizer.refreshes(r.seed, step);
  }
};
struct corrects {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return r.optimizer.corrects(r.seed, step);
  }
};

namespace detail {
struct draw_of_batch {
  template <class Run>
  static int at(Run const&, iteration const& i) {
    return large_batch::first_draw + i.repetition;
  }
};
struct samples_of_batch {
  template <class Run>
  static int at(Run const& r) {
    return r.optimizer.batch.samples;
  }
};
template <class T>
struct adds_sample {
  using values = uses<in<name::g>, inout<name::est>>;
  T kept, share;
  SADDLE_HD void operator()(T g, T& est) const { est = kept * est + share * g; }
};
struct added_sample {
  template <class T, class Run>
  static adds_sample<T> at(Run const& r, iteration const& i) {
    return {i.repetition == 0 ? T(0) : T(1), static_cast<T>(1.0 / r.optimizer.batch.samples)};
  }
};
/// Into = the mean of the batch at a point.
template <class Batch, class At, class Into, int Player>
struct mean_of {
  using type = step_list<take_gradient<At, name::g, sample_draw<full_batch>, Player>,
                         local_operation<make_fixed<copies<name::g, Into>>, binds<>, Player>>;
};
template <class At, class Into, int Player>
struct mean_of<large_batch, At, Into, Player> {
  using type = step_list<repeat<samples_of_batch, take_gradient<At, name::g, draw_of_batch, Player>,
                                local_operation<added_sample, binds<means<name::est, Into>>, Player>>>;
};
template <class Batch, class At, class Into, int Player>
using mean_of_batch = typename mean_of<Batch, At, Into, Player>::type;
/// Keeps the point for the next step.
template <class At, int Player>
using keeps_point = local_operation<make_fixed<copies<At, name::earlier>>, binds<>, Player>;
}  // namespace detail

/// The members of a policy with an estimator of its own around the optimizer `policy`.
#define SADDLE_ESTIMATES_FOR(O)                                                \
  using estimates_for = O;                                                     \
  template <class Who>                                                         \
  using steps = typename O::template steps<inside_of_policy<Who>>;             \
  template <class T>                                                           \
  auto direction(std::int64_t step) const {                                    \
    return policy.template direction<T>(step);                                 \
  }                                                                            \
  template <class T>                                                           \
  auto ahead(std::int64_t step) const                                          \
    requires saddle::detail::has_an_ahead<O>                                   \
  {                                                                            \
    return policy.template ahead<T>(step);                                     \
  }                                                                            \
  double step_size_at(std::int64_t step, int player) const                     \
    requires says_its_step_size<O>                                             \
  {                                                                            \
    return policy.step_size_at(step, player);                                  \
  }                                                                            \
  auto paced(int n) const                                                      \
    requires can_be_paced<O>                                                   \
  {                                                                            \
    auto slower = *this;                                                       \
    slower.policy = policy.paced(n);                                           \
    return slower;                                                             \
  }

SADDLE_NAMESPACE_END
