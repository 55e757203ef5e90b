// What MD-GAN's messages carry: compressors, memories, numbers that are none; on threads, on processes, after a stop.
#include "saddle/algorithm/feedback_exchange.hpp"

#include "mirror.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <type_traits>
#include <unistd.h>

#include "../train/processes.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/transport/loopback.hpp"
#include "saddle/transport/simulated.hpp"

namespace md_gan_messages_tests {

using namespace saddle;
using test::discriminator, test::discriminators, test::distance, test::generator, test::mirror, test::vector;

namespace {

/// The 20 largest of each 128, the first of equals.
vector largest(vector p) {
  for (std::size_t begin = 0; begin < p.size(); begin += 128) {
    std::size_t const end = std::min(begin + 128, p.size());
    std::vector<std::size_t> order;
    for (std::size_t i = begin; i < end; ++i) order.push_back(i);
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return std::abs(p[i]); });
    for (std::size_t i = 20; i < order.size(); ++i) p[order[i]] = 0;
  }
  return p;
}

/// MD-GAN on mirrors by gradient descent, with a function in the place of each compressor.
template <class S, class F, class X>
struct plain_mirrors {
  mirror pair;
  S samples;
  F feedbacks;  // of a worker's
  X discriminators;
  vector x = vector(300);
  std::vector<vector> theta{3, vector(300)};

  void advance(int step) {
    std::vector<vector> batches(2, vector(300));
    for (int j = 0; j < 2; ++j) {
      pair.generate(x, {.worker = j}, batches[static_cast<std::size_t>(j)]);
      batches[static_cast<std::size_t>(j)] = samples(batches[static_cast<std::size_t>(j)]);
    }
    vector mean(300), g(300);
    for (int n = 0; n < 3; ++n) {
      auto const i = static_cast<std::size_t>(n);
      pair.ascend(theta[i], {.worker = n, .step = step}, {{}, batches[(i + 1) % 2]}, g);
      for (std::size_t c = 0; c < 300; ++c) theta[i][c] -= 0.3 * g[c];
      pair.feedback(theta[i], {.worker = n, .step = step}, {{}, batches[i % 2]}, g);
      g = feedbacks(n, g);
      vector pulled(300);
      pair.pull_back(x, {.worker = n % 2}, g, pulled);
      for (std::size_t c = 0; c < 300; ++c) mean[c] += pulled[c] / 3;
    }
    for (std::size_t c = 0; c < 300; ++c) x[c] -= 0.1 * mean[c];
  }
};

vector as_it_is(vector const& v) { return v; }

/// Both sides by side for 12 steps, an exchange every 4.
template <class Settings, class S, class F, class X>
void agree(Settings how, S samples, F feedbacks, X discriminators) {
  how.generator = {0.1}, how.discriminator = {0.3}, how.batches = 2, how.exchange_every = 4;
  md_gan driver{mirror{}, how, loopback{3}, cpu{}};
  plain_mirrors<S, F, X> plain{{}, samples, feedbacks, discriminators};
  plain.pair.initial(1, {plain.x, plain.theta[0]});
  plain.theta[1] = plain.theta[2] = plain.theta[0];
  for (int step = 1; step <= 12; ++step) {
    driver.step();
    plain.advance(step);
    if (step % 4 == 0) {
      std::vector<vector> sent;
      for (vector const& t : plain.theta) sent.push_back(discriminators(t));
      std::set<std::size_t> taken;
      for (int n = 0; n < 3; ++n) {
        auto const nearest = std::ranges::min_element(
            sent, {}, [&](vector const& t) { return distance(t, discriminator(driver, n)); });
        auto const j = static_cast<std::size_t>(nearest - sent.begin());
        REQUIRE(taken.insert(j).second);
        plain.theta[static_cast<std::size_t>(n)] = sent[j];
      }
    }
    REQUIRE(distance(generator(driver), plain.x) < 1e-11);
    for (int n = 0; n < 3; ++n)
      REQUIRE(distance(discriminator(driver, n), plain.theta[static_cast<std::size_t>(n)]) < 1e-11);
  }
  auto const r = driver.report();
  auto const bytes = [](auto const& f) {  // 20 pairs of 10 bytes a bucket of 128, or 8 bytes a value
    return std::is_same_v<std::remove_cvref_t<decltype(f)>, vector (*)(vector)> ? 3 * 20 * 10 : 300 * 8;
  };
  CHECK(r.downlink.payload == 12 * 3 * 2 * bytes(samples));
  CHECK(r.uplink.payload == 12 * 3 * (has_memory<decltype(how.feedbacks)> ? 600 : 2400));
  CHECK(r.exchanged.payload == 3 * 3 * bytes(discriminators));
}

}  // namespace

