#pragma once
#include "saddle/config.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct c : state_array { static constexpr char const* text = "c"; };  // a worker's correction; 0 in the mean over all
}  // namespace name

/// An estimate counts as g + c. The topology `controlled` moves c.
struct control_variates {
  struct needs : needs_nothing {
    static constexpr bool conserved_sums = true, rounds = true, step_size = true;
  };
  struct correct {
    using values = uses<in<name::estimated>, in<name::c>, out<name::g>>;
    template <class T>
    SADDLE_HD void operator()(T estimated, T c, T& g) const {
      g = estimated + c;
    }
  };
  template <class, class Estimated, int, int Player>
  using steps = step_list<local_operation<make_fixed<correct>, binds<means<name::estimated, Estimated>>, Player>>;
  template <class, class, int>
  using result = name::g;
};
static_assert(correction<control_variates>);

SADDLE_NAMESPACE_END
