#include "saddle/core/worker_arrays.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace saddle;

namespace {

template <class T>
struct three {
  T a, b, c;
};

}  // namespace

TEST_CASE_TEMPLATE("worker_arrays: the state of a coordinate is one value in each plane", T, float, double) {
  CHECK(planes_of<stateless, T> == 0);
  CHECK(planes_of<three<T>, T> == 3);

  std::int64_t const plane = 256;
  std::vector<T> w(plane), state(3 * plane);
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = static_cast<T>(i);
  worker_arrays<T> all;
  all.w = w.data();
  all.state = state.data();
  all.plane = plane;
  worker_arrays<T> const a = all.from(128);
  CHECK(a.w == w.data() + 128);
  CHECK(a.memory == nullptr);  // not used, and nothing is added to a null pointer
  CHECK(a.plane == plane);

  auto s = load_state<three<T>>(a, 5);
  CHECK(s.a == 133);
  CHECK(s.b == 256 + 133);
  CHECK(s.c == 512 + 133);

  std::vector<T> expected = state;
  expected[133] = -1;
  expected[256 + 133] = -2;
  expected[512 + 133] = -3;
  store_state(a, 5, three<T>{-1, -2, -3});
  CHECK(state == expected);
  store_state(a, 6, stateless{});
  load_state<stateless>(a, 6);
  CHECK(state == expected);
}