TEST_CASE("md_gan: a pair of one's own, with every kind of message compressed") {
  using top = top_k<128, 20>;
  auto const unchanged = [](int, vector const& v) { return v; };
  agree(md_gan_settings<sgda, sgda>{}, &as_it_is, unchanged, &as_it_is);
  agree(md_gan_settings<sgda, sgda, top>{}, &largest, unchanged, &as_it_is);
  agree(md_gan_settings<sgda, sgda, identity, identity, top>{}, &as_it_is, unchanged, &largest);
  std::vector<vector> owed(3, vector(300));  // a worker's error memory, which stays with it
  auto const with_memory = [&](int n, vector v) {
    vector& e = owed[static_cast<std::size_t>(n)];
    for (std::size_t i = 0; i < v.size(); ++i) v[i] += e[i];
    vector const sent = largest(v);
    for (std::size_t i = 0; i < v.size(); ++i) e[i] = v[i] - sent[i];
    return sent;
  };
  agree(md_gan_settings<sgda, sgda, identity, with_bias<error_feedback<top>>>{}, &as_it_is, with_memory, &as_it_is);
}

TEST_CASE("md_gan: a feedback that is no number is left out and named") {
  md_gan_settings<sgda, sgda> const how{.generator = {0.1}, .discriminator = {0.3}};
  md_gan driver{mirror{.breaks_at = 3}, how, loopback{3}, cpu{}}, whole{mirror{}, how, loopback{3}, cpu{}};
  driver.run(2);
  whole.run(2);
  CHECK(!driver.report().non_finite);
  auto const x = generator(driver);
  auto const theta = discriminators(driver);
  driver.step();
  auto const r = driver.report();
  CHECK(r.skipped_steps == 1);
  REQUIRE(r.non_finite);
  CHECK((r.non_finite->step == 3 && r.non_finite->worker == 1 && r.non_finite->coordinate == 130 &&
         r.non_finite->player == player::min));
  whole.step();
  CHECK(discriminators(driver) == discriminators(whole));
  vector g(300);
  auto expected = x;
  for (int n : {0, 2}) {
    mirror{}.feedback(discriminator(driver, n), {.worker = n, .step = 3}, {{}, x}, g);
    for (std::size_t i = 0; i < 300; ++i) expected[i] -= 0.1 * g[i] / 3;
  }
  CHECK(distance(generator(driver), expected) < 1e-12);
  driver.run(3);
  CHECK(driver.report().skipped_steps == 1);
}

