#include "saddle/transport/virtual_network.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

using namespace saddle;

namespace {
// Powers of two: all that follows is exact.
constexpr double latency = 0.25, rate = 1024;
constexpr link_kind line{"line", latency, rate, rate, rate};

std::vector<double> times(virtual_network& n) {
  std::vector<double> all;
  while (auto const o = n.next()) all.push_back(o->time);
  return all;
}
}  // namespace

TEST_CASE("a message alone takes the latency and its bytes over the slower port") {
  for (auto const& [up, down] : {std::pair{64.0, 1024.0}, {1024.0, 64.0}, {64.0, 64.0}}) {
    virtual_network n(2, {{"line", latency, up, down, 1}});
    n.send(3, {0, 1, 512, 7});
    auto const o = n.next();
    REQUIRE(o);
    CHECK(o->time == 3 + latency + 512 / 64.0);
    CHECK(n.now() == o->time);
    CHECK((o->what.from == 0 && o->what.to == 1 && o->what.bytes == 512 && o->what.tag == 7 && !o->is_alarm()));
    CHECK_FALSE(n.next());
  }
}

TEST_CASE("a port sends one message after the other, in the order of the calls") {
  virtual_network n(3, {line});
  n.send(1, {0, 1, 512, 0});
  n.send(1, {0, 2, 1024, 1});
  n.send(5, {0, 1, 512, 2});
  CHECK(times(n) == std::vector{1 + latency + 0.5, 1 + latency + 0.5 + 1, 5 + latency + 0.5});
}

TEST_CASE("a port receives one message after the other, in the order of their first bytes") {
  virtual_network n(3, {line});
  n.send(1.125, {0, 2, 1024, 0});
  n.send(1, {1, 2, 512, 1});
  auto o = n.next();
  CHECK((o->what.tag == 1 && o->time == 1 + latency + 0.5));
  o = n.next();
  CHECK((o->what.tag == 0 && o->time == 1 + latency + 0.5 + 1));
}

TEST_CASE("many slow senders do not block a server's fast port, and fill it") {
  link_kind const slow{"slow", latency, 64, 64, 1024};
  for (int workers : {1, 16, 64}) {  // 16 of them are as fast as the server
    virtual_network n(workers, {slow});
    for (int m = 0; m < workers; ++m) n.send(0, {m, n.server(), 64});
    CHECK(times(n).back() == latency + std::max(1.0, workers / 16.0));
  }
}

TEST_CASE("both directions of a port, and ports of different kinds, do not disturb each other") {
  virtual_network n(4, {line, {"far", 1, rate, rate, rate}}, [](int a, int b) { return a / 2 == b / 2 ? 0 : 1; });
  n.send(0, {0, 1, 1024});
  n.send(0, {1, 0, 1024});
  n.send(0, {0, 2, 1024});
  CHECK(times(n) == std::vector{latency + 1, latency + 1, 2.0});
  CHECK(n.traffic()[0] == link_traffic{"line", 2, 0, 2048});
  CHECK(n.traffic()[1] == link_traffic{"far", 1, 0, 1024});
}

TEST_CASE("alarms and messages come by time, and in the order of the calls at one time") {
  virtual_network n(2, {line});
  n.alarm(1.25, 1);
  n.send(0, {0, 1, 1024, 2});  // its last event is added later
  n.alarm(0.5, 0);
  for (int tag = 0; tag < 3; ++tag) {
    auto const o = n.next();
    REQUIRE(o);
    CHECK(o->what.tag == tag);
    CHECK(o->is_alarm() == (tag < 2));
  }
}

