#pragma once
#include <type_traits>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct round_own : state_array { static constexpr char const* text = "round_own"; };    // F_m where the round began
struct round_mean : state_array { static constexpr char const* text = "round_mean"; };  // the mean of those
}  // namespace name

/// An estimate counts as g - F_m(u) + mean of F_i(u), u where the round began and i the workers that take part in it.
/// Unlike with a tracker nothing is carried from round to round.
struct centring {
  struct needs : needs_nothing {
    static constexpr bool server = true;
  };
  struct gives_own {
    using values = uses<in<name::g>, out<name::round_own>, out<name::v>>;
    template <class T>
    SADDLE_HD void operator()(T g, T& own, T& v) const {
      own = v = g;
    }
  };
  struct correct {
    using values = uses<in<name::estimated>, in<name::round_own>, in<name::round_mean>, out<name::g>>;
    template <class T>
    SADDLE_HD void operator()(T estimated, T own, T mean, T& g) const {
      g = (estimated - own) + mean;
    }
  };
  /// Of the server inside of all wrappers: no anchor, and nothing that is added up.
  template <class Tp>
  using unwrapped = std::remove_cvref_t<decltype(unwrapped_topology(std::declval<Tp const&>()))>;
  template <class Run>
  using slot_of_mean = slot_in<unwrapped<typename Run::topology_type>, Run, name::round_mean>;
  template <class Run, class Estimated>
  using round = under<topology_begins<typename Run::topology_type>,
                      step_list<send_vector<slot_of_mean<Run>, make_fixed<gives_own>, binds<means<name::g, Estimated>>>,
                                receive_vector<slot_of_mean<Run>, make_fixed<copies<name::came, name::x>>>>>;
  template <class Run, class Estimated, int K, int Player>
  using steps =
      cat<typename std::conditional_t<K == 0, std::type_identity<round<Run, Estimated>>,
                                      std::type_identity<step_list<>>>::type,
          step_list<local_operation<make_fixed<correct>, binds<means<name::estimated, Estimated>>, Player>>>;
  template <class, class, int>
  using result = name::g;
};
static_assert(correction<centring>);

SADDLE_NAMESPACE_END
