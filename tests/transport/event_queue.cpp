#include "saddle/transport/event_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "saddle/core/counter_rng.hpp"

using namespace saddle;

TEST_CASE("an event queue gives what a stable sort by time gives") {
  random_sequence random({.use = purpose::evaluation});
  for (int n : {0, 1, 2, 3, 100, 1000}) {
    struct event {
      double time;
      int number;
    };
    event_queue<int> queue;
    std::vector<event> expected;
    for (int i = 0; i < n; ++i) {
      double const time = random.below(20);  // many ties
      queue.add(time, i);
      expected.push_back({time, i});
    }
    std::ranges::stable_sort(expected, {}, &event::time);
    CHECK(queue.size() == expected.size());
    for (event const& e : expected) {
      auto const next = queue.take();
      CHECK(next.time == e.time);
      CHECK(next.what == e.number);
    }
    CHECK(queue.empty());
  }
}

TEST_CASE("an event queue is filled while it is emptied") {
  event_queue<char> queue;
  queue.add(3, 'c');
  queue.add(1, 'a');
  CHECK(queue.take().what == 'a');
  queue.add(2, 'b');
  queue.add(3, 'd');
  for (char const expected : {'b', 'c', 'd'}) CHECK(queue.take().what == expected);
}
