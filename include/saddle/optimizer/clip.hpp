#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct unclipped : in_register { static constexpr char const* text = "unclipped"; };
}  // namespace name

namespace detail {

/// Rounded, and positive still.
template <class T>
T limit_of(double most) {
  return std::fmax(static_cast<T>(most), std::numeric_limits<T>::min());
}

/// Before a direction, in the register: the array of the gradient stays as it is.
template <class T>
struct cuts {
  using values = uses<in<name::g>>;
  T most;
  SADDLE_HD void operator()(T& g) const {
    T const cut = g > most ? most : g < -most ? -most : g;
    g = is_finite(g) ? cut : g;
  }
};
/// If the squares of a finite gradient overflow, every coordinate becomes not a number. If a coordinate is not finite,
/// the factor is 0: this one becomes not a number, and is reported, the others 0.
template <class T>
struct shortens {
  using values = uses<in<name::g>, out<name::unclipped>>;
  T most;
  struct times {
    using values = uses<in<name::g>, out<name::unclipped>>;
    T factor;
    SADDLE_HD void operator()(T& g, T& unclipped) const {
      unclipped = g;
      g = factor * g;
    }
  };
  SADDLE_HD times on(bucket_facts<T> const& facts) const {
    T const squares = facts.scalars[first_norm + facts.player];
    if (!is_finite(squares))
      return {magnitude_bits(squares) == infinity_bits<T> ? SADDLE_AS_WRITTEN(std::numeric_limits<T>::quiet_NaN())
                                                          : T(0)};
    T const norm = std::sqrt(squares);
    return {norm > most ? most / norm : T(1)};
  }
};
/// Behind the direction: the same sweep may take another one along g.
struct restores_gradient {
  using values = uses<in<name::unclipped>, in<name::g>>;
  template <class T>
  SADDLE_HD void operator()(T unclipped, T& g) const {
    g = unclipped;
  }
};

template <class L>
struct measuring;
template <class Op>
struct measured {
  using type = step_list<Op>;
};
template <class At, class Who, class N>
struct measured<estimate<At, Who, N>> {
  using type = step_list<estimate<At, Who, N>, measure_norm<Who>>;
};
template <class C, class... Op>
struct measured<when<C, Op...>> {
  using type = saddle::under<C, typename measuring<step_list<Op...>>::type>;
};
template <class N, class... Op>
struct measured<repeat<N, Op...>> : repeated<N, typename measuring<step_list<Op...>>::type> {};
/// A list with the norm of each of its estimates.
template <class... Op>
struct measuring<step_list<Op...>> {
  using type = cat<step_list<>, typename measured<Op>::type...>;
};

/// What clipping asks of the optimizer that it goes around.
template <class O>
constexpr bool sees_clipped_gradients() {
  static_assert(!facts_of_steps<O>::chooses_players,
                "clipping goes around the optimizer of a player: per_player{clip_by_norm{...}, ...}, not the other way "
                "round");
  static_assert(!facts_of_steps<O>::averages_vectors,
                "clipping: this method compresses differences of operators, which go to zero where the operators do "
                "not: clipped they would not");
  static_assert(!facts_of_steps<O>::keeps_scalars,
                "clipping: this optimizer divides by the norms of all gradients so far, and these are not clipped");
  static_assert(!facts_of_steps<O>::measures_tensors,
                "clipping: layer-wise norms are those of directions, which are made before: "
                "layerwise{clip_by_norm{...}}");
  static_assert(!facts_of_steps<O>::measures_norms,
                "clipping: the norm is that of the gradient as it is, so clip_by_norm is outermost: "
                "clip_by_norm{clip_by_value{...}}");
  return true;
}

}  // namespace detail

/// An optimizer that sees each coordinate of a gradient cut to [-max_value, max_value].
///
/// whose      what the optimizer adapts to: a worker's gradient, as its estimator and a correction leave it; on a
///            server that adapts on the average, the average. A look-ahead without a message is along the worker's own
/// players    one limit for both; per_player{clip_by_value{...}, clip_by_value{...}} has two
/// estimates  several of a step are all cut, a look-ahead's too
/// finite     what is not finite is not cut, and so reported
/// source     torch.nn.utils.clip_grad_value_, optax.clip
template <optimizer O>
struct clip_by_value {
  static_assert(detail::sees_clipped_gradients<O>());
  O policy{};
  double max_value = 1;

  template <class Who>
  using steps = typename O::template steps<Who>;
  using estimator = typename O::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return in_turn(cut<T>(), detail::reporting(policy.template direction<T>(step)));
  }
  template <class T>
  auto ahead(std::int64_t step) const
    requires detail::has_an_ahead<O>
  {
    return in_turn(cut<T>(), policy.template ahead<T>(step));
  }
  clip_by_value paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n), max_value};
  }
  double step_size_at(std::int64_t step, int player) const
    requires says_its_step_size<O>
  {
    return policy.step_size_at(step, player);
  }
  std::string objection() const {
    return first_objection({objection_unless(is_finite(max_value) && max_value > 0, "clip_by_value: max_value",
                                             "is finite and positive", max_value),
                            objection_to(policy)});
  }
  static std::string name() { return "clip-by-value-" + O::name(); }

 private:
  template <class T>
  detail::cuts<T> cut() const {
    return {detail::limit_of<T>(max_value)};
  }
};
template <class O>
clip_by_value(O) -> clip_by_value<O>;
template <class O>
clip_by_value(O, double) -> clip_by_value<O>;

/// An optimizer that sees a gradient times max_norm / norm, where its 2-norm is above max_norm. Each player has a norm
/// of its own. For whose gradient, for players and for estimates see clip_by_value; no worker knows of another one's
/// norm. Below the limit the bits are those of the optimizer without clipping.
///
/// sum      of squares in the type of the weights, in one order for any number of threads, and for the GPU
/// finite   a norm that overflows is reported at the player's first coordinate
/// source   Pascanu, Mikolov, Bengio: On the Difficulty of Training Recurrent Neural Networks. ICML 2013; as
///          torch.nn.utils.clip_grad_norm_, optax.clip_by_global_norm
template <optimizer O>
struct clip_by_norm {
  static_assert(detail::sees_clipped_gradients<O>());
  O policy{};
  double max_norm = 1;

  template <class Who>
  using steps = typename detail::measuring<typename O::template steps<Who>>::type;
  using estimator = typename O::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return in_turn(shorten<T>(), detail::reporting(policy.template direction<T>(step)), detail::restores_gradient());
  }
  template <class T>
  auto ahead(std::int64_t step) const
    requires detail::has_an_ahead<O>
  {
    return in_turn(shorten<T>(), policy.template ahead<T>(step), detail::restores_gradient());
  }
  clip_by_norm paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n), max_norm};
  }
  double step_size_at(std::int64_t step, int player) const
    requires says_its_step_size<O>
  {
    return policy.step_size_at(step, player);
  }
  std::string objection() const {
    return first_objection({objection_unless(is_finite(max_norm) && max_norm > 0, "clip_by_norm: max_norm",
                                             "is finite and positive", max_norm),
                            objection_to(policy)});
  }
  static std::string name() { return "clip-by-norm-" + O::name(); }

 private:
  template <class T>
  detail::shortens<T> shorten() const {
    return {detail::limit_of<T>(max_norm)};
  }
};
template <class O>
clip_by_norm(O) -> clip_by_norm<O>;
template <class O>
clip_by_norm(O, double) -> clip_by_norm<O>;

SADDLE_NAMESPACE_END
