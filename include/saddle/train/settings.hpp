#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/run/buffer_exchange.hpp"
#include "saddle/run/grouping.hpp"
#include "saddle/run/policies.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a trainer is told beside its policies.
struct settings {
  std::uint64_t seed = 1;
  averaging average = averaging::none;
  double decay = 0.999;
  box min_box{}, max_box{};  // constraints on the players, applied wherever w or h is written
  std::string problem{};     // a name, beside its identity(); a checkpoint of another one is refused
  saddle::grouping grouping = saddle::grouping::whole_model;
  buffer_rule buffers = buffer_rule::averaged;  // of problems that have any

  box const& box_of(int player) const { return player == 0 ? min_box : max_box; }
  char const* averaging_name() const {
    return average == averaging::none ? "none" : average == averaging::uniform ? "uniform" : "exponential";
  }

  template <class T>
  run_constants<T> constants() const {
    return {seed,
            {bound_in<T>(min_box.lo), bound_in<T>(max_box.lo)},
            {bound_in<T>(min_box.hi), bound_in<T>(max_box.hi)},
            average,
            decay};
  }

  std::string objection() const {
    return first_objection({objection_unless(decay >= 0 && decay < 1, "settings: decay", "lies in [0, 1)", decay),
                            objection_to_box("settings: min_box", min_box.lo, min_box.hi),
                            objection_to_box("settings: max_box", max_box.lo, max_box.hi)});
  }
  /// errors  std::invalid_argument, as below
  void check() const {
    saddle::expect_no_objection(*this);
    expects(average == averaging::exponential || decay == settings{}.decay,
            "settings: decay is set, and only averaging::exponential reads it");
  }
  /// For a problem of these sizes.
  void check(players sizes) const {
    for (int player = 0; player < 2; ++player)
      expects(sizes.of(player) > 0 || (box_of(player).lo == box{}.lo && box_of(player).hi == box{}.hi), [&] {
        return std::string("settings: ") + (player == 0 ? "min_box" : "max_box") +
               " is set, and that player has no coordinates";
      });
  }
};

SADDLE_NAMESPACE_END
