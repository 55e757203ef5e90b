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
  struct event {
    double time;
    int number;
  };
  random_sequence random({.use = purpose::evaluation});
  for (std::uint32_t ports : {1u, 3u, 4u, 5u, 50u}) {  // each gives its events in order
    event_queue<int> queue;
    std::vector<event> expected;
    std::vector<double> latest(ports);
    for (int i = 0; i < 5000; ++i) {
      double& time = latest[random.below(ports)];
      time += random.below(5);
      queue.add(time, i);
      expected.push_back({time, i});
      for (std::uint32_t taken = random.below(3); taken > 0 && !queue.empty(); --taken) {
        auto const first = std::ranges::min_element(expected, {}, &event::time);  // the first of several
        CHECK(queue.take().what == first->number);
        expected.erase(first);
        CHECK(queue.size() == expected.size());
      }
    }
  }
}
