#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <saddle/torch_cuda.cuh>

#include "modules.hpp"

#include <doctest/doctest.h>  // after torch, whose logging has a CHECK of its own

namespace {

using namespace saddle;

auto const method = dqgan<optimistic_adam>{.optimizer = {.step_size = 1e-3}};
static_assert(has_a_twin_on_device<decltype(image_gan(1))>);

/// Sums in one order, whatever is fastest.
struct repeatable {
  repeatable() {
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
  }
};

template <class A, class B>
double largest_difference(A const& a, B const& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::fmax(most, std::fabs(static_cast<double>(a[i] - b[i])));
  return most;
}

}  // namespace

TEST_CASE("a run on the device is the host's to rounding, buffers included") {
  repeatable const here;
  auto const p = image_gan(2);
  trainer on_host{p, method, loopback{2}, cpu{}};
  trainer there{p, method, loopback{2}, saddle::cuda{}};
  for (int step = 0; step < 5; ++step) {
    on_host.step();
    there.step();
  }
  std::vector<float> min(static_cast<std::size_t>(p.sizes().min)), max(static_cast<std::size_t>(p.sizes().max));
  p.initial(settings{}.seed, {min, max});
  for (int m = 0; m < 2; ++m) {
    CHECK(largest_difference(there.weights(m).min, min) > 1e-3);  // five steps of 1e-3
    CHECK(largest_difference(there.weights(m).min, on_host.weights(m).min) < 1e-4);
    CHECK(largest_difference(there.weights(m).max, on_host.weights(m).max) < 1e-4);
    CHECK(largest_difference(there.buffers(m), on_host.buffers(m)) < 1e-4);
    CHECK(there.buffers(m)[4] != 1);  // a running variance, which begins at 1
  }
}

TEST_CASE("a run on the device repeats to the bit, with dropout, and resumes") {
  repeatable const here;
  auto const make = [](double dropped) {
    return trainer<float>(image_gan(2, dropped), method, loopback{2}, saddle::cuda{});
  };
  std::string const file = "torch_cuda.saddle";
  auto a = make(0.4), b = make(0.4), other = make(0);
  a.run(10);
  a.save(file);
  a.run(10);
  b.run(20);
  other.run(20);
  auto c = make(0.4);
  c.load(file);
  c.run(10);
  CHECK(a.digest() == b.digest());
  CHECK(a.digest() == c.digest());
  CHECK(a.digest() != other.digest());
  std::remove(file.c_str());
}
