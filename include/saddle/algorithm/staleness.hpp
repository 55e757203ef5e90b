#pragma once
#include <concepts>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the server of an asynchronous run makes of a gradient that was taken at old weights: rules that give the step
/// size of a coordinate from the schedule's and from sigma, the number of updates since the worker's pull.
///
/// counts  what sigma counts: nothing; pushes, up to 2^32 - 1; updates of this coordinate, modulo 2^32
namespace staleness {

enum class counted { nothing, pushes, coordinates };

/// Every gradient is as good as a fresh one: plain asynchronous SGD.
struct none {
  static constexpr counted counts = counted::nothing;
  static std::string name() { return "none"; }
  template <class T>
  SADDLE_HD T operator()(T step_size, std::uint32_t) const {
    return step_size;
  }
};

/// alpha / sigma, and alpha where nobody has come in between.
/// source  Zhang, Gupta, Lian, Liu: Staleness-aware Async-SGD for Distributed Deep Learning. IJCAI 2016
struct per_push {
  static constexpr counted counts = counted::pushes;
  static std::string name() { return "per-push"; }
  template <class T>
  SADDLE_HD T operator()(T step_size, std::uint32_t sigma) const {
    return sigma > 0 ? step_size / static_cast<T>(sigma) : step_size;
  }
};

/// The same for each coordinate by itself: where messages are sparse, most of a push is not stale at all.
/// source  Hardy, Le Merrer, Sericola: Distributed deep learning on edge-devices: feasibility via adaptive compression.
///         NCA 2017
struct per_parameter {
  static constexpr counted counts = counted::coordinates;
  static std::string name() { return "per-parameter"; }
  template <class T>
  SADDLE_HD T operator()(T step_size, std::uint32_t sigma) const {
    return per_push{}(step_size, sigma);
  }
};

}  // namespace staleness

template <class S>
concept staleness_rule = requires(S const rule) {
  { S::counts } -> std::convertible_to<staleness::counted>;
  { S::name() } -> std::convertible_to<std::string>;
  { rule(1.0f, std::uint32_t{1}) } -> std::same_as<float>;
};
static_assert(staleness_rule<staleness::none> && staleness_rule<staleness::per_push> &&
              staleness_rule<staleness::per_parameter>);

SADDLE_NAMESPACE_END
