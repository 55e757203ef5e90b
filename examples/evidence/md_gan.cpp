// MD-GAN against FL-GAN and a GAN that is alone: quality, bytes, work; workers that leave until none is left; feedbacks
// that are compressed.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/algorithm/md_gan.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/problem/acgan.hpp>
#include <saddle/saddle.hpp>

#include "gan_task.hpp"
#include "judge.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr int evaluations = 20;

struct paper_numbers {
  int workers = 10, batch = 10, iterations = 5000, first_seed = 1;
};

/// One pair of networks, one optimizer for both players and for all systems, and who judges what they generate.
struct task {
  std::string name;
  samples real;
  acgan_options pair;
  adam optimizer;
  std::int64_t steps;
  judge eye;

  /// Iterations of an epoch, where each worker has so much of the data.
  std::int64_t epoch(int workers) const { return std::max(1, real.count / workers / pair.batch); }
};
task quick_task(paper_numbers const& paper, int threads) {
  samples real = digits();
  judge eye(real, 60, threads);
  return {"digits",
          std::move(real),
          {.generator = {64, 64}, .discriminator = {64, 64}, .latent = 42, .batch = paper.batch},
          {.step_size = 1e-3, .beta1 = 0.5},
          std::max(evaluations, paper.iterations / 5),
          std::move(eye)};
}
task mnist_task(paper_numbers const& paper, int threads) {
  samples real = read_idx_folder(std::getenv("SADDLE_MNIST"), "train");
  judge eye(real, 4, threads);
  return {"MNIST",
          std::move(real),
          {.batch = paper.batch},
          {.step_size = 2e-4, .beta1 = 0.5},
          std::max(evaluations, paper.iterations),
          std::move(eye)};
}

/// What a system came to with one seed.
struct course {
  std::vector<std::int64_t> steps = {};  // of each evaluation
  std::vector<int> workers = {};         // that are there
  std::vector<double> scores = {}, distances = {};
  std::int64_t server_in = 0, server_out = 0, between = 0;  // bytes of all messages, without headers
  bool as_published = false;                                // these bytes are the paper's
  double operations = 0;                                    // floating-point, of a worker and iteration

  /// A generator goes to and fro: the median of the last quarter.
  static double end(std::vector<double> const& values) {
    return median({values.end() - static_cast<std::ptrdiff_t>(values.size() + 3) / 4, values.end()});
  }
  double score() const { return end(scores); }
  double distance() const { return end(distances); }
};

void evaluate(course& c, task const& t, acgan<float> const& pair, std::span<float const> generator, std::int64_t step,
              int workers) {
  samples const made = pair.generate(generator, 2000, 1);
  c.steps.push_back(step);
  c.workers.push_back(workers);
  c.scores.push_back(t.eye.score(made));
  c.distances.push_back(t.eye.distance(made));
}

/// How a worker takes part in MD-GAN, and who leaves it.
template <compression F = identity>
struct md_gan_system {
  int batches;
  F feedbacks = {};
  bool until_none_is_left = false;

  course run(task const& t, acgan<float> const& pair, std::uint64_t seed, int threads) const {
    int const n = pair.workers();
    md_gan_settings<adam, adam, identity, F> how{.generator = t.optimizer,
                                                 .discriminator = t.optimizer,
                                                 .feedbacks = feedbacks,
                                                 .batches = batches,
                                                 .exchange_every = t.epoch(n),
                                                 .seed = seed};
    if (until_none_is_left)
      for (int i = 0; i < n; ++i) how.departures.push_back({i, (i + 1) * t.steps / n});
    md_gan driver{pair, how, loopback{n}, cpu{std::min(threads, n)}};
    course c;
    for (int e = 1; e <= evaluations; ++e) {
      driver.run(t.steps * e / evaluations - driver.report().step);
      evaluate(c, t, pair, driver.generator_weights(), driver.report().step, driver.report().workers);
    }
    md_gan_report const r = driver.report();
    c.server_in = r.uplink.payload, c.server_out = r.downlink.payload, c.between = r.exchanged.payload;
    std::int64_t const batch = std::int64_t{4} * pair.batch() * pair.sample_size() * t.steps * n;
    std::int64_t const exchanges = n > 1 ? t.steps / t.epoch(n) : 0;
    c.as_published =
        c.server_in == batch && c.server_out == 2 * batch && c.between == exchanges * n * 4 * pair.sizes().max;
    per_pass const cost = pair.operations();
    c.operations = static_cast<double>(r.passes.ascend * cost.ascend + r.passes.feedback * cost.feedback) /
                   static_cast<double>(t.steps * n);
    return c;
  }
};

