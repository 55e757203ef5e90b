// What a pair keeps beside its weights, under MD-GAN.
#include "mirror.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "../train/processes.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/transport/loopback.hpp"

namespace md_gan_buffers_tests {

using namespace saddle;
using test::discriminator, test::distance, test::generator, test::mirror, test::vector;

namespace {

/// A mirror that remembers what it has seen. Its discriminators' feedbacks depend on it.
struct mirror_with_memory : mirror {
  std::vector<vector> of_batches = std::vector<vector>(5, {0, 1}), of_workers = std::vector<vector>(5, {0, 1, 2});
  std::int64_t forgets_at = 0;  // the step in which worker 1 begins to remember what is no number

  static double mean(std::span<double const> v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  }
  std::span<double> generator_buffers(int batch) const {
    return const_cast<vector&>(of_batches[static_cast<std::size_t>(batch)]);
  }
  std::span<double> discriminator_buffers(int worker) const {
    return const_cast<vector&>(of_workers[static_cast<std::size_t>(worker)]);
  }
  void generate(std::span<double const> x, sample z, std::span<double> out) const {
    mirror::generate(x, z, out);
    auto const b = generator_buffers(z.worker);
    b[0] = 0.9 * b[0] + 0.1 * mean(x) * (1 + z.worker);
    b[1] *= 1.25;
  }
  void ascend(std::span<double const> theta, sample s, generated_batch<double> const& fake,
              std::span<double> out) const {
    mirror::ascend(theta, s, fake, out);
    auto const b = discriminator_buffers(s.worker);
    b[0] = 0.9 * b[0] + 0.1 * (mean(fake.values) + s.worker);
    if (s.step == forgets_at && s.worker == 1) b[1] = std::numeric_limits<double>::infinity();
  }
  void feedback(std::span<double const> theta, sample s, generated_batch<double> const& fake,
                std::span<double> out) const {
    mirror::feedback(theta, s, fake, out);
    auto const b = discriminator_buffers(s.worker);
    b[2] += b[0];
    for (double& d : out) d += b[0];
  }
};
static_assert(split_gan<mirror_with_memory>);

using settings_of_test = md_gan_settings<sgda, sgda, identity, identity, half<128>>;
settings_of_test settings_with(int batches) {
  return {.generator = {0.1}, .discriminator = {0.3}, .batches = batches, .exchange_every = 3, .seed = 9};
}
using driver = md_gan<mirror_with_memory, settings_of_test, cpu>;
template <class Tr>
std::unique_ptr<driver> run_on(Tr const& transport, cpu where = {}) {
  return std::make_unique<driver>(mirror_with_memory{}, settings_with(3), transport, where);
}
vector copy_of(std::span<double const> s) { return {s.begin(), s.end()}; }
std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("md_gan: the generator's buffers are a mean over the batches, a discriminator's go where it goes") {
  for (int const k : {1, 2, 5}) {
    CAPTURE(k);
    md_gan_settings<sgda, sgda> const how{
        .generator = {0.1}, .discriminator = {0.3}, .batches = k, .exchange_every = 3, .seed = 9};
    md_gan run{mirror_with_memory{}, how, loopback{5}, cpu{}};
    mirror_with_memory plain;
    vector of_server{0, 1};
    for (int step = 1; step <= 9; ++step) {
      vector const x = generator(run);
      std::vector<vector> theta;
      for (int n = 0; n < 5; ++n) theta.push_back(discriminator(run, n));
      run.step();
      std::vector<vector> batches(static_cast<std::size_t>(k), vector(300));
      vector sum(2), out(300);
      for (int j = 0; j < k; ++j) {
        std::ranges::copy(of_server, plain.generator_buffers(j).begin());
        plain.generate(x, {.worker = j}, batches[static_cast<std::size_t>(j)]);
        for (std::size_t i = 0; i < 2; ++i) sum[i] += plain.generator_buffers(j)[i];
      }
      for (std::size_t i = 0; i < 2; ++i) of_server[i] = sum[i] / k;
      REQUIRE(distance(copy_of(run.generator_buffers()), of_server) < 1e-12);
      for (int j = 0; j < k; ++j)  // all begin the next step with it
        REQUIRE(copy_of(run.pair().generator_buffers(j)) == copy_of(run.generator_buffers()));
      for (int n = 0; n < 5; ++n) {
        auto const i = static_cast<std::size_t>(n), g = i % static_cast<std::size_t>(k),
                   d = (i + 1) % static_cast<std::size_t>(k);
        plain.ascend(theta[i], {.worker = n, .step = step}, {{}, batches[d]}, out);
        for (std::size_t c = 0; c < 300; ++c) theta[i][c] -= 0.3 * out[c];
        plain.feedback(theta[i], {.worker = n, .step = step}, {{}, batches[g]}, out);
      }
      std::vector<vector> const remembered = plain.of_workers;
      for (int n = 0; n < 5; ++n) {
        auto const from = std::ranges::min_element(
            theta, {}, [&](vector const& t) { return distance(t, discriminator(run, n)); });
        auto const j = static_cast<std::size_t>(from - theta.begin());
        REQUIRE((j != static_cast<std::size_t>(n)) == (step % 3 == 0));
        plain.of_workers[static_cast<std::size_t>(n)] = remembered[j];
        REQUIRE(distance(copy_of(run.discriminator_buffers(n)), remembered[j]) < 1e-12);
      }
    }
    CHECK(run.report().exchanged.payload == 3 * 5 * (300 + 3) * 8);
  }
}

TEST_CASE("md_gan: what no batch changes stays as it is, to the bit") {
  struct constant : mirror_with_memory {
    void generate(std::span<double const> x, sample z, std::span<double> out) const { mirror::generate(x, z, out); }
  };
  constant pair;
  for (vector& b : pair.of_batches) b = {0.1, 1.0 / 3};
  md_gan run{pair, settings_with(3), loopback{5}, cpu{}};
  run.run(5);
  CHECK(copy_of(run.generator_buffers()) == vector{0.1, 1.0 / 3});
}

TEST_CASE("md_gan: buffers on threads, on processes and after a stop are those of one run, to the bit") {
  std::string const file = "/tmp/saddle-md-gan-buffers-" + std::to_string(::getpid());
  auto one = run_on(loopback{5}), two = run_on(loopback{5}, {.threads = 3});
  one->run(7);
  two->run(7);
  one->save(file);
  auto const saved = bytes_of(file);
  two->save(file);
  CHECK(bytes_of(file) == saved);
  one->run(5);
  for (int const ranks : {1, 2, 5}) {
    CAPTURE(ranks);
    auto const wires = std::make_shared<test::network>();
    test::on_all_ranks(ranks, [&](int r) {
      test::process const process{wires, 5, ranks, r};
      auto whole = run_on(process);
      whole->run(7);
      whole->save(file);
      whole->run(5);
      auto resumed = run_on(process);
      resumed->load(file);
      resumed->run(5);
      std::lock_guard const lock(wires->mutex);
      for (auto const& each : {std::ref(whole), std::ref(resumed)}) {
        driver const& d = *each.get();
        if (d.is_server()) {
          CHECK(generator(d) == generator(*one));
          CHECK(copy_of(d.generator_buffers()) == copy_of(one->generator_buffers()));
        }
        for (int n = d.first_worker(); n < d.first_worker() + d.hosted_workers(); ++n) {
          CHECK(discriminator(d, n) == discriminator(*one, n));
          CHECK(copy_of(d.discriminator_buffers(n)) == copy_of(one->discriminator_buffers(n)));
        }
        CHECK(d.report().exchanged == one->report().exchanged);
      }
    });
    CHECK(bytes_of(file) == saved);
  }
  std::remove(file.c_str());
}

TEST_CASE("md_gan: buffers that are no numbers are not delivered, and are reported") {
  mirror_with_memory pair;
  pair.forgets_at = 3;
  md_gan run{pair, settings_with(1), loopback{5}, cpu{}};
  run.run(2);
  CHECK(run.report().skipped_steps == 0);
  run.step();
  REQUIRE(run.report().non_finite);
  CHECK((run.report().non_finite->worker == 1 && run.report().non_finite->coordinate == 1));
  for (int n = 0; n < 5; ++n)
    for (double const b : run.discriminator_buffers(n)) CHECK(std::isfinite(b));
  CHECK(run.report().skipped_steps == 1);
}

TEST_CASE("md_gan: buffers are as many for all") {
  mirror_with_memory one, other;
  one.of_batches[2].push_back(0);
  other.of_workers[2].push_back(0);
  auto const begin = [](mirror_with_memory const& p) { md_gan run{p, settings_with(3), loopback{5}, cpu{}}; };
  CHECK_THROWS_WITH_AS(begin(one), "md_gan: the generator's buffers have one size for all batches",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(begin(other), "md_gan: the discriminators' buffers have one size for all workers",
                       std::invalid_argument);
}

}  // namespace md_gan_buffers_tests
