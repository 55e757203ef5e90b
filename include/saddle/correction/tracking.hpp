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
struct round_mean : state_array { static constexpr char const* text = "round_mean"; };  // of those who are there
struct old : state_array { static constexpr char const* text = "old"; };  // the estimate that either was last told of
}  // namespace name

namespace detail {

struct change_of_estimate {
  using values = uses<in<name::g>, inout<name::old>, out<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T g, T& old, T& v) const {
    v = old - g;
    old = g;
  }
};
struct way_to_estimate {
  using values = uses<in<name::g>, in<name::x>, out<name::old>, out<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T g, T x, T& old, T& v) const {
    v = x - g;
    old = g;
  }
};

/// Where a round begins Mean := together(Mean - Change). Within the round an estimate counts as g + (Mean - old).
template <class Mean, class Change>
struct correction_by_mean {
  struct correct {
    using values = uses<in<name::estimated>, in<Mean>, in<name::old>, out<name::g>>;
    template <class T>
    SADDLE_HD void operator()(T estimated, T mean, T old, T& g) const {
      g = estimated + (mean - old);
    }
  };
  /// Where every step begins a round the first estimate has just been mixed: the mean is what counts.
  template <class Run, int K>
  static constexpr bool is_mean = K == 0 && std::is_same_v<topology_begins<typename Run::topology_type>, always>;

  template <class Run, class Estimated>
  using round =
      saddle::under<topology_begins<typename Run::topology_type>,
                    saddle::together_in<typename Run::topology_type, Run, Mean, make_fixed<Change>,
                                        binds<means<name::g, Estimated>>>>;
  template <class Run, class Estimated, int K, int Player>
  using steps = cat<
      typename std::conditional_t<K == 0, std::type_identity<round<Run, Estimated>>,
                                  std::type_identity<step_list<>>>::type,
      std::conditional_t<
          is_mean<Run, K>, step_list<>,
          step_list<local_operation<make_fixed<correct>, binds<means<name::estimated, Estimated>>, Player>>>>;
  template <class Run, class Estimated, int K>
  using result = std::conditional_t<is_mean<Run, K>, Mean, name::g>;
};

}  // namespace detail

/// Gradient tracking: where a round begins, s := together(s + g - old). Within the round an estimate counts as
/// g + (s - old). The mean of s is that of the estimates, and at a solution s is 0 on every worker.
struct tracking : detail::correction_by_mean<name::s, detail::change_of_estimate> {
  struct needs : needs_nothing {
    static constexpr bool conserved_sums = true;
  };
};
/// The same with the mean of the estimates of those who take part in the round, whatever the others said before.
struct recentring : detail::correction_by_mean<name::round_mean, detail::way_to_estimate> {
  struct needs : needs_nothing {
    static constexpr bool server = true, exact_messages = true;
  };
};

SADDLE_NAMESPACE_END
