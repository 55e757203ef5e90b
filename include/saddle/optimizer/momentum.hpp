#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct momentum : optimizer_state { static constexpr char const* text = "momentum"; };
}  // namespace name

/// Whether each worker keeps its momentum, or it goes along with w: averaged by a server where a round ends, mixed over
/// a graph.
enum class momenta { own, exchanged };

/// SGDA with heavy-ball momentum: m <- beta m + F(w), w <- w - eta m.
///
/// scale      other papers have d <- (1 - b) d + b F(w) and w <- w - gamma d: beta = 1 - b and eta = gamma b
/// exchanged  one more vector where w is exchanged
/// errors     exchanged does not compile with a server in every step, where both come to the same
/// source     Polyak 1964; exchanged: Sharma, Panda, Joshi, Varshney: Federated Minimax Optimization: Improved
///            Convergence Analyses and Algorithms (Momentum Local SGDA). ICML 2022
template <momenta Of = momenta::own>
struct momentum {
  schedule step_size = 1e-3;
  double beta = 0.9;

  template <class T>
  struct along_momentum {
    using values = uses<in<name::g>, inout<name::momentum>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, beta;
    SADDLE_HD void operator()(T g, T& m, T& v) const {
      m = beta * m + g;
      v = step * m;
    }
  };
  template <class Who>
  using steps =
      cat<step_list<estimate<name::w, Who>, descend<Who>>,
          std::conditional_t<Of == momenta::exchanged, step_list<agree_on<Who, name::momentum>>, step_list<>>>;
  using estimator = one_gradient;
  template <class T>
  along_momentum<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(beta)};
  }
  momentum paced(int n) const { return {step_size.paced(n), beta}; }
  /// Of a gradient that does not change.
  double step_size_at(std::int64_t step, int) const { return step_size(step) / (1 - beta); }
  std::string objection() const {
    return first_objection({step_size.objection(name() + ": step_size"),
                            objection_unless(beta >= 0 && beta < 1, name() + ": beta", "lies in [0, 1)", beta)});
  }
  static std::string name() { return Of == momenta::own ? "momentum" : "exchanged-momentum"; }
};

static_assert(optimizer<momentum<>> && optimizer<momentum<momenta::exchanged>>);

SADDLE_NAMESPACE_END
