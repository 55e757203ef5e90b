#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct s : state_array {  // the tracker of the mean operator
  static constexpr char const* text = "s";
  static constexpr bool integrates = true;
};
struct old : state_array { static constexpr char const* text = "old"; };  // the estimate that it was last told of
}  // namespace name

/// Gradient tracking: where a round begins, s := together(s + g - old). Within the round an estimate counts as
/// g + (s - old). The mean of s is that of the estimates, and at a solution s is 0 on every worker.
struct tracking {
  struct needs : needs_nothing {
    static constexpr bool conserved_sums = true;
  };
  struct change {
    using values = uses<in<name::g>, inout<name::old>, out<name::v>>;
    template <class T>
    SADDLE_HD void operator()(T g, T& old, T& v) const {
      v = old - g;
      old = g;
    }
  };
  struct correct {
    using values = uses<in<name::estimated>, in<name::s>, in<name::old>, out<name::g>>;
    template <class T>
    SADDLE_HD void operator()(T estimated, T s, T old, T& g) const {
      g = estimated + (s - old);
    }
  };
  /// Where every step begins a round the first estimate has just been mixed: s is what counts.
  template <class Run, int K>
  static constexpr bool is_tracker = K == 0 && std::is_same_v<topology_begins<typename Run::topology_type>, always>;

  template <class Run, class Estimated>
  using round = under<topology_begins<typename Run::topology_type>,
                      together_in<typename Run::topology_type, Run, name::s, make_fixed<change>,
                                  binds<means<name::g, Estimated>>>>;
  template <class Run, class Estimated, int K, int Player>
  using steps = cat<
      typename std::conditional_t<K == 0, std::type_identity<round<Run, Estimated>>,
                                  std::type_identity<step_list<>>>::type,
      std::conditional_t<
          is_tracker<Run, K>, step_list<>,
          step_list<local_operation<make_fixed<correct>, binds<means<name::estimated, Estimated>>, Player>>>>;
  template <class Run, class Estimated, int K>
  using result = std::conditional_t<is_tracker<Run, K>, name::s, name::g>;
};

SADDLE_NAMESPACE_END
