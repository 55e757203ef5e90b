#include "saddle/transport/simulated.hpp"

#include "game.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>

namespace simulated_tests {

using namespace saddle;

namespace {

simulated rough(int workers) {
  return {.workers = workers,
          .links = {wan},
          .compute = compute_time::lognormal(0.01, 0.1, 1),
          .stragglers = {{1, 3}},
          .losses = {0.1, 0.2},
          .seed = 5};
}
trainer<double> exact(auto const& transport) {
  return {test::smg(transport.workers), extragradient{0.05}, identity{}, parameter_server<>{}, transport, cpu{}};
}
trainer<double> server(auto const& transport) {
  error_feedback<qsgd<128, 8>> const bytes{};
  return {test::smg(transport.workers), omd{0.05}, bytes, parameter_server<>{}, transport, cpu{}};
}
trainer<double> in_rounds(auto const& transport, int rounds = 1) {
  gossip const talk{.graph = ring(transport.workers), .rounds = rounds};
  return {test::smg(transport.workers), sgda{0.05}, identity{}, talk, transport, cpu{}};
}

}  // namespace

TEST_CASE("simulated trains as loopback does, to the bit") {
  auto const agree = [](trainer<double> a, trainer<double> b, int steps = 30) {
    a.run(steps);
    b.run(steps);
    CHECK(a.digest() == b.digest());
    CHECK(a.report().simulated->seconds > steps * 0.01);
    CHECK_FALSE(b.report().simulated);
    CHECK(a.report().uplink == b.report().uplink);
    CHECK(a.report().simulated->links[0].lost > 0);
    CHECK(a.report().wire_bytes > a.report().uplink.total + a.report().downlink.total);
  };
  agree(server(rough(4)), server(loopback{4}));
  agree(in_rounds(rough(4), 2), in_rounds(loopback{4}, 2));
  for (all_reduce const how : {all_reduce::ring, all_reduce::tree, all_reduce::doubling, all_reduce::halving}) {
    simulated among_workers = rough(5);
    among_workers.average = how;
    trainer<double> a = exact(among_workers), b = exact(loopback{5});
    a.run(30);
    b.run(30);
    CHECK(a.digest() == b.digest());
    CHECK(a.report().simulated->links[0].lost > 0);
  }
  agree(server(rough(10'000)), server(loopback{10'000}), 2);
  agree(in_rounds(rough(10'000)), in_rounds(loopback{10'000}), 2);
}

TEST_CASE("the trainer tells the network what it sends") {
  double const alpha = 0.25, beta = 1.0 / 4096;
  simulated const s{.workers = 4, .links = {{"line", alpha, 1 / beta, 1 / beta, 1 / beta}}};
  SUBCASE("to a server") {
    trainer<double> t = server(s);
    t.run(1);
    report const r = t.report();
    double const up = static_cast<double>(r.uplink.total) * beta, down = static_cast<double>(r.downlink.total) * beta;
    CHECK(r.simulated->seconds == 2 * alpha + up + down);
    CHECK(r.wire_bytes == r.uplink.total + r.downlink.total);
  }
  SUBCASE("round a ring, in three rounds") {
    trainer<double> t = in_rounds(s, 3);
    t.run(8);
    report const r = t.report();
    double const message = static_cast<double>(r.uplink.total / (8 * 3 * 4 * 2));
    CHECK(r.simulated->seconds == 8 * 3 * (alpha + 2 * message * beta));
    CHECK(r.wire_bytes == r.uplink.total);
  }
  SUBCASE("while it computes, where it combines before it adapts") {
    simulated slow = s;
    slow.compute = compute_time::constant(16);
    gossip const early{.graph = ring(4), .order = gossip_order::combine_then_adapt};
    trainer<double> t(test::smg(4), sgda{0.05}, identity{}, early, slow, cpu{});
    t.run(8);
    CHECK(t.report().simulated->seconds == 8 * 16);
    CHECK(t.report().simulated->waiting == std::vector<double>(4, 0));
  }
  SUBCASE("both gradients of an extragradient, and one message") {
    simulated slow = s;
    slow.compute = compute_time::constant(1);
    trainer<double> t = exact(slow);
    t.run(1);
    report const r = t.report();
    CHECK(r.simulated->seconds == 2 + 2 * alpha + static_cast<double>(r.uplink.total + r.downlink.total) * beta);
  }
}

TEST_CASE("the virtual clock is part of a checkpoint") {
  std::string const file =
      (std::filesystem::temp_directory_path() / ("saddle-simulated-" + std::to_string(::getpid()))).string();
  simulated s = rough(4);
  s.absences = {{2, 1, 6}};
  trainer<double> whole = server(s), first = server(s), second = server(s);
  whole.run(40);
  first.run(13);
  first.save(file);
  second.load(file);
  second.run(27);
  CHECK(second.digest() == whole.digest());
  CHECK(whole.report().simulated->missed > 0);
  CHECK(*second.report().simulated == *whole.report().simulated);
  s.losses.probability = 0.2;
  trainer<double> other = server(s), real = server(loopback{4});
  CHECK_THROWS_AS(other.load(file), bad_checkpoint);
  CHECK_THROWS_AS(real.load(file), bad_checkpoint);
  real.save(file);
  CHECK_THROWS_AS(second.load(file), bad_checkpoint);
  std::filesystem::remove(file);
}

}  // namespace simulated_tests
