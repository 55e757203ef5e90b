#pragma once
// MD-GAN against FL-GAN and a GAN that is alone, of any pair of networks: what is run, and how it is kept.
#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <saddle/algorithm/md_gan.hpp>
#include <saddle/problem/gan_loss.hpp>
#include <saddle/saddle.hpp>

#include "any_pair.hpp"
#include "judge.hpp"
#include "report.hpp"
#include "runs.hpp"

namespace evidence {

enum class system_kind { md_gan, fl_gan };  // FL-GAN of one worker that averages with nobody is the GAN alone
enum class sent { exact, bits_8, bits_4, top_8 };

/// One system on one task, of one seed. What it does not say is the same for all.
struct arm {
  std::string data;
  saddle::gan_loss loss = saddle::gan_loss::saturating;
  int workers = 1, batch = 10;
  system_kind system = system_kind::md_gan;
  int batches = 1;  // k
  sent feedbacks = sent::exact;
  bool until_none_is_left = false;
  bool labels_differ = false;  // a worker has images of two classes

  auto operator<=>(arm const&) const = default;
  bool is_alone() const { return system == system_kind::fl_gan && workers == 1; }
  std::string name() const {
    if (is_alone()) return "stand-alone GAN";
    if (system == system_kind::fl_gan) return "FL-GAN";
    static constexpr char const* const how[] = {"", ", 8 bits", ", 4 bits", ", 8 of 128"};
    return "MD-GAN, k = " + std::to_string(batches) + how[static_cast<int>(feedbacks)] +
           (until_none_is_left ? ", workers leave" : "");
  }
  std::string loss_name() const { return loss == saddle::gan_loss::saturating ? "saturating" : "non-saturating"; }
  std::string images() const { return labels_differ ? data + ", two classes a worker" : data; }
  std::string key() const {
    return images() + ", " + loss_name() + ", N = " + std::to_string(workers) + ", b = " + std::to_string(batch) + ", " +
           name();
  }
};

/// k = ceil(log2 N), 1 for one worker.
inline int log_of(int workers) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(workers) - 1)));
}

/// What is trained, and who rates it.
struct task {
  std::string name;
  saddle::samples real;
  pair_maker* make;
  saddle::acgan_options sizes;
  saddle::adam optimizer;
  std::int64_t steps, between;  // from one evaluation to the next
  judge eye;

  /// Iterations of an epoch, where each worker has so much of the data: m E / b, E = 1.
  std::int64_t epoch(arm const& a) const {
    return std::max<std::int64_t>(1, real.count / a.workers / a.batch);
  }
  any_pair pair(arm const& a) const {
    saddle::acgan_options o = sizes;
    o.workers = a.workers, o.batch = a.batch, o.loss = a.loss;
    if (a.labels_differ) o.partition = saddle::label_shards{2};
    return make(real, o);
  }
};

/// What a system came to with one seed.
struct course {
  std::vector<std::int64_t> steps = {};  // of each evaluation
  std::vector<int> workers = {};         // that are there
  std::vector<rated> ratings = {};
  double server_in = 0, server_out = 0, between = 0;  // bytes of all messages, without headers
  bool as_published = false;                          // these bytes are the paper's
  double operations = 0;                              // floating-point, of a worker and iteration; 0: not counted

  /// A generator goes to and fro: the median of the last quarter of the evaluations, of three at least.
  double end(double rated::*what) const {
    std::size_t const last = std::min(ratings.size(), std::max<std::size_t>(3, (ratings.size() + 3) / 4));
    std::vector<double> values;
    for (std::size_t i = ratings.size() - last; i < ratings.size(); ++i) values.push_back(ratings[i].*what);
    return median(values);
  }
};

/// Runs an arm from one evaluation to the next. Each is a run of its own in the file, and what comes after it goes on
/// from a checkpoint beside that: a stopped program loses no more than one.
class md_gan_study {
 public:
  md_gan_study(task const& t, runs& kept, options const& o) : t_(t), runs_(kept), o_(o) {}

  course measure(arm const& a, int seed) {
    any_pair const networks = t_.pair(a);
    using namespace saddle;
    switch (a.feedbacks) {
      case sent::bits_8: return of_md_gan(networks, a, seed, qsgd<512, 8>{});
      case sent::bits_4:
        return of_md_gan(networks, a, seed, with_bias<error_feedback<qsgd<128, 4, rounding::nearest>>>{});
      case sent::top_8: return of_md_gan(networks, a, seed, with_bias<error_feedback<top_k<128, 8>>>{});
      case sent::exact: break;
    }
    return a.system == system_kind::fl_gan ? of_fl_gan(networks, a, seed) : of_md_gan(networks, a, seed, identity{});
  }

