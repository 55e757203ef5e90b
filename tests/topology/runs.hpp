#pragma once
#include "saddle/core/feedback.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

/// By which rule a topology exchanges w, where what is sent is exact or not and so much of a loss is kept.
template <bool Exact, saddle::feedback Kept>
struct run_with : saddle::run_archetype {
  static constexpr bool is_exact = Exact;
  static constexpr saddle::feedback kept = Kept;
};
template <class Tp, bool Exact, saddle::feedback Kept>
using rule_of = typename saddle::slot_in<Tp, run_with<Exact, Kept>, saddle::name::w>::rule;