TEST_CASE("a lost message is sent again after the timeout, and its bytes count") {
  for (double p : {0.0, 0.1, 0.5}) {
    auto const run = [p](std::uint64_t seed) {
      virtual_network n(2, {line}, {}, {.probability = p, .timeout = 2}, seed);
      std::vector<double> all;
      for (int i = 0; i < 10'000; ++i) {
        n.send(n.now(), {0, 1, 512});
        all.push_back(n.next()->time);
      }
      link_traffic const t = n.traffic()[0];
      CHECK(t.messages == 10'000 + t.lost);
      CHECK(t.bytes == 512 * t.messages);
      CHECK(all.back() == 10'000 * (latency + 0.5) + static_cast<double>(t.lost) * (0.5 + 2));
      double const expected = 10'000 * p / (1 - p), deviation = std::sqrt(10'000 * p) / (1 - p);  // geometric
      CHECK(std::abs(static_cast<double>(t.lost) - expected) <= 5 * deviation);
      return all;
    };
    CHECK(run(1) == run(1));
    CHECK((run(1) == run(2)) == (p == 0));
  }
}

TEST_CASE("a virtual network continues where it was saved") {
  message_loss const loss{0.3, 0.1};
  virtual_network whole(3, {line}, {}, loss);
  auto const half = [](virtual_network& n, int begin) {
    for (int i = begin; i < begin + 50; ++i) n.send(i / 10.0, {i % 3, (i + 1) % 3, 100});
    return times(n);
  };
  half(whole, 0);
  std::vector<double> state;
  whole.save(state);
  virtual_network second(3, {line}, {}, loss);
  CHECK(second.load(state).empty());
  CHECK(second.now() == whole.now());
  CHECK(half(second, 50) == half(whole, 50));
  CHECK(second.traffic()[0] == whole.traffic()[0]);
}

TEST_CASE("a virtual network is saved with what is on its way") {
  message_loss const loss{0.3, 0.1};
  for (int const before : {0, 1, 7, 40, 99}) {
    virtual_network whole(3, {line}, {}, loss), second(3, {line}, {}, loss);
    for (int i = 0; i < 50; ++i) {
      whole.send(i % 7, {i % 3, (i + 1) % 3, 100, i});
      whole.alarm(i % 5, 100 + i);  // many at one time
    }
    for (int i = 0; i < before; ++i) whole.next();
    std::vector<double> state;
    whole.save(state);
    CHECK(second.load(state).empty());
    whole.send(whole.now(), {0, 1, 64, 50});
    second.send(whole.now(), {0, 1, 64, 50});
    for (int left = 101 - before; left > 0; --left) {
      auto const a = whole.next(), b = second.next();
      REQUIRE((a && b));
      REQUIRE((a->time == b->time && a->what.tag == b->what.tag && a->is_alarm() == b->is_alarm()));
    }
    CHECK((!whole.next() && !second.next()));
    CHECK(second.traffic()[0] == whole.traffic()[0]);
  }
}

TEST_CASE("a virtual network refuses links and messages that make no sense") {
  auto const refuses = [](link_kind const& k) { CHECK_THROWS_AS(virtual_network(2, {k}), std::invalid_argument); };
  refuses({"x", -1, 1, 1, 1});
  refuses({.name = nullptr});
  refuses({"x", std::nan(""), 1, 1, 1});
  refuses({"x", 0, -1, 1, 1});
  refuses({"x", 0, 1, 0, 1});
  refuses({"x", 0, 1, 1, std::nan("")});
  CHECK_THROWS_AS(virtual_network(2, {}), std::invalid_argument);
  CHECK_THROWS_AS(virtual_network(0, {line}), std::invalid_argument);
  CHECK_THROWS_AS(virtual_network(2, {line}, {}, {1.0, 0}), std::invalid_argument);
  CHECK_THROWS_AS(virtual_network(2, {line}, {}, {-0.1, 0}), std::invalid_argument);
  CHECK_THROWS_AS(virtual_network(2, {line}, {}, {0.1, -1}), std::invalid_argument);
  virtual_network n(2, {line}, [](int, int to) { return to; });
  CHECK_THROWS_AS(n.send(0, {0, 1, 1}), std::invalid_argument);  // there is no second kind
  CHECK_THROWS_AS(n.send(0, {0, 3, 1}), std::invalid_argument);
  CHECK_THROWS_AS(n.send(0, {-1, 0, 1}), std::invalid_argument);
  CHECK_THROWS_AS(n.send(0, {1, 0, -1}), std::invalid_argument);
}
