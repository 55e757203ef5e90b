// The asynchronous server and its workers in several processes, which are threads here.
#include "saddle/algorithm/async_letters.hpp"

#include "saddle/algorithm/async_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../train/processes.hpp"
#include "naive_server.hpp"
#include "saddle/algorithm/error_feedback_top_k_sgd.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/transport/loopback.hpp"

namespace async_server_processes_tests {

using namespace saddle;
using test::process, test::stirred;
using namespace std::chrono_literals;

namespace {

/// A problem that takes its time, or more than that.
struct slow : stirred {
  std::function<void(sample const&)> pause = [](sample const&) {};
  void gradient(point<double const> at, sample s, point<double> out) const {
    pause(s);
    stirred::gradient(at, s, out);
  }
};

using settings_type = decltype(error_feedback_top_k_sgd(0.02, 0.05));
using driver = async_server<slow, settings_type, cpu>;

struct fleet {
  int workers, ranks;
  std::chrono::milliseconds deadline = 60s;
  slow problem{};
  std::function<void(test::bytes&)> tamper{};
};
/// f(driver) on all ranks.
template <class F>
void on_all(fleet const& of, settings_type const& how, F const& f) {
  auto const wires = std::make_shared<test::network>();
  wires->tamper = of.tamper;
  test::on_all_ranks(of.ranks, [&](int r) {
    driver d{of.problem, how, process{wires, of.workers, of.ranks, r, server_place::sharded, of.deadline}, cpu{}};
    f(d);
  });
}
struct files {
  std::string order = "async_server.order", checkpoint = "async_server_processes.checkpoint";
  ~files() { std::remove(order.c_str()), std::remove(checkpoint.c_str()); }
};

settings_type settings_of(std::int64_t max_staleness) {
  auto how = error_feedback_top_k_sgd(0.02, 0.05);
  how.max_staleness = max_staleness;
  return how;
}

}  // namespace

TEST_CASE("async_server: what several processes did in some order, one does again, to the bit") {
  files const file;
  struct size {
    int workers, ranks;
    std::int64_t max_staleness;
  };
  for (size const& s : {size{2, 2, 100}, {5, 2, 3}, {5, 3, 100}, {5, 4, 2}, {3, 4, 100}}) {
    CAPTURE(s.workers);
    CAPTURE(s.ranks);
    auto how = settings_of(s.max_staleness);
    how.record = file.order;
    async_report there;
    std::uint64_t digest = 0;
    fleet const of{.workers = s.workers, .ranks = s.ranks};
    on_all(of, how, [&](driver& d) {
      d.run(40);
      d.step();
      d.run(30, [](async_report const& r) { return r.step < 60; });  // the server decides for all
      if (!d.is_server()) return;
      there = d.report();
      digest = d.digest();
    });
    CHECK((there.step == 60 && there.left_behind.empty()));
    CHECK(there.wire_bytes > there.downlink.payload);
    how.record = "";
    how.replay = file.order;
    auto const agrees = [&](driver& d) {
      d.run(60);
      if (!d.is_server()) return;
      CHECK(d.digest() == digest);
      async_report const r = d.report();
      CHECK((r.refused == there.refused && r.mean_staleness == there.mean_staleness && r.uplink == there.uplink));
    };
    driver alone{slow{}, how, loopback{s.workers}, cpu{}};
    agrees(alone);
    on_all(of, how, agrees);
    CHECK_THROWS_WITH_AS(alone.run(1000), doctest::Contains("has no more than"), std::invalid_argument);
  }
}

TEST_CASE("async_server: a record goes on with the run that was loaded, and an order that makes no sense is refused") {
  files const file;
  auto how = settings_of(100);
  how.record = file.order;
  {
    driver d{slow{}, how, loopback{3}, cpu{}};
    d.run(7);
    d.save(file.checkpoint);
    d.run(5);  // it was killed after these
  }
  {
    driver d{slow{}, how, loopback{3}, cpu{}};
    d.load(file.checkpoint);
    d.run(3);
  }
  std::ifstream in(file.order);
  std::vector<int> order;
  for (int m; in >> m;) order.push_back(m);
  CHECK(order == std::vector{0, 1, 2, 0, 1, 2, 0, 1, 2, 0});
  std::ofstream(file.order) << "0\n1\n";  // it ends before the checkpoint
  {
    driver d{slow{}, how, loopback{3}, cpu{}};
    d.load(file.checkpoint);
    CHECK_THROWS_WITH_AS(d.run(1), doctest::Contains("number 7 is to follow"), std::invalid_argument);
  }
  how.record = "";
  auto const refuses = [&](std::string const& replay, char const* why) {
    how.replay = replay;
    CHECK_THROWS_WITH_AS((driver{slow{}, how, loopback{3}, cpu{}}), doctest::Contains(why), std::invalid_argument);
  };
  refuses("nowhere/async_server.order", "async_server: cannot read nowhere");
  std::ofstream(file.order) << "0 1 3 2";
  refuses(file.order, "names worker 3");
}

TEST_CASE("async_server: who is silent is left behind, and taken as stale as it is when it comes") {
  std::atomic<bool> released = false;
  fleet of{.workers = 3, .ranks = 4, .deadline = 500ms};
  of.problem.pause = [&](sample const& s) {
    if (s.worker == 1 && s.step == 3)
      while (!released) std::this_thread::sleep_for(5ms);
    else std::this_thread::sleep_for(1ms);
  };
  on_all(of, settings_of(1 << 20), [&](driver& d) {
    auto const until = [&](auto const& what) {
      d.run(100000, [&](async_report const& r) { return !what(r); });
    };
    until([](async_report const& r) { return r.left_behind == std::vector{1}; });
    if (d.is_server()) {
      CHECK(d.report().step > 20);
      released = true;
    }
    // Its rank has not heard yet that the first run is over.
    until([](async_report const& r) { return r.worker == 1; });
    if (d.is_server()) CHECK((d.report().left_behind.empty() && d.report().largest_staleness > 20));
    d.run(20);
  });
}

TEST_CASE("async_server: where nobody pushes any more all processes say so") {
  for (bool const some : {false, true}) {
    fleet of{.workers = 2, .ranks = 3, .deadline = 500ms};
    of.problem.pause = [&](sample const& s) {
      if (s.step == 2 && (some || s.worker == 0)) std::this_thread::sleep_for(1500ms);
    };
    auto how = settings_of(100);
    files const file;
    if (!some) {  // the order is not to be had without worker 0
      std::ofstream(file.order) << "0 1 1 1 0 0 1";
      how.replay = file.order;
    }
    CHECK_THROWS_AS(on_all(of, how, [](driver& d) { d.run(100); }), transport_error);
  }
}

TEST_CASE("async_server: what the server of several processes saved goes on with workers that pull anew") {
  files const file;
  fleet const of{.workers = 3, .ranks = 3};
  auto const how = settings_of(100);
  std::uint64_t digest = 0;
  async_report before;
  on_all(of, how, [&](driver& d) {
    d.run(30);
    d.save(file.checkpoint);
    if (d.is_server()) digest = d.digest(), before = d.report();
    d.run(5);
  });
  on_all(of, how, [&](driver& d) {
    d.run(7);
    d.load(file.checkpoint);
    if (d.is_server()) {
      CHECK(d.digest() == digest);
      async_report const r = d.report();
      CHECK((r.step == 30 && r.lost == before.lost + 3 && r.pulls == before.pulls && r.uplink == before.uplink));
    }
    d.run(30);
    if (d.is_server()) CHECK((d.report().step == 60 && d.digest() != digest));
  });
  // Of another number of workers, on all ranks.
  std::atomic<int> refused = 0;
  on_all({.workers = 4, .ranks = 3}, how, [&](driver& d) {
    CHECK_THROWS_AS(d.load(file.checkpoint), bad_checkpoint);
    ++refused;
    d.run(5);
  });
  CHECK(refused == 3);
  driver alone{slow{}, how, loopback{3}, cpu{}};
  CHECK_THROWS_AS(alone.load(file.checkpoint), bad_checkpoint);
}

TEST_CASE("async_server: where the order has nothing of a rank for long, it waits for the server and not in vain") {
  files const file;
  std::ofstream(file.order) << "0 1 1 1 1 1 1 1 1 1 1 1 1 0 1";
  fleet of{.workers = 2, .ranks = 3, .deadline = 300ms};
  of.problem.pause = [&](sample const& s) {
    if (s.worker == 1) std::this_thread::sleep_for(100ms);
  };
  auto how = settings_of(100);
  how.replay = file.order;
  on_all(of, how, [](driver& d) {
    d.run(15);
    if (d.is_server()) CHECK(d.report().step == 15);
  });
}

TEST_CASE("async_server: a damaged letter is refused, with its sender's number") {
  struct damage {
    std::size_t least;  // a push, or weights
    std::ptrdiff_t at;  // from the beginning, or from the end
  };
  std::vector<damage> all;
  for (std::size_t const least : {std::size_t{200}, std::size_t{5000}})
    for (std::ptrdiff_t byte = -1; byte < std::ptrdiff_t{sizeof(letter_head)}; ++byte)
      all.push_back({least, byte < 0 ? -20 : byte});
  for (damage const& d : all) {
    CAPTURE(d.least);
    CAPTURE(d.at);
    bool const is_push = d.least < 5000;
    fleet of{.workers = 1, .ranks = 2, .deadline = 100ms};
    of.tamper = [=, left = 3](test::bytes& b) mutable {
      if (b.size() < d.least || (is_push && b.size() > 5000) || --left != 0) return;
      b[static_cast<std::size_t>(d.at < 0 ? std::ssize(b) + d.at : d.at)] ^= std::byte{64};
    };
    std::atomic<int> refused = 0;
    on_all(of, settings_of(100), [&](driver& who) {
      try {
        who.run(20);
      } catch (bad_message const& e) {
        refused += std::string(e.what()).find(is_push ? "of rank 1" : "of rank 0") != std::string::npos;
      } catch (transport_error const&) {  // the other one hears nothing more
      }
    });
    CHECK(refused == 1);
  }
}

TEST_CASE("async_server: a gradient that throws is taken again, and no other twice") {
  auto const how = settings_of(1000);
  driver calm{slow{}, how, loopback{40}, cpu{}};
  calm.run(200);
  for (int const threads : {1, 3}) {
    slow problem;
    std::atomic<bool> has_thrown = false;
    problem.pause = [&](sample const& s) {
      if (s.worker == 35 && s.step == 3 && !has_thrown.exchange(true)) throw std::runtime_error("not now");
    };
    driver d{problem, how, loopback{40}, cpu{threads}};
    CHECK_THROWS_WITH_AS(d.run(200), "not now", std::runtime_error);
    d.run(200 - d.report().step);
    CHECK(d.digest() == calm.digest());
  }
}

}  // namespace async_server_processes_tests
