#pragma once
// The GANs that systems are compared on: data, train_gan's recipe for it, and a judge of what is generated.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <saddle/problem/mlp_gan.hpp>
#include <saddle/saddle.hpp>
#include <saddle/transport/simulated.hpp>

#include "report.hpp"

namespace evidence {

struct gan_task {
  std::string name;
  saddle::samples real;
  saddle::mlp_gan_options game;
  double step_size;
  std::int64_t steps;
  double average_decay;
  std::string measure;                                       // what `distance` is; 0 is best
  std::function<double(saddle::samples const&)> distance;
  double factor, margin;                                     // as good as d: at most factor * d + margin

  double as_good_as(double d) const { return factor * d + margin; }
};

/// Points on a ring: the share of them that are away from all centres, and of the centres that nothing is near.
gan_task ring8_task(int workers, std::int64_t steps);
/// Images: the Frechet distance on the features of a perceptron that has learnt to tell their classes apart. The small
/// form has networks and batches of half the width.
gan_task digits_task(int workers, std::int64_t steps, bool small, int threads);
/// From the folder that SADDLE_MNIST names, which must be there.
gan_task mnist_task(int workers, std::int64_t steps, int threads);
/// From jpeg_train.20000.bin.gz in the folder that SADDLE_CIFAR names, which must be there.
gan_task cifar_task(int workers, std::int64_t steps, int threads);
/// The digits themselves.
saddle::samples digits();

/// What a system did on a task with one seed.
struct training {
  std::vector<std::int64_t> steps = {};  // of each evaluation
  std::vector<double> distances = {};
  saddle::report at_end = {};
  double disagreement = 0;  // of the workers' weights at the end: root mean square over them, relative to their mean

  double end() const { return distances.back(); }
  /// Infinity where it never was so near.
  double steps_to(double distance) const {
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (distances[i] <= distance) return static_cast<double>(steps[i]);
    return std::numeric_limits<double>::infinity();
  }
};

/// What generates is the mean over the workers of their averaged generators.
template <saddle::composition S>
training train(gan_task const& task, S const& how, std::uint64_t seed, int threads, int evaluations) {
  using namespace saddle;
  mlp_gan<float> const gan(task.real, task.game);
  int const workers = task.game.workers;
  trainer t{gan, how, loopback{workers}, cpu{std::min(threads, workers)},
            settings{.seed = seed, .average = averaging::exponential, .decay = task.average_decay}};
  auto const mean = [&](auto const& weights_of) {
    std::vector<float> sum(weights_of(0).size());
    for (int m = 0; m < workers; ++m)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weights_of(m)[i] / static_cast<float>(workers);
    return sum;
  };
  training done;
  for (int e = 1; e <= evaluations; ++e) {
    t.run(task.steps * e / evaluations - task.steps * (e - 1) / evaluations);
    samples const made = gan.generate(mean([&](int m) { return t.averaged_weights(m).min; }), 2000, 1);
    double const distance = task.distance(made);
    done.steps.push_back(t.report().step);
    done.distances.push_back(std::isfinite(distance) ? distance : std::numeric_limits<double>::infinity());
  }
  done.at_end = t.report();
  auto const w = [&](int m) { return t.weights(m).min; };
  std::vector<float> const centre = mean(w);
  double away = 0, length = 0;
  for (std::size_t i = 0; i < centre.size(); ++i) {
    length += std::pow(static_cast<double>(centre[i]), 2);
    for (int m = 0; m < workers; ++m) away += std::pow(static_cast<double>(w(m)[i] - centre[i]), 2) / workers;
  }
  done.disagreement = std::sqrt(away / length);
  return done;
}

/// A system on a task: with the step size of the grid that ends best for the first seed, over all seeds.
struct record {
  std::string system = {};
  double step_size = 0;
  std::vector<training> runs = {};

  double end() const {
    return median_of([](training const& r) { return r.end(); });
  }
  double steps_to(double distance) const {
    return median_of([&](training const& r) { return r.steps_to(distance); });
  }
  /// Distances over steps, each the median over the seeds.
  series curve(double seconds_a_step) const {
    series s{system};
    for (std::size_t i = 0; i < runs[0].steps.size(); ++i)
      s.points.emplace_back(seconds_a_step * static_cast<double>(runs[0].steps[i]),
                            median_of([&](training const& r) { return r.distances[i]; }));
    return s;
  }
  template <class F>
  double median_of(F const& f) const {
    return median(each(runs, f));
  }
};

/// system(step size) is the composition; every system is offered the same grid, multiples of the recipe's step size.
template <class System>
record compete(gan_task const& task, std::string name, System const& system, std::vector<double> const& grid,
               options const& o) {
  record best{std::move(name)};
  int const evaluations = o.quick ? 20 : 40;
  for (double const multiple : grid) {
    double const step_size = multiple * task.step_size;
    training run = train(task, system(step_size), 1, o.threads, evaluations);
    if (best.runs.empty() || run.end() < best.runs[0].end()) best.step_size = step_size, best.runs = {std::move(run)};
  }
  for (int seed = 2; seed <= o.seeds; ++seed)
    best.runs.push_back(train(task, system(best.step_size), static_cast<std::uint64_t>(seed), o.threads, evaluations));
  return best;
}

/// Virtual seconds of a step on such links, from the system itself: messages of this game, and gradients that all take
/// `compute` seconds. A server's average may be an all-reduce among the workers.
template <saddle::composition S>
double seconds_a_step(saddle::mlp_gan<float> const& gan, S const& how, saddle::link_kind const& links, double compute,
                      int threads, saddle::all_reduce average = saddle::all_reduce::none) {
  using namespace saddle;
  constexpr int steps = 20;
  trainer t{gan, how,
            simulated{.workers = gan.workers(),
                      .links = {links},
                      .average = average,
                      .compute = compute_time::constant(compute)},
            cpu{threads}};
  t.run(steps);
  return t.report().simulated->seconds / steps;
}

}  // namespace evidence
