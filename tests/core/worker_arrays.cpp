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
  std::vector<T> min(256), max(128);
  all.gradient[0] = min.data();
  all.gradient[1] = max.data() - 256;
  bucket_arrays<T> const a = all.from({.index = 1, .begin = 128, .count = 128, .player = 0});
  CHECK(a.w == w.data() + 128);
  CHECK(a.gradient == min.data() + 128);
  CHECK(a.memory == nullptr);  // not used, and nothing is added to a null pointer
  CHECK(a.plane == plane);
  CHECK(all.from({.index = 2, .begin = 256, .count = 1, .player = 1}).gradient == max.data());

  auto s = load_planes<three<T>>(a.state, a.plane, 5);
  CHECK(s.a == 133);
  CHECK(s.b == 256 + 133);
  CHECK(s.c == 512 + 133);

  std::vector<T> expected = state;
  expected[133] = -1;
  expected[256 + 133] = -2;
  expected[512 + 133] = -3;
  store_planes(a.state, a.plane, 5, three<T>{-1, -2, -3});
  CHECK(state == expected);
  store_planes(a.state, a.plane, 6, stateless{});
  load_planes<stateless>(a.state, a.plane, 6);
  CHECK(state == expected);
}
