#pragma once
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "saddle/core/counter_rng.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

// One coordinate under an operation, and Adam as the textbook writes it.
namespace reference {

using namespace saddle;

/// Gradients that change size and sign.
inline double some_gradient(std::int64_t t) {
  random_sequence r({.seed = 4, .use = purpose::evaluation, .exchange = static_cast<std::uint64_t>(t)});
  return r.normal() * std::exp(2 * std::sin(0.05 * static_cast<double>(t)));
}

/// The numbers of one coordinate, by name.
template <class T>
using coordinate = detail::record<T, name::w, name::h, name::g, name::x, name::base, name::v, name::m1, name::m2>;
template <class N, class T>
T& of(coordinate<T>& c) {
  return detail::get<N>(c);
}
/// Runs any operation on them, as a kernel does on a player's coordinates.
template <class T, class Op>
void run(Op const& operation, coordinate<T>& c, int player = 0) {
  detail::decide(operation, bucket_facts<T>{player, nullptr}, [&](auto const& one) { detail::run_operation(one, c); });
}

/// What O subtracts in a step for a gradient, and where its look-ahead from `base` leads.
template <class T, class O>
T direction(O const& o, std::int64_t step, coordinate<T>& c, T gradient, int player = 0) {
  of<name::g>(c) = gradient;
  run(o.template direction<T>(step), c, player);
  return of<name::v>(c);
}
template <class T, class O>
T ahead(O const& o, std::int64_t step, coordinate<T>& c, T base, T gradient) {
  of<name::base>(c) = base;
  of<name::g>(c) = gradient;
  run(o.template ahead<T>(step), c);
  return of<name::h>(c);
}

/// What O subtracts in steps 1, 2, ...
template <class T, class O>
std::vector<T> directions(O const& o, int steps) {
  coordinate<T> c{};
  std::vector<T> all;
  for (int t = 1; t <= steps; ++t) all.push_back(direction(o, t, c, static_cast<T>(some_gradient(t))));
  return all;
}

/// The arrays that an optimizer's direction reads and writes.
template <class O, class T = float>
using arrays_of_direction = arrays_of<decltype(std::declval<O const&>().template direction<T>(1))>;
/// Adam's: the gradient, and two moments.
using arrays_of_adam = uses<in<name::g>, inout<name::m1>, inout<name::m2>>;

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
