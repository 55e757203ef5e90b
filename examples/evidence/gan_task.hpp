#pragma once
// The GANs that systems are compared on: data, train_gan's recipe for it, and a judge of what is generated.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <saddle/problem/mlp_gan.hpp>
#include <saddle/saddle.hpp>
#include <saddle/transport/simulated.hpp>

#include "any_gan.hpp"
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
  gan_maker* make = perceptrons;                             // of `real` and `game`

  any_gan gan() const { return make(real, game); }
  double as_good_as(double d) const { return factor * d + margin; }
};

/// Points on a ring: the share of them that are away from all centres, and of the centres that nothing is near.
gan_task ring8_task(int workers, std::int64_t steps);
/// Images: the Frechet distance on the features of a judge, which is trained when it is first asked. The small form has
/// networks and batches of half the width.
gan_task digits_task(int workers, std::int64_t steps, bool small, int threads);
/// From the folder that SADDLE_MNIST or SADDLE_CIFAR names, which must be there. With a folder the judge is kept in it.
gan_task mnist_task(int workers, std::int64_t steps, int threads, std::filesystem::path const& folder = {});
gan_task cifar_task(int workers, std::int64_t steps, int threads, std::filesystem::path const& folder = {});
/// The same images and judge for DCGAN's networks, which two cores can train.
gan_task with_dcgan(gan_task task);
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

/// The mean over the workers.
template <class F>
std::vector<float> mean_over(int workers, F const& of_worker) {
  std::vector<float> sum(of_worker(0).size());
  for (int m = 0; m < workers; ++m)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += of_worker(m)[i] / static_cast<float>(workers);
  return sum;
}
/// How far from the data is what the mean of the workers' averaged generators makes; infinity if it is no number.
inline double distance_of(gan_task const& task, any_gan const& gan, saddle::trainer<float> const& t) {
  int const workers = t.workers();
  double const d = task.distance(gan.generate(mean_over(workers, [&](int m) { return t.averaged_weights(m).min; }),
                                              mean_over(workers, [&](int m) { return t.buffers(m); }), 2000));
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}

template <saddle::composition S>
training train(gan_task const& task, S const& how, std::uint64_t seed, int threads, int evaluations) {
  using namespace saddle;
  any_gan const gan = task.gan();
  int const workers = task.game.workers;
  trainer t{gan.game, how, loopback{workers}, cpu{std::min(threads, workers)},
            settings{.seed = seed, .average = averaging::exponential, .decay = task.average_decay}};
  training done;
  for (int e = 1; e <= evaluations; ++e) {
    t.run(task.steps * e / evaluations - task.steps * (e - 1) / evaluations);
    done.steps.push_back(t.report().step);
    done.distances.push_back(distance_of(task, gan, t));
  }
  done.at_end = t.report();
  auto const w = [&](int m) { return t.weights(m).min; };
  std::vector<float> const centre = mean_over(workers, w);
  double away = 0, length = 0;
  for (std::size_t i = 0; i < centre.size(); ++i) {
    length += std::pow(static_cast<double>(centre[i]), 2);
    for (int m = 0; m < workers; ++m) away += std::pow(static_cast<double>(w(m)[i] - centre[i]), 2) / workers;
  }
  done.disagreement = std::sqrt(away / length);
  return done;
}

/// The step size with the least score among first * factor^k: the search goes on until both neighbours of the best are
/// worse.
template <class F>
double best_step_size(double first, F const& score, double factor = 2) {
  std::map<int, double> seen;
  for (int best = 0;;) {
    for (int const k : {best, best - 1, best + 1})
      if (!seen.contains(k)) seen[k] = score(first * std::pow(factor, k));
    int next = best;
    for (auto const& [k, s] : seen)
      if (s < seen[next]) next = k;
    if (next == best) return first * std::pow(factor, best);
    best = next;
  }
}

/// A system on a task: with the step size that was best for another seed, over all seeds.
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

/// Virtual seconds of a step on such links, from the system itself: messages of this game, and gradients that all take
/// `compute` seconds. A server's average may be an all-reduce among the workers.
template <saddle::composition S>
double seconds_a_step(any_gan const& gan, S const& how, saddle::link_kind const& links, double compute, int threads,
                      saddle::all_reduce average = saddle::all_reduce::none) {
  using namespace saddle;
  constexpr int steps = 20;
  trainer t{gan.game, how,
            simulated{.workers = gan.game.workers(),
                      .links = {links},
                      .average = average,
                      .compute = compute_time::constant(compute)},
            cpu{threads}};
  t.run(steps);
  return t.report().simulated->seconds / steps;
}

}  // namespace evidence
