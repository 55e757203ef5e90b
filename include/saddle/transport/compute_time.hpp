#pragma once
#include <cmath>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// Seconds that a gradient takes: least + scale * z. The seconds of one gradient depend on nothing but the seed, its
/// worker, step and phase.
///
/// constant     z = 0
/// uniform      in (0, 1)
/// exponential  of mean 1
/// lognormal    exp(spread * normal), of median 1 and mean exp(spread^2 / 2)
struct compute_time {
  enum class shape { constant, uniform, exponential, lognormal };
  shape kind = shape::constant;
  double least = 0, scale = 0, spread = 0;

  static constexpr compute_time constant(double seconds) { return {shape::constant, seconds}; }
  static constexpr compute_time uniform(double least, double most) { return {shape::uniform, least, most - least}; }
  static constexpr compute_time exponential(double least, double mean_above) {
    return {shape::exponential, least, mean_above};
  }
  static constexpr compute_time lognormal(double least, double median_above, double spread) {
    return {shape::lognormal, least, median_above, spread};
  }

  double seconds(std::uint64_t seed, int worker, std::int64_t step, int phase) const {
    if (kind == shape::constant) return least;
    random_sequence random({.seed = seed,
                            .use = purpose::compute_time,
                            .exchange = static_cast<std::uint64_t>(step),
                            .worker = static_cast<std::uint32_t>(worker),
                            .bucket = static_cast<std::uint64_t>(phase)});
    if (kind == shape::uniform) return least + scale * random.uniform();
    if (kind == shape::exponential) return least - scale * std::log(random.uniform());
    return least + scale * std::exp(spread * random.normal());
  }
  void check() const {
    for (double const x : {least, scale, spread})
      expects(x >= 0 && is_finite(x), "compute_time: seconds and their spread are not negative, and finite");
    expects(kind != shape::constant || scale == 0, "compute_time: scale is set, and constant times have none");
    expects(kind == shape::lognormal || spread == 0, "compute_time: spread is set, and only lognormal times have one");
  }
};

SADDLE_NAMESPACE_END