 private:
  template <saddle::compression F>
  course of_md_gan(any_pair const& networks, arm const& a, int seed, F feedbacks) {
    using namespace saddle;
    int const n = a.workers;
    md_gan_settings<adam, adam, identity, F> how{.generator = t_.optimizer,
                                                 .discriminator = t_.optimizer,
                                                 .feedbacks = feedbacks,
                                                 .batches = a.batches,
                                                 .exchange_every = n > 1 ? t_.epoch(a) : 0,
                                                 .seed = static_cast<std::uint64_t>(seed)};
    if (a.until_none_is_left)
      for (int i = 0; i < n; ++i) how.departures.push_back({i, (i + 1) * t_.steps / n});
    using driver = md_gan<any_pair, decltype(how), cpu>;
    auto const make = [&] {
      return std::make_unique<driver>(networks, how, loopback{n}, cpu{std::min(o_.threads, n)});
    };
    auto const advance = [&](driver& d, std::int64_t to) {
      d.run(to - d.report().step);
      auto const r = d.report();
      return state{d.generator_weights(), d.generator_buffers(), r.workers,
                   {r.uplink.payload, r.downlink.payload, r.exchanged.payload, 0}};
    };
    course c = follow<driver>(networks, a, seed, make, advance);
    auto const messages = static_cast<double>(4 * std::int64_t{a.batch} * networks.sample_size() * t_.steps * n);
    std::int64_t const exchanges = n > 1 ? t_.steps / t_.epoch(a) * n * 4 * networks.sizes().max : 0;
    c.as_published =
        c.server_in == messages && c.server_out == 2 * messages && c.between == static_cast<double>(exchanges);
    per_pass const cost = networks.operations();
    c.operations = static_cast<double>(cost.ascend + cost.feedback);
    return c;
  }

  /// The discriminator first, as published; after each epoch the workers' average is the server's, which is rated.
  course of_fl_gan(any_pair const& networks, arm const& a, int seed) {
    using namespace saddle;
    int const n = a.workers;
    std::int64_t const epoch = n > 1 ? t_.epoch(a) : t_.steps + 1;
    if (n > 1 && epoch > t_.between)
      throw std::invalid_argument("--iterations: FL-GAN's epoch of " + std::to_string(epoch) +
                                  " is longer than the time between two evaluations");
    using driver = trainer<float>;
    auto const make = [&] {
      return std::make_unique<driver>(
          networks, fl_gan<>{.optimizer = {t_.optimizer, t_.optimizer}, .topology = {.every = static_cast<int>(epoch)}},
          loopback{n}, cpu{std::min(o_.threads, n)}, settings{.seed = static_cast<std::uint64_t>(seed)});
    };
    std::vector<float> server, buffers;
    auto const advance = [&](driver& d, std::int64_t to) {
      d.run((n > 1 ? to - to % epoch : to) - d.report().step);
      auto const w = d.weights(0).min, all = d.buffers(0);
      server.assign(w.begin(), w.end());
      buffers.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(generator_buffers_of(networks, 0).size()));
      d.run(to - d.report().step);
      auto const r = d.report();
      return state{server, buffers, n, {r.uplink.payload, r.downlink.payload, 0, 0}};
    };
    course c = follow<driver>(networks, a, seed, make, advance);
    auto const rounds = static_cast<double>(t_.steps / epoch * n * 4 * networks.sizes().size());
    c.as_published = c.server_in == rounds && c.server_out == rounds;
    auto const [generate, pull_back, ascend, feedback] = networks.operations();
    c.operations = static_cast<double>(generate + pull_back + ascend + feedback);
    return c;
  }

  struct state {
    std::span<float const> generator, buffers;
    int workers;
    std::int64_t bytes[4];
  };
  template <class Driver, class Make, class Advance>
  course follow(any_pair const& networks, arm const& a, int seed, Make const& make, Advance const& advance) {
    std::string const key = a.key() + ", I = " + std::to_string(t_.steps) + ", seed " + std::to_string(seed);
    std::filesystem::path const file = o_.out / ("md_gan " + key + ".saddle");
    std::unique_ptr<Driver> driver;
    course c;
    for (std::int64_t to = t_.between; to <= t_.steps; to += t_.between) {
      auto const numbers = runs_(key + ", to " + std::to_string(to), [&] {
        if (!driver) {
          driver = make();
          if (!o_.quick && to > t_.between && std::filesystem::exists(file)) driver->load(file.string());
          if (driver->report().step >= to) driver = make();  // it was stopped before it was rated
        }
        state const s = advance(*driver, to);
        if (!o_.quick && to < t_.steps) driver->save(file.string());
        rated const r = t_.eye.rate(networks.generate(s.generator, s.buffers, 2000));
        std::vector<double> all{static_cast<double>(s.workers), r.score, r.distance, r.score_few, r.distance_few};
        for (std::int64_t const b : s.bytes) all.push_back(static_cast<double>(b));
        return all;
      });
      c.steps.push_back(to);
      c.workers.push_back(static_cast<int>(numbers[0]));
      c.ratings.push_back({numbers[1], numbers[2], numbers[3], numbers[4]});
      c.server_in = numbers[5], c.server_out = numbers[6], c.between = numbers[7];
    }
    std::error_code none;
    std::filesystem::remove(file, none);
    return c;
  }

  task const& t_;
  runs& runs_;
  options const& o_;
};

/// An arm with every seed that has been run.
struct record {
  arm what;
  std::vector<course> runs = {};

  double median_of(double rated::*of) const {
    return median(each(runs, [of](course const& c) { return c.end(of); }));
  }
  double score() const { return median_of(&rated::score); }
  double distance() const { return median_of(&rated::distance); }
  std::string distances() const {
    return least_to_most(each(runs, [](course const& c) { return c.end(&rated::distance); }));
  }
  series curve(std::string name) const {
    series s{std::move(name)};
    for (std::size_t e = 0; e < runs[0].steps.size(); ++e)
      s.points.emplace_back(static_cast<double>(runs[0].steps[e]),
                            median(each(runs, [e](course const& c) { return c.ratings[e].distance; })));
    return s;
  }
};

}  // namespace evidence