namespace {

/// All that is to be remembered: look-ahead points, moments, memories, dither.
using lossy = md_gan_settings<omd, adam, qsgd<128, 8>, with_bias<error_feedback<top_k<128, 20>>>, half<128>>;
lossy all_kinds(exchanged_state state = exchanged_state::resets) {
  return {.generator = {0.02},
          .batches = 3,
          .discriminator_steps = 2,
          .exchange_every = 4,
          .state = state,
          .departures = {{2, 15}},
          .seed = 9};
}
using driver = md_gan<mirror, lossy, cpu>;
template <class Tr>
std::unique_ptr<driver> run_on(Tr const& transport, lossy const& how = all_kinds(), cpu where = {}) {
  return std::make_unique<driver>(mirror{.samples = 13}, how, transport, where);
}
std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("saddle-md-gan-" + std::to_string(::getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  std::string operator/(char const* name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("md_gan: threads change no bit") {
  auto one = run_on(loopback{5}), four = run_on(loopback{5}, all_kinds(), {.threads = 4});
  for (int i = 0; i < 20; ++i) {
    one->step();
    four->step();
    REQUIRE(one->digest() == four->digest());
  }
  CHECK(one->report().skipped_steps == 0);
}

TEST_CASE("md_gan: a run goes on where it was saved, to the bit, and never from another one") {
  folder const here;
  auto whole = run_on(loopback{5}), first = run_on(loopback{5});
  whole->run(25);
  first->run(13);
  first->save(here / "run");
  auto second = run_on(loopback{5});
  second->run(2);
  auto const untouched = second->digest();
  std::string text = bytes_of(here / "run");
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  std::ofstream(here / "damaged", std::ios::binary) << text;
  CHECK_THROWS_AS(second->load(here / "damaged"), bad_checkpoint);
  CHECK_THROWS_AS(second->load(here / "none"), bad_checkpoint);
  CHECK(second->digest() == untouched);
  second->load(here / "run");
  CHECK(second->digest() == first->digest());
  CHECK(second->report().step == 13);
  second->run(12, [](md_gan_report const& r) { return r.step < 20; });
  CHECK(second->report().step == 20);
  second->run(5);
  CHECK(second->digest() == whole->digest());
  auto const a = whole->report(), b = second->report();
  CHECK((a.uplink == b.uplink && a.downlink == b.downlink && a.exchanged == b.exchanged &&
         a.exchanges == b.exchanges && a.passes == b.passes));
  CHECK(b.steps_executed == 12);

  auto other = run_on(loopback{5}, all_kinds(exchanged_state::stays));
  auto const then = other->digest();
  try {
    other->load(here / "run");
    FAIL("a checkpoint of another run was loaded");
  } catch (bad_checkpoint const& e) {
    CHECK(std::string(e.what()).find("another run") != std::string::npos);
  }
  CHECK(other->digest() == then);
}

TEST_CASE("md_gan: on several processes it is the run on one: weights, counters and checkpoints to the bit") {
  folder const here;
  for (exchanged_state const state : {exchanged_state::moves, exchanged_state::stays, exchanged_state::resets}) {
    lossy const how = all_kinds(state);
    auto one = run_on(loopback{5}, how);
    one->run(11);
    one->save(here / "one");
    auto const saved = bytes_of(here / "one");
    one->run(9);
    for (int const ranks : {1, 2, 3, 5}) {
      CAPTURE(ranks);
      auto const wires = std::make_shared<test::network>();
      std::vector<std::unique_ptr<driver>> several(static_cast<std::size_t>(ranks)), resumed(several.size());
      test::on_all_ranks(ranks, [&](int r) {
        auto const i = static_cast<std::size_t>(r);
        test::process const process{wires, 5, ranks, r};
        several[i] = run_on(process, how);
        several[i]->run(11);
        several[i]->save(here / "several");
        several[i]->run(9);
        auto const digest = several[i]->digest();
        resumed[i] = run_on(process, how);
        resumed[i]->load(here / "one");
        resumed[i]->run(9);
        auto const again = resumed[i]->digest();
        std::lock_guard const lock(wires->mutex);
        CHECK(digest == one->digest());
        CHECK(again == one->digest());
      });
      CHECK(bytes_of(here / "several") == saved);
      CHECK(generator(*several[0]) == generator(*one));
      for (auto const& each : several) {
        for (int n = each->first_worker(); n < each->first_worker() + each->hosted_workers(); ++n)
          CHECK(discriminator(*each, n) == discriminator(*one, n));
        auto const a = each->report(), b = one->report();
        CHECK((a.uplink == b.uplink && a.downlink == b.downlink && a.exchanged == b.exchanged));
        CHECK(a.passes == b.passes);
        CHECK((a.wire_bytes > 0) == (ranks > 1));
      }
    }
  }
}

TEST_CASE("md_gan: what one process says to stop at, all stop at") {
  for (int who = 0; who < 3; ++who) {
    auto const wires = std::make_shared<test::network>();
    std::vector<std::int64_t> stopped(3);
    test::on_all_ranks(3, [&](int r) {
      auto each = run_on(test::process{wires, 5, 3, r});
      each->run(10, [&](md_gan_report const& now) { return r != who || now.step < 4; });
      each->run(1);
      stopped[static_cast<std::size_t>(r)] = each->report().step;
    });
    CHECK(stopped == std::vector<std::int64_t>{5, 5, 5});
  }
}

TEST_CASE("md_gan: what goes over wires is what is counted, and a changed bit is noticed") {
  auto const wires = std::make_shared<test::network>();
  using settings = md_gan_settings<sgda, sgda>;
  settings how{.batches = 2, .exchange_every = 2};
  auto const run = [&](int steps) {
    std::vector<md_gan_report> reports(2);
    test::on_all_ranks(2, [&](int r) {
      md_gan<mirror, settings, cpu> each{mirror{}, how, test::process{wires, 2, 2, r}, cpu{}};
      auto const before = each.report().wire_bytes;
      each.run(steps);
      reports[static_cast<std::size_t>(r)] = each.report();
      reports[static_cast<std::size_t>(r)].wire_bytes -= before;
    });
    return reports;
  };
  auto const reports = run(6);
  // Half of all workers are on the server's rank; each rank sends its discriminator to the other.
  CHECK(reports[0].wire_bytes == reports[0].downlink.total / 2 + reports[0].exchanged.total / 2);
  CHECK(reports[1].wire_bytes == reports[1].uplink.total / 2 + reports[1].exchanged.total / 2);

  int values = 0;  // in blocks of 128: two batches down, and then the feedback
  wires->tamper = [&](test::bytes& parcel) {
    if (parcel.size() == 3 * 128 * 8 && ++values == 3) parcel[1000] ^= std::byte{4};
  };
  try {
    run(1);
    FAIL("it was not noticed");
  } catch (bad_message const& e) {
    CHECK(std::string(e.what()).find("checksum") != std::string::npos);
  }
}

TEST_CASE("md_gan: on a modelled network the numbers are those of loopback, and there is a time") {
  lossy how = all_kinds();
  how.departures.clear();
  auto near = run_on(loopback{5}, how);
  auto far = run_on(simulated{.workers = 5, .links = {wan}, .compute = compute_time::constant(0.01)}, how);
  near->run(8);
  far->run(8);
  CHECK(near->digest() == far->digest());
  REQUIRE(far->report().simulated);
  // Each step two gradients and a feedback, a way up and one down; in every fourth the discriminators' way, too.
  CHECK(far->report().simulated->seconds >= 8 * (3 * 0.01 + 2 * wan.latency) + 2 * wan.latency);
  CHECK(far->report().simulated->seconds < 2 * (8 * (3 * 0.01 + 2 * wan.latency) + 2 * wan.latency));

  how.departures = {{1, 3}};
  CHECK_THROWS_AS(run_on(simulated{.workers = 5, .links = {wan}}, how), std::invalid_argument);
  how.departures.clear();
  simulated const with_absence{
      .workers = 5, .links = {wan}, .compute = compute_time::constant(0.01), .absences = {{1, 0.5, 1.0}}};
  auto absent = run_on(with_absence, how);
  std::set<int> present;
  absent->run(40, [&](md_gan_report const& r) { present.insert(r.workers); });
  CHECK(present == std::set<int>{4, 5});
  CHECK(absent->report().workers == 5);
}

}  // namespace md_gan_messages_tests