/// An ordinary GAN on every worker: one gradient of both players, at the same point and on the same batches, and a step
/// along it, as `fl_gan` has it. After each epoch the workers' average is the server's; one worker alone needs no
/// server.
struct fl_gan_system {
  course run(task const& t, acgan<float> const& pair, std::uint64_t seed, int threads) const {
    int const n = pair.workers();
    std::int64_t const epoch = n > 1 ? t.epoch(n) : t.steps + 1;
    trainer driver{pair, fl_gan<>{.optimizer = t.optimizer, .topology = {.every = static_cast<int>(epoch)}},
                   loopback{n}, cpu{std::min(threads, n)}, settings{.seed = seed}};
    auto const worker = [&] { return driver.weights(0).min; };
    std::vector<float> server(worker().begin(), worker().end());
    course c;
    for (int e = 1; e <= evaluations; ++e) {
      driver.run(t.steps * e / evaluations - driver.report().step, [&](report const& r) {
        if (n == 1 || r.step % epoch == 0) std::ranges::copy(worker(), server.begin());
      });
      evaluate(c, t, pair, server, driver.report().step, n);
    }
    report const r = driver.report();
    c.server_in = r.uplink.payload, c.server_out = r.downlink.payload;
    std::int64_t const rounds = t.steps / epoch * n * 4 * pair.sizes().size();
    c.as_published = c.server_in == rounds && c.server_out == rounds;
    auto const [generate, pull_back, ascend, feedback] = pair.operations();
    c.operations = static_cast<double>(generate + pull_back + ascend + feedback);
    return c;
  }
};

/// A system with every seed.
struct record {
  std::string system;
  int workers;
  std::vector<course> runs = {};

  template <class F>
  double median_of(F const& f) const {
    return median(each(runs, f));
  }
  double score() const { return median_of(&course::score); }
  double distance() const { return median_of(&course::distance); }
  std::string distances() const { return least_to_most(each(runs, &course::distance)); }
  series curve() const {
    series s{system};
    for (std::size_t e = 0; e < runs[0].steps.size(); ++e)
      s.points.emplace_back(static_cast<double>(runs[0].steps[e]),
                            median_of([e](course const& c) { return c.distances[e]; }));
    return s;
  }
};

/// Runs systems on a task, and keeps their curves.
struct bench {
  task const& t;
  options const& o;
  int first_seed;
  table curves{"", {"system", "workers", "seed", "iteration", "score", "distance"}};

  template <class System>
  record run(std::string name, acgan<float> const& pair, System const& system) {
    record r{std::move(name), pair.workers()};
    for (int seed = first_seed; seed < first_seed + o.seeds; ++seed) {
      std::cerr << t.name << ", " << r.workers << (r.workers == 1 ? " worker, " : " workers, ") << r.system << ", seed "
                << seed << std::endl;
      course const& c = r.runs.emplace_back(system.run(t, pair, static_cast<std::uint64_t>(seed), o.threads));
      for (std::size_t e = 0; e < c.steps.size(); ++e)
        curves.add({r.system, std::to_string(r.workers), std::to_string(seed), std::to_string(c.steps[e]),
                    text(c.scores[e], 5), text(c.distances[e], 5)});
    }
    return r;
  }
};

