#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether the sums of squared norms that adapt the step sizes are mixed between the workers, beside the message.
enum class accumulators { mixed, own };

/// Step sizes that adapt to a player's gradients: eta / max(a, b)^alpha for the minimizing player and eta / b^beta for
/// the maximizing one, a and b the sums of the players' squared norms so far. No constant of the problem is needed.
///
/// mixed    a and b go along with each exchange, two numbers a message: workers that differ keep equal step sizes
///          (D-AdaST). With `own` they do not, and come to another point than the solution of the mean (D-TiAda)
/// alpha    above beta, both in (0, 1)
/// bits     pow is the machine's: equal on every thread count, not between a CPU and a GPU
/// source   Huang, Li, Shen, He, Xu: Achieving Near-Optimal Convergence for Distributed Minimax Optimization with
///          Adaptive Stepsizes (D-AdaST). NeurIPS 2024
template <accumulators Of = accumulators::mixed>
struct adaptive {
  schedule step_size = 1e-3;
  double alpha = 0.6, beta = 0.4;

  template <class T>
  struct along_scaled_gradient {
    using values = uses<in<name::g>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, alpha, beta;
    SADDLE_HD along_gradient<T> on(bucket_facts<T> const& facts) const {
      T const a = facts.scalars[0], b = facts.scalars[1];
      T const sum = facts.player == 0 && a > b ? a : b;
      T const power = std::pow(sum, facts.player == 0 ? alpha : beta);
      return {sum > 0 ? step / power : T(0)};
    }
  };
  struct exchanges_now {
    static constexpr bool constant = false;
    template <class Run>
    static bool at(Run const& r, std::int64_t step) {
      return is_exchange_step(r.topology, r.seed, step);
    }
  };
  template <class Who>
  using steps =
      cat<step_list<estimate<name::w, Who>, add_squared_norm<0, 0>, add_squared_norm<1, 1>>,
          std::conditional_t<Of == accumulators::mixed, step_list<when<exchanges_now, mix_scalars<2>>>, step_list<>>,
          step_list<descend<Who>>>;
  using estimator = one_gradient;
  template <class T>
  along_scaled_gradient<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(alpha), static_cast<T>(beta)};
  }
  adaptive paced(int n) const { return {step_size.paced(n), alpha, beta}; }
  std::string objection() const {
    return first_objection({step_size.objection(name() + ": step_size"),
                            objection_unless(alpha > 0 && alpha < 1, name() + ": alpha", "lies in (0, 1)", alpha),
                            objection_unless(beta > 0 && beta < 1, name() + ": beta", "lies in (0, 1)", beta)});
  }
  static std::string name() { return Of == accumulators::mixed ? "adaptive" : "adaptive-own"; }
};

static_assert(optimizer<adaptive<>> && optimizer<adaptive<accumulators::own>>);

SADDLE_NAMESPACE_END
