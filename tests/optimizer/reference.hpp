#pragma once
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "saddle/core/counter_rng.hpp"
#include "saddle/optimizer/concept.hpp"

// One coordinate under a rule, and Adam as the textbook writes it.
namespace reference {

using namespace saddle;

/// Gradients that change size and sign.
inline double gradient(std::int64_t t) {
  random_sequence r({.seed = 4, .use = purpose::evaluation, .exchange = static_cast<std::uint64_t>(t)});
  return r.normal() * std::exp(2 * std::sin(0.05 * static_cast<double>(t)));
}

/// What O subtracts in steps 1, 2, ...; all phases get gradients of their own, in order.
template <class T, class O>
std::vector<T> directions(O const& o, int steps) {
  typename rule_of<O, T>::state s{};
  std::vector<T> all;
  std::int64_t n = 0;
  for (int t = 1; t <= steps; ++t)
    for (int k = 0; k < phases_of(o); ++k)
      all.push_back(o.template at<T>(t, k).direction(static_cast<T>(gradient(++n)), s));
  return all;
}

/// m_n / (1 - beta1^n) / (sqrt(v_n / (1 - beta2^n)) + epsilon) after gradients 1 ... n.
class textbook_adam {
 public:
  textbook_adam(double beta1, double beta2, double epsilon) : beta1_(beta1), beta2_(beta2), epsilon_(epsilon) {}
  double ratio(double g) {
    ++n_;
    m_ = beta1_ * m_ + (1 - beta1_) * g;
    v_ = beta2_ * v_ + (1 - beta2_) * g * g;
    return m_ / (1 - std::pow(beta1_, n_)) / (std::sqrt(v_ / (1 - std::pow(beta2_, n_))) + epsilon_);
  }

 private:
  double beta1_, beta2_, epsilon_, m_ = 0, v_ = 0;
  int n_ = 0;
};

/// The largest difference, in units of what is compared with.
template <class T>
double worst(std::vector<T> const& seen, std::vector<double> const& expected) {
  double most = seen.size() == expected.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < expected.size(); ++i)
    most = std::fmax(most, std::abs(seen[i] - expected[i]) / (std::abs(expected[i]) + 1e-4));
  return most;
}
/// The textbook's betas are doubles: 0.999 in float is off by 1e-8, which is 1e-5 of 1 - 0.999.
template <class T>
inline constexpr double tolerance = sizeof(T) == 8 ? 1e-10 : 1e-4;

}  // namespace reference
