#include "saddle/transport/virtual_workers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

using namespace saddle;
using event = virtual_workers::event;

namespace {
// Powers of two: all that follows is exact.
constexpr double alpha = 0.25, rate = 1024;
constexpr link_kind line{"line", alpha, rate, rate, rate};
constexpr virtual_workers::bytes sizes{.push = 64, .request = 32, .weights = 128};
constexpr double up = alpha + 64 / rate, ask = alpha + 32 / rate, down = alpha + 128 / rate;

struct happened {
  double time;
  int worker;
  event what;
  bool loses = false;
  friend bool operator==(happened const&, happened const&) = default;
};
/// The next n occurrences; whatever comes is answered at once.
std::vector<happened> next(virtual_workers& w, int n) {
  std::vector<happened> all;
  static std::int64_t number = 1;
  for (int i = 0; i < n; ++i) {
    auto const o = w.next();
    if (!o) break;
    all.push_back({w.report().seconds, o->worker, o->what, o->loses_gradient});
    if (o->what != event::crashes) w.answer(o->worker, ++number);
  }
  return all;
}
simulated const clockwork{.workers = 1, .links = {line}, .compute = compute_time::constant(1)};
}  // namespace

TEST_CASE("a worker computes, sends, waits for the answer, and begins again") {
  virtual_workers w(clockwork, sizes);
  double const cycle = 1 + up + down;
  CHECK(next(w, 3) == std::vector<happened>{{1 + up, 0, event::pushes},
                                            {1 + up + cycle, 0, event::pushes},
                                            {1 + up + 2 * cycle, 0, event::pushes}});
  auto const r = w.report();
  CHECK(r.waiting == std::vector{2 * (up + down)});
  CHECK(r.links == std::vector{link_traffic{"line", 6, 0, 3 * 64 + 3 * 128}});
  CHECK(w.wire_bytes() == 3 * 64 + 3 * 128);
}

TEST_CASE("nobody waits for a straggler, and the server's port takes one push after the other") {
  auto how = clockwork;
  how.workers = 3;
  how.stragglers = {{1, 4}};
  virtual_workers w(how, sizes);
  double const push = 64 / rate, answer = 128 / rate;
  // Workers 0 and 2 send at the same time; the answer to 2 is sent after that to 0.
  auto const first = next(w, 4);
  CHECK(first[0] == happened{1 + up, 0, event::pushes});
  CHECK(first[1] == happened{1 + up + push, 2, event::pushes});
  CHECK(first[2] == happened{2 + 2 * up + down, 0, event::pushes});
  CHECK(first[3] == happened{2 + 2 * up + down + std::max(push, answer), 2, event::pushes});
  auto const rest = next(w, 60);
  CHECK(std::ranges::count(rest, 0, &happened::worker) > 2 * std::ranges::count(rest, 1, &happened::worker));
}

TEST_CASE("a worker that pauses goes on where it was") {
  auto how = clockwork;
  SUBCASE("in a gradient, twice") {
    how.absences = {{0, 0.5, 2.5}, {0, 2.75, 3}};
    virtual_workers w(how, sizes);
    CHECK(next(w, 1)[0] == happened{3.25 + up, 0, event::pushes});
    CHECK(next(w, 1)[0] == happened{3.25 + up + down + 1 + up, 0, event::pushes});
    CHECK(w.report().waiting == std::vector{up + down});
  }
  SUBCASE("while its push travels, which arrives, and then the answer, which waits") {
    how.absences = {{0, 1.125, 8}};
    virtual_workers w(how, sizes);
    CHECK(next(w, 2) == std::vector<happened>{{1 + up, 0, event::pushes}, {8 + 1 + up, 0, event::pushes}});
    CHECK(w.report().waiting == std::vector{0.125});  // for as long as it was there
  }
  SUBCASE("from the first second on") {
    how.absences = {{0, -1, 2}};
    virtual_workers w(how, sizes);
    CHECK(w.is_there(0));
    CHECK(next(w, 1)[0] == happened{3 + up, 0, event::pushes});
  }
  SUBCASE("for ever") {
    how.absences = {{0, 0.5}};
    virtual_workers w(how, sizes);
    CHECK_FALSE(w.next());
  }
  SUBCASE("when its gradient is done: the pause comes after it") {
    how.absences = {{0, 1, 5}};
    virtual_workers w(how, sizes);
    CHECK(next(w, 1)[0].time == 5 + up);  // it sends when it is back
  }
}

