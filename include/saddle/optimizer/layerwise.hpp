#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct direction : scratch_array { static constexpr char const* text = "direction"; };  // before it is scaled
}  // namespace name

namespace detail {

struct leaves_direction {
  using values = uses<in<name::v>, out<name::direction>>;
  template <class T>
  SADDLE_HD void operator()(T v, T& direction) const {
    direction = v;
  }
};
/// The direction of the optimizer inside of a policy.
template <class Who>
struct direction_inside {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    auto const& o = Who::of(r.optimizer);
    return in_turn(detail::reporting(o.policy.template direction<T>(Who::step(r.optimizer, i))), leaves_direction());
  }
};
/// A bucket without a direction, because it was not finite, has none left of the step before.
template <class T>
struct scales_tensor {
  using values = uses<inout<name::direction>, out<name::v>>;
  static constexpr bool passes_on_non_finite = true;
  T length[2];  // of a direction, in units of the norm of w
  struct times {
    using values = scales_tensor::values;
    T factor;
    SADDLE_HD void operator()(T& direction, T& v) const {
      v = factor * direction;
      direction = T(0);
    }
  };
  SADDLE_HD times on(bucket_facts<T> const& facts) const {
    T const factor = length[facts.player] * std::sqrt(facts.scalars[scalar_of_tensor(facts.tensor, 0)] /
                                                      facts.scalars[scalar_of_tensor(facts.tensor, 1)]);
    return {is_finite(factor) && factor > 0 ? factor : T(1)};
  }
};
template <class L>
struct scaling_tensors;
template <class Op>
struct scaled_tensors {
  using type = step_list<Op>;
};
template <class Who>
struct scaled_tensors<descend<Who, name::w>> {
  template <int Scalar, class N>
  using squares_of = measure_tensors<Scalar, make_fixed<squares>, binds<means<name::g, N>>, Who::player>;
  using type = step_list<descend_after<
      Who, step_list<local_operation<direction_inside<Who>, binds<means<name::x, name::w>>, Who::player>,
                     squares_of<0, name::w>, squares_of<1, name::direction>>>>;
};
template <class C, class... Op>
struct scaled_tensors<when<C, Op...>> {
  using type = saddle::under<C, typename scaling_tensors<step_list<Op...>>::type>;
};
template <class N, class... Op>
struct scaled_tensors<repeat<N, Op...>> : repeated<N, typename scaling_tensors<step_list<Op...>>::type> {};
template <class... Op>
struct scaling_tensors<step_list<Op...>> {
  using type = cat<step_list<>, typename scaled_tensors<Op>::type...>;
};

}  // namespace detail

/// An optimizer whose direction is as long, in each tensor, as the tensor's weights times the step size:
/// v_l <- eta trust |w_l| / |v_l| v_l. With sgda LARS without its momentum, with adam or adamw LAMB.
///
/// tensors   those that the problem names, with settings::grouping = grouping::per_tensor; else the two players
/// whose     a worker's own direction; on a server that adapts on the average, that of the average
/// zero      a tensor of zeros, or with a direction of zeros: the direction as it is
/// cost      the direction waits in an array until its norm is known
/// source    You, Gitman, Ginsburg: Large Batch Training of Convolutional Networks (LARS). 2017; You et al.: Large
///           Batch Optimization for Deep Learning: Training BERT in 76 Minutes (LAMB). ICLR 2020
template <optimizer O>
struct layerwise {
  static_assert(says_its_step_size<O>,
                "layerwise: lengths are in units of the step size: the optimizer needs step_size_at(step, player)");
  static_assert(!facts_of_steps<O>::chooses_players,
                "layerwise goes around the optimizer of a player: per_player{layerwise{...}, ...}, not the other way "
                "round");
  static_assert(!facts_of_steps<O>::writes_h && !facts_of_steps<O>::averages_vectors,
                "layerwise scales what moves the weights, and this optimizer looks ahead by another length");
  O policy{};
  double trust = 1;

  template <class Who>
  using steps = typename detail::scaling_tensors<typename O::template steps<Who>>::type;
  using estimator = typename O::estimator;
  template <class T>
  detail::scales_tensor<T> direction(std::int64_t step) const {
    return {{static_cast<T>(trust * policy.step_size_at(step, 0)),
             static_cast<T>(trust * policy.step_size_at(step, 1))}};
  }
  layerwise paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n), trust};
  }
  std::string objection() const {
    return first_objection({objection_unless(is_finite(trust) && trust > 0, "layerwise: trust",
                                             "is finite and positive", trust),
                            objection_to(policy)});
  }
  static std::string name() { return "layerwise-" + O::name(); }
};
template <class O>
layerwise(O) -> layerwise<O>;
template <class O>
layerwise(O, double) -> layerwise<O>;

SADDLE_NAMESPACE_END
