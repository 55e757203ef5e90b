#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct ascent_point : weights_array { static constexpr char const* text = "ascent_point"; };  // (x of the snapshot, y)
}  // namespace name

/// g = (F_x(x, y), F_y(u, y)), u the snapshot of x.
struct ascent_from_snapshot {
  template <class At, int Player>
  using keeps = local_operation<make_fixed<copies<At, name::ascent_point>>, binds<>, Player>;
  template <bool Needed, class... Op>
  using part = std::conditional_t<Needed, step_list<Op...>, step_list<>>;
  /// A problem that cannot take the gradient of one player alone writes both: the second one's waits in `other`.
  template <class At, class Draw, int Player, int K>
  using steps = cat<part<Player == 0 || (Player == both_players && K == 0), when<refreshes, keeps<At, 0>>>,
                    part<Player != 0, keeps<At, 1>, take_gradient<name::ascent_point, name::other, Draw, 1>>,
                    part<Player != 1, take_gradient<At, name::g, Draw, 0>>,
                    part<Player != 0, local_operation<make_fixed<copies<name::other, name::g>>, binds<>, 1>>>;
  template <int>
  using result = name::g;
};
static_assert(estimator<ascent_from_snapshot>);

/// An optimizer whose maximizing player answers to a snapshot of the minimizing one, taken every so many steps.
///
/// every       where it is a multiple of local_steps::every all snapshots follow a round, and are the workers' mean;
///             elsewhere each worker has its own x there
/// every = 1   the optimizer itself, if it moves both players along one gradient
/// cost        one gradient a player and step
/// source      Deng, Mahdavi: Local Stochastic Gradient Descent Ascent (Local SGDA+). AISTATS 2021
template <optimizer O>
struct snapshot_ascent {
  O policy{};
  int every = 1;

  using estimator = ascent_from_snapshot;
  SADDLE_ESTIMATES_FOR(O)
  bool refreshes(std::uint64_t, std::int64_t step) const { return (step - 1) % every == 0; }
  std::string objection() const {
    return first_objection({objection_unless(every >= 1, "snapshot_ascent: every", "must be at least 1", every),
                            objection_to(policy)});
  }
  static std::string name() { return "snapshot-ascent-" + O::name(); }
};
template <class O>
snapshot_ascent(O) -> snapshot_ascent<O>;
template <class O>
snapshot_ascent(O, int) -> snapshot_ascent<O>;

SADDLE_NAMESPACE_END