TEST_CASE("a worker that crashes loses what it was at, and asks for weights when it is back") {
  auto how = clockwork;
  auto const crash = [&](double from, double until) { how.absences = {{0, from, until, outage::crash}}; };
  SUBCASE("a gradient") {
    crash(0.5, 4);
    virtual_workers w(how, sizes);
    CHECK(next(w, 3) == std::vector<happened>{{0.5, 0, event::crashes, true},
                                              {4 + ask, 0, event::pulls},
                                              {4 + ask + down + 1 + up, 0, event::pushes}});
    CHECK(w.report().waiting == std::vector{ask + down});
  }
  SUBCASE("a push on its way") {
    crash(1.125, 4);
    virtual_workers w(how, sizes);
    CHECK(next(w, 3) == std::vector<happened>{{1.125, 0, event::crashes, true},
                                              {4 + ask, 0, event::pulls},
                                              {4 + ask + down + 1 + up, 0, event::pushes}});
  }
  SUBCASE("an answer on its way, which is no gradient") {
    crash(1 + up + 0.125, 4);
    virtual_workers w(how, sizes);
    CHECK(next(w, 3) == std::vector<happened>{{1 + up, 0, event::pushes},
                                              {1 + up + 0.125, 0, event::crashes, false},
                                              {4 + ask, 0, event::pulls}});
    CHECK(w.report().waiting == std::vector{up + 0.125});
  }
  SUBCASE("for ever") {
    crash(3, std::numeric_limits<double>::infinity());
    virtual_workers w(how, sizes);
    CHECK(next(w, 100).size() == 2);  // a push and the crash
  }
  SUBCASE("while it was away already") {
    how.absences = {{0, 0.5, 4, outage::crash}, {0, 2, 6, outage::crash}};
    virtual_workers w(how, sizes);
    CHECK(next(w, 2) == std::vector<happened>{{0.5, 0, event::crashes, true}, {6 + ask, 0, event::pulls}});
  }
}

TEST_CASE("a worker that joins asks first") {
  auto how = clockwork;
  how.workers = 2;
  how.absences = {{1, 0, 2, outage::crash}};
  virtual_workers w(how, sizes);
  CHECK((w.is_there(0) && !w.is_there(1)));
  CHECK(next(w, 2) == std::vector<happened>{{1 + up, 0, event::pushes}, {2 + ask, 1, event::pulls}});
}

namespace {
simulated rough(int workers) {
  simulated how{.workers = workers,
                .links = {home},
                .compute = compute_time::lognormal(0.1, 1, 1),
                .losses = {0.1, 0.5},
                .seed = 3};
  for (int m = 0; m < workers; m += 3) {
    how.stragglers.push_back({m, 1.0 + m % 7});
    how.absences.push_back({m, 0.2 * m, 0.2 * m + 3, m % 2 == 0 ? outage::pause : outage::crash});
  }
  return how;
}
}  // namespace

TEST_CASE("virtual workers continue where they were saved") {
  constexpr int n = 20;
  for (int const before : {0, 1, 17, 60, 200}) {
    auto const run = [](virtual_workers& w, int count) {
      std::vector<happened> all;
      for (int i = 0; i < count; ++i) {
        auto const o = w.next();
        REQUIRE(o);
        all.push_back({w.report().seconds, o->worker, o->what, o->loses_gradient});
        if (o->what != event::crashes) w.answer(o->worker, i);
      }
      return all;
    };
    virtual_workers whole(rough(n), {640, 64, 6400}), second(rough(n), {640, 64, 6400});
    run(whole, before);
    second.set_state(whole.state());
    CHECK(run(second, 200) == run(whole, 200));
    CHECK(second.report() == whole.report());
    CHECK(second.state() == whole.state());
  }
}