int measure_all(options const& o, paper_numbers const& paper) {
  claims all;
  int const bytes = all.state(
      "each iteration a worker of MD-GAN gets 2 b samples and sends b feedbacks, and once an epoch a discriminator; a "
      "worker of FL-GAN gets and sends a whole GAN once an epoch: as published, to the byte");
  int const work = all.state("a worker of MD-GAN has half of FL-GAN's floating-point work (40 to 60 %)");
  int const better = all.state(
      "on many workers MD-GAN ends with a higher score and a smaller Frechet distance than FL-GAN, with k = 1 and with "
      "k = log2 N");
  int const varied = all.state("with k = log2 N it ends as near to the data as with k = 1 (20 %)");
  int const alone = all.state("and as near as a GAN that has all data and is alone, with the same b (20 %)");
  int const fewer = all.state(
      "where workers leave one after another until none is left, it ends at most 1.5 times as far from the data as "
      "where all stay");
  int const smaller = all.state(
      "with feedbacks of 8 bits, of 4 bits or of 8 values in 128, the latter two with error feedback, it ends as near "
      "as with exact ones (20 %), for at most 26, 14 and 10 % of their bytes");

  if (!o.quick && std::getenv("SADDLE_MNIST") == nullptr) {
    std::cout << "\nskipped: SADDLE_MNIST names no folder with the four files of MNIST; --quick does without\n";
    return 0;
  }
  task const t = o.quick ? quick_task(paper, o.threads) : mnist_task(paper, o.threads);
  auto const pair_for = [&](int workers) {
    acgan_options all_of_them = t.pair;
    all_of_them.workers = workers;
    return acgan<float>(t.real, all_of_them);
  };
  acgan<float> const many = pair_for(paper.workers), one = pair_for(1);
  int const log = std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(paper.workers) - 1)));
  bench b{t, o, paper.first_seed};

  // ---- Quality, bytes, work ----
  std::string const k_log = "MD-GAN, k = " + std::to_string(log);
  record const single = b.run("MD-GAN, k = 1", many, md_gan_system<>{1});
  record const several = b.run(k_log, many, md_gan_system<>{log});
  record const averaged = b.run("FL-GAN", many, fl_gan_system{});
  record const remote = b.run("MD-GAN, k = 1", one, md_gan_system<>{1});
  record const local = b.run("stand-alone GAN", one, fl_gan_system{});

  std::string const conditions = t.name + ", b = " + std::to_string(paper.batch) + ", " + std::to_string(t.steps) +
                                 " iterations, E = 1, " +
                                 (o.seeds == 1 ? "seed " + std::to_string(paper.first_seed)
                                               : "median of " + std::to_string(o.seeds) + " seeds") +
                                 ", the end being the median of the last quarter of " +
                                 std::to_string(evaluations) + " evaluations";
  table quality("Quality, bytes and work: " + conditions +
                    ". Bytes of an iteration, exchanges and rounds spread over all; Mflop of a worker and iteration.",
                {"system", "workers", "score", "distance", "seeds", "server in", "server out", "worker in",
                 "worker out", "Mflop"});
  for (record const* r : {&single, &several, &averaged, &remote, &local}) {
    course const& c = r->runs[0];
    auto const each = [&](std::int64_t sum, std::int64_t nodes) {
      return text(static_cast<double>(sum) / static_cast<double>(t.steps * nodes), 7);
    };
    quality.add({r->system, std::to_string(r->workers), text(r->score()), text(r->distance()), r->distances(),
                 each(c.server_in, 1), each(c.server_out, 1), each(c.server_out + c.between, r->workers),
                 each(c.server_in + c.between, r->workers), text(c.operations / 1e6)});
    all.observe(bytes, c.as_published, r->system + " of " + std::to_string(r->workers) + " sent other bytes");
  }
  quality.print();
  quality.save(o.out / "md_gan_quality.csv");
  auto const near = [&](int claim, record const& r, record const& than, double factor) {
    double const most = factor * than.distance();
    all.observe(claim, r.distance() <= most,
                r.system + ": " + text(r.distance()) + ", at most " + text(most) + " is near enough");
  };
  double const share = several.runs[0].operations / averaged.runs[0].operations;
  all.observe(work, share >= 0.4 && share <= 0.6, percent(share) + " of FL-GAN's");
  for (record const* r : {&single, &several}) {
    all.observe(better, r->score() > averaged.score() && r->distance() < averaged.distance(),
                r->system + ": score " + text(r->score()) + ", distance " + text(r->distance()) + "; FL-GAN " +
                    text(averaged.score()) + " and " + text(averaged.distance()));
    near(alone, *r, local, 1.2);
  }
  near(varied, several, single, 1.2);

  // ---- Workers that leave ----
  record const left =
      b.run("workers leave", many, md_gan_system<>{.batches = log, .until_none_is_left = true});
  table crash("Workers leave one after another: " + conditions + ", " + k_log + ".",
              {"iteration", "workers", "score", "distance", "score where all stay", "distance where all stay"});
  for (std::size_t e = 0; e < left.runs[0].steps.size(); ++e) {
    auto const score = [e](course const& c) { return c.scores[e]; };
    auto const distance = [e](course const& c) { return c.distances[e]; };
    crash.add({std::to_string(left.runs[0].steps[e]), std::to_string(left.runs[0].workers[e]),
               text(left.median_of(score)), text(left.median_of(distance)), text(several.median_of(score)),
               text(several.median_of(distance))});
  }
  crash.print();
  crash.save(o.out / "md_gan_crash.csv");
  near(fewer, left, several, 1.5);

  // ---- Compressed feedbacks ----
  using bits4 = with_bias<error_feedback<qsgd<128, 4, rounding::nearest>>>;
  using top = with_bias<error_feedback<top_k<128, 8>>>;
  std::vector<record> const compressed{b.run("8 bits", many, md_gan_system<qsgd<512, 8>>{log}),
                                       b.run("4 bits, error feedback", many, md_gan_system<bits4>{log}),
                                       b.run("8 of 128, error feedback", many, md_gan_system<top>{log})};
  table feedbacks("Compressed feedbacks: " + conditions + ", " + k_log + ". Bytes of a worker's feedback.",
                  {"feedbacks", "bytes", "of exact", "score", "distance", "seeds"});
  auto const add = [&](std::string const& name, record const& r, double most) {
    auto const whole = static_cast<double>(several.runs[0].server_in), now = static_cast<double>(r.runs[0].server_in);
    feedbacks.add({name, text(now / static_cast<double>(t.steps * paper.workers), 7), percent(now / whole),
                   text(r.score()), text(r.distance()), r.distances()});
    if (&r == &several) return;
    all.observe(smaller, r.distance() <= 1.2 * several.distance() && now <= most * whole,
                name + ": " + text(r.distance()) + ", at most " + text(1.2 * several.distance()) + " is as near; " +
                    percent(now / whole) + " of the bytes");
  };
  add("exact", several, 1);
  constexpr double most[] = {0.26, 0.14, 0.10};
  for (std::size_t i = 0; i < compressed.size(); ++i) add(compressed[i].system, compressed[i], most[i]);
  feedbacks.print();
  feedbacks.save(o.out / "md_gan_feedbacks.csv");
  b.curves.save(o.out / "md_gan_curves.csv");

  auto const curves = [&](std::string const& title, std::vector<record const*> const& records) {
    panel p{t.name + ", " + title, "iteration", "Frechet distance of a classifier's features", {}, "y"};
    for (record const* r : records) p.lines.push_back(r->curve());
    return p;
  };
  std::vector<panel> panels{curves(std::to_string(paper.workers) + " workers, and one",
                                   {&single, &several, &averaged, &remote, &local}),
                            curves("workers that leave", {&several, &left}),
                            curves("compressed feedbacks", {&several})};
  panels[0].lines[3].name += ", 1 worker";
  for (record const& r : compressed) panels[2].lines.push_back(r.curve());
  evidence::draw(o, "md_gan", panels);
  return all.conclude();
}

}  // namespace

int main(int argc, char** argv) {
  paper_numbers paper;
  return evidence::program(
      argc, argv, "MD-GAN and FL-GAN on MNIST: quality, bytes, work, workers that leave, compressed feedbacks",
      [&](options const& o) { return measure_all(o, paper); },
      {{"--workers", &paper.workers, "N; the paper has 1, 10, 25, 50"},
       {"--batch", &paper.batch, "b; the paper has 10 and 100"},
       {"--iterations", &paper.iterations, "I, a fifth of them with --quick; the paper has 50000"},
       {"--first-seed", &paper.first_seed, "The others follow it"}},
      {.seeds = 1});
}
