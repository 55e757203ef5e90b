// A step that throws: the report stays that of the steps before, and nobody is given arrays that are halfway.
#include "saddle/run/run_state.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "../executor/recording.hpp"
#include "game.hpp"
#include "saddle/transport/simulated.hpp"
#include "processes.hpp"

namespace failed_step_tests {

using namespace saddle;

namespace {

constexpr int workers = 3;

/// Throws at one of the gradients of a step.
test::linear_game failing(std::int64_t step, int draw, int worker, std::shared_ptr<bool> armed) {
  test::linear_game game = test::bil(workers);
  game.also = [=](sample s, test::vector const&, test::vector&) {
    if (*armed && s.step == step && s.draw == draw && s.worker == worker) {
      *armed = false;
      throw std::runtime_error("no data");
    }
  };
  return game;
}
/// The fields that are counted.
std::string counted(report const& r) {
  return std::to_string(r.step) + " " + std::to_string(r.steps_executed) + " " + std::to_string(r.gradients) + " " +
         std::to_string(r.uplink.total) + " " + std::to_string(r.uplink.payload) + " " +
         std::to_string(r.downlink.total) + " " + std::to_string(r.skipped_steps);
}

template <class O, class C, class Topology, class Executor>
void tells_the_truth(O const& o, C const& c, Topology const& topology, Executor const& how, int draw = 0) {
  CAPTURE(O::name());
  std::string const file =
      (std::filesystem::temp_directory_path() / ("saddle-failed-" + std::to_string(::getpid()))).string();
  for (std::int64_t const bad : {1, 2, 3, 5}) {
    CAPTURE(bad);
    auto const armed = std::make_shared<bool>(false);
    auto const make = [&](auto const& executor) {
      return trainer{failing(bad, draw, 1, armed), o, c, topology, loopback{workers}, executor,
                     settings{.average = averaging::uniform}};
    };
    auto whole = make(cpu{});
    whole.run(bad - 1);
    std::string const before = counted(whole.report());
    whole.run(8 - bad + 1);

    *armed = true;
    auto t = make(how);
    t.run(bad - 1);
    t.save(file);
    CHECK_THROWS_WITH_AS(t.run(4), "no data", std::runtime_error);
    CHECK(counted(t.report()) == before);
    auto const refused = doctest::Contains("a step threw, and left the arrays halfway");
    CHECK_THROWS_WITH_AS(t.step(), refused, std::invalid_argument);
    CHECK_THROWS_WITH_AS(t.save(file + "x"), refused, std::invalid_argument);
    CHECK_THROWS_WITH_AS(t.digest(), refused, std::invalid_argument);
    CHECK_THROWS_WITH_AS(t.weights(0), refused, std::invalid_argument);
    CHECK_THROWS_WITH_AS(t.averaged_weights(0), refused, std::invalid_argument);
    CHECK(!std::filesystem::exists(file + "x"));
    CHECK(counted(t.report()) == before);
    t.load(file);
    t.run(8 - bad + 1);
    CHECK(t.digest() == whole.digest());
    report const r = t.report(), expected = whole.report();
    CHECK(r.step == expected.step);
    CHECK(r.gradients == expected.gradients);
    CHECK(r.uplink.total == expected.uplink.total);
    CHECK(r.downlink.total == expected.downlink.total);
  }
  std::remove(file.c_str());
}

}  // namespace

TEST_CASE("a gradient that throws leaves a report that is true, and a trainer that refuses until it is loaded") {
  using careful = error_feedback<qsgd<128, 4>>;
  tells_the_truth(omd{0.05}, careful{}, parameter_server<>{}, cpu{});
  tells_the_truth(omd{0.05}, careful{}, parameter_server<>{}, cpu{.threads = 3});
  tells_the_truth(omd{0.05}, careful{}, parameter_server<>{}, test::recording{});
  tells_the_truth(extragradient{0.05}, careful{}, parameter_server<careful>{}, cpu{});
  tells_the_truth(sgda{0.05}, identity{}, local_steps{gossip{.graph = ring(workers), .rounds = 2}, 2}, cpu{});
}

TEST_CASE("the second gradient of a step throws: the arrays are halfway, the counters are not") {
  extragradient const fresh{.step_size = 0.05, .second = sampling::independent};
  tells_the_truth(fresh, identity{}, parameter_server<>{}, cpu{}, 1);
}

TEST_CASE("the time that a failed step would have taken is not counted either") {
  std::string const file =
      (std::filesystem::temp_directory_path() / ("saddle-failed-time-" + std::to_string(::getpid()))).string();
  simulated const network{.workers = workers,
                          .links = {wan},
                          .compute = compute_time::lognormal(0.01, 0.1, 1),
                          .absences = {{.worker = 2, .from = 2, .until = 4}}};
  auto const armed = std::make_shared<bool>(false);
  auto const make = [&] {
    return trainer{failing(3, 0, 1, armed), sgda{0.05}, identity{}, gossip{ring(workers)}, network, cpu{}};
  };
  auto whole = make();
  whole.run(2);
  double const before = whole.report().simulated->seconds;
  whole.run(5);

  *armed = true;
  auto t = make();
  t.run(2);
  t.save(file);
  CHECK_THROWS_AS(t.step(), std::runtime_error);
  CHECK(t.report().simulated->seconds == before);
  CHECK(t.report().step == 2);
  t.load(file);
  t.run(5);
  CHECK(t.digest() == whole.digest());
  CHECK(t.report().simulated->seconds == whole.report().simulated->seconds);
  std::remove(file.c_str());
}

TEST_CASE("processes of a run that failed do not continue it") {
  auto const armed = std::make_shared<bool>(true);
  auto const make = [&](test::process const& p) {
    return trainer<double>{failing(2, 0, 1, armed), omd{0.05}, identity{}, parameter_server<>{}, p, cpu{}};
  };
  test::fleet_of_processes<trainer<double>> t(workers, 3, [&](test::process p) {
    p.deadline = std::chrono::milliseconds(100);
    return make(p);
  });
  t.run(1);
  CHECK_THROWS(t.run(1));
  t.each([&](int r) {
    bool refuses = false;
    try {
      t[r].load("nowhere");
    } catch (std::invalid_argument const&) {
      refuses = true;
    } catch (std::exception const&) {
    }
    std::lock_guard const lock(t.wires().mutex);
    CHECK(refuses);
    CHECK(t[r].report().step == 1);
  });
}

namespace {

/// A topology that names a worker that there is not, in its third step.
struct wrong_server : parameter_server<> {
  int named;
  std::vector<edge> sources(std::int64_t step, int round, int worker, int all) const {
    std::vector<edge> from = parameter_server<>::sources(step, round, worker, all);
    from.back().worker = named;
    return from;
  }
};

}  // namespace

TEST_CASE("a topology that names a worker that there is not is refused") {
  for (int const named : {-1, workers, 1 << 30}) {
    trainer t{test::bil(workers), omd{0.05}, identity{}, wrong_server{{}, named}, loopback{workers}, cpu{}};
    CHECK_THROWS_WITH_AS(t.step(), doctest::Contains("names a worker that there is not"), std::invalid_argument);
  }
}

}  // namespace failed_step_tests
