#pragma once
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct mean_est : scratch_array { static constexpr char const* text = "mean_est"; };  // over the workers
}  // namespace name

/// In a step with an exchange the estimate is moved together, too, and w along what it has become.
struct estimate_averaging {
  struct needs : needs_nothing {
    static constexpr bool carried_estimates = true, exact_messages = true;
  };
  struct gives_own {
    using values = uses<in<name::estimated>, out<name::v>>;
    template <class T>
    SADDLE_HD void operator()(T own, T& v) const {
      v = own;
    }
  };
  template <class Run, class Estimated>
  struct on_server {
    using mean = slot<name::mean_est, server_average<feedback::none>, typename Run::compression, exact_downlink>;
    using type = step_list<send_vector<mean, make_fixed<gives_own>, binds<means<name::estimated, Estimated>>>,
                           receive_vector<mean, make_fixed<moves_to>>,
                           local_operation<make_fixed<copies<name::mean_est, Estimated>>>>;
  };
  template <class Run, class Estimated>
  struct in_graph {
    using type = together_in<typename Run::topology_type, Run, Estimated, make_fixed<stay>>;
  };
  template <class Run, class Estimated, int, int>
  using steps = under<topology_exchanges<typename Run::topology_type>,
                      typename std::conditional_t<topology_has_server<typename Run::topology_type>,
                                                  on_server<Run, Estimated>, in_graph<Run, Estimated>>::type>;
  template <class, class Estimated, int>
  using result = Estimated;
};
static_assert(correction<estimate_averaging>);

/// Around any topology: where w is averaged, so is the estimate that the workers carry on (hybrid_momentum, recursive).
/// After a round all go on with one estimate, and a worker's own data come back into its own as it forgets the common
/// one: exact without noise if it forgets nothing, as with a tracker, and otherwise biased with the step size.
///
/// local_steps{parameter_server}   FedSGDA-M with hybrid_momentum
/// errors                          an estimate that begins anew in each step, or lossy messages, does not compile
/// source                          Wu, Sun, Hu, Zhang, Huang: Solving a Class of Non-Convex Minimax Optimization in
///                                 Federated Learning (FedSGDA-M). NeurIPS 2023
template <topology Tp>
struct averaged_estimates {
  Tp topology{};

  using wraps = Tp;
  using correction = estimate_averaging;
  std::string name() const { return "averaged-estimates-" + topology.name(); }
};
template <class Tp>
averaged_estimates(Tp) -> averaged_estimates<Tp>;

SADDLE_NAMESPACE_END
