#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct mixed : scratch_array { static constexpr char const* text = "mixed"; };  // one player now, the other before
}  // namespace name

/// g = (F_x(x, y_old), F_y(x_old, y)).
struct one_step_behind {
  static constexpr bool compares_steps = true;
  template <class At, int Player>
  using meets_past = step_list<local_operation<make_fixed<copies<At, name::mixed>>, binds<>, Player>,
                               local_operation<make_fixed<copies<name::earlier, name::mixed>>, binds<>, 1 - Player>>;
  template <class At, class Draw, int, int>
  using steps = cat<meets_past<At, 1>, step_list<take_gradient<name::mixed, name::other, Draw, 1>>, meets_past<At, 0>,
                    step_list<take_gradient<name::mixed, name::g, Draw, 0>,
                              local_operation<make_fixed<copies<name::other, name::g>>, binds<>, 1>,
                              detail::keeps_point<At, both_players>>>;
  template <int>
  using result = name::g;
};
static_assert(estimator<one_step_behind>);

/// Both players advance at once, each on what the other one was a step ago: neither waits for the other's latest
/// parameters. With per_player each has an optimizer of its own.
///
/// delay   of one step. The first step is a plain one: the past is where both begin
/// source  Shi, Li, You: ParaGAN: A Scalable Distributed Training Framework for Generative Adversarial Networks.
///         SoCC 2024 (its asynchronous update scheme)
template <optimizer O>
struct stale_opponent {
  O policy{};

  using estimator = one_step_behind;
  SADDLE_ESTIMATES_FOR(O)
  std::string objection() const { return objection_to(policy); }
  static std::string name() { return "stale-opponent-" + O::name(); }
};
template <class O>
stale_opponent(O) -> stale_opponent<O>;

SADDLE_NAMESPACE_END
