// DQGAN against its baselines: quality, bytes, seconds on two links; and the iterations that more workers save.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <saddle/problem/quadratic_game.hpp>

#include "gan_task.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr int workers = 4;
constexpr double compute = 5e-3;  // seconds of a gradient
constexpr link_kind slow{"10 Mbit/s", 5e-3, 1.25e6, 1.25e6, 1.25e6};
using bits8 = qsgd<512, 8>;

/// A step's messages, in bytes of a worker, and its seconds.
struct cost {
  double up, down, ethernet, slow;
};
template <composition S>
cost cost_of(gan_task const& task, S const& how, report const& r, int threads) {
  mlp_gan<float> const gan(task.real, task.game);
  double const sent = static_cast<double>(r.step) * workers;
  return {static_cast<double>(r.uplink.total) / sent, static_cast<double>(r.downlink.total) / sent,
          seconds_a_step(gan, how, ethernet, compute, threads), seconds_a_step(gan, how, slow, compute, threads)};
}

struct quality_claims {
  int as_good, as_unremembered, sooner;
};

panel compare(gan_task const& task, std::vector<double> const& grid, quality_claims const& said, claims& all,
              table& out, table& curves, options const& o) {
  std::vector<record> records;
  std::vector<cost> costs;
  auto const add = [&](std::string name, auto const& system) {
    std::cerr << task.name << ", " << name << std::endl;
    records.push_back(compete(task, std::move(name), system, grid, o));
    costs.push_back(cost_of(task, system(records.back().step_size), records.back().runs[0].at_end, o.threads));
  };
  add("CPOAdam", [](double eta) { return cpo_adam<>{{.step_size = eta}}; });
  add("CPOAdam-GQ", [](double eta) { return cpo_adam_gq<bits8>{{.step_size = eta}}; });
  add("DQGAN", [](double eta) { return dqgan<optimistic_adam, bits8>{{.step_size = eta}}; });
  add("DQGAN, both ways",
      [](double eta) { return dqgan<optimistic_adam, bits8, error_feedback<bits8>>{{.step_size = eta}}; });

  record const &full = records[0], &unremembered = records[1], &ours = records[2];
  double const target = task.as_good_as(full.end());
  panel p{task.name + " over " + slow.name, "virtual seconds", task.measure, {}, "y"};
  for (std::size_t i = 0; i < records.size(); ++i) {
    record const& r = records[i];
    double const steps = r.steps_to(target);
    out.add({task.name, r.system, text(r.step_size), text(r.end()), least_to_most(each(r.runs, &training::end)),
             text(costs[i].up, 7), text(costs[i].down, 7), text(steps, 7), text(steps * costs[i].ethernet),
             text(steps * costs[i].slow)});
    for (std::size_t seed = 0; seed < r.runs.size(); ++seed)
      for (std::size_t e = 0; e < r.runs[seed].steps.size(); ++e) {
        auto const step = static_cast<double>(r.runs[seed].steps[e]);
        curves.add({task.name, r.system, std::to_string(seed + 1), text(step, 9), text(r.runs[seed].distances[e], 6),
                    text(step * costs[i].ethernet, 6), text(step * costs[i].slow, 6)});
      }
    p.lines.push_back(r.curve(costs[i].slow));
  }

  double const share = costs[2].up / costs[0].up;
  all.observe(said.as_good, ours.end() <= target && share <= 0.3,
              task.name + ": " + text(ours.end()) + ", at most " + text(target) + " is as good; " + percent(share) +
                  " of the bytes");
  double const others = task.as_good_as(unremembered.end());
  all.observe(said.as_unremembered, ours.end() <= others,
              task.name + ": " + text(ours.end()) + ", at most " + text(others) + " is as good");
  double const here = ours.steps_to(target) * costs[2].slow, there = full.steps_to(target) * costs[0].slow;
  all.observe(said.sooner, here < there, task.name + ": " + text(here) + " s, CPOAdam " + text(there) + " s");
  return p;
}

// ---- Speed-up: workers that sample one distribution, and so have one operator and noise of their own ----

/// Where the mean of |F(w)|^2 over the latter half of the steps comes below `share` of |F(0)|^2: the first such step.
template <composition S>
double iterations(quadratic_game<> const& game, S const& how, double share, std::int64_t most, std::uint64_t seed) {
  trainer t{game, how, loopback{game.workers()}, cpu{}, settings{.seed = seed}};
  auto const& b = game.matrices[0];
  auto const& offset = game.offsets[0];
  Eigen::VectorXd w(b.rows());
  std::vector<double> sums{0};  // of the squares up to each step
  for (std::int64_t step = 1; step <= most; ++step) {
    t.step();
    auto const now = t.weights(0);
    std::ranges::copy(now.min, w.data());
    std::ranges::copy(now.max, w.data() + now.min.size());
    double const square = (b * w + offset).squaredNorm();
    if (!(square < 1e6 * offset.squaredNorm())) break;
    sums.push_back(sums.back() + square);
    auto const half = static_cast<std::size_t>(step) / 2, all = static_cast<std::size_t>(step);
    if (sums[all] - sums[half] <= share * offset.squaredNorm() * static_cast<double>(all - half))
      return static_cast<double>(step);
  }
  return std::numeric_limits<double>::infinity();
}

struct setting {
  double step_size, iterations;
};
/// With the step size that is soonest, of a grid that is the same for all.
template <class System>
setting soonest(System const& system, int m, double noise, options const& o) {
  setting best{0, std::numeric_limits<double>::infinity()};
  for (double eta = o.quick ? 8e-4 : 1e-4; eta < 0.2; eta *= std::sqrt(2.0)) {
    std::vector<double> each;
    for (int seed = 1; seed <= o.seeds; ++seed) {
      quadratic_game<> game = quadratic_game<>::strongly_monotone(10, 1, static_cast<std::uint64_t>(seed));
      game.matrices.resize(static_cast<std::size_t>(m), game.matrices[0]);
      game.offsets.resize(static_cast<std::size_t>(m), game.offsets[0]);
      game.noise = noise;
      // One that is slower than the best so far need not be followed to its end.
      auto const most = static_cast<std::int64_t>(std::min(1e6, 2 * best.iterations));
      each.push_back(iterations(game, system(eta), 0.01, most, static_cast<std::uint64_t>(seed)));
    }
    if (double const now = median(each); now < best.iterations) best = {eta, now};
  }
  return best;
}

panel speed_up(double noise, int said, claims& all, table& out, options const& o) {
  panel p{"Noisy strongly monotone game", "workers", "iterations to 1 % of |F|^2", {}};
  auto const sizes = o.quick ? std::vector<int>{1, 2, 4} : std::vector<int>{1, 2, 4, 8, 16};
  auto const add = [&](std::string const& name, auto const& system) {
    std::cerr << "speed-up, " << name << std::endl;
    series line{name};
    double first = 0, before = 0;
    for (int const m : sizes) {
      setting const best = soonest(system, m, noise, o);
      out.add({name, std::to_string(m), text(best.step_size), text(best.iterations, 7),
               m == 1 ? "" : text(before / best.iterations),
               text((m == 1 ? best.iterations : first) / best.iterations)});
      if (m == 1) first = best.iterations;
      else
        all.observe(said, before / best.iterations >= 2 / 1.4 && before / best.iterations <= 2 * 1.4,
                    name + ": from " + std::to_string(m / 2) + " to " + std::to_string(m) + " workers " +
                        text(before, 7) + " became " + text(best.iterations, 7));
      before = best.iterations;
      line.points.emplace_back(m, best.iterations);
    }
    p.lines.push_back(std::move(line));
  };
  add("identity", [](double eta) { return dqgan<omd, identity>{{eta}}; });
  add("qsgd, 8 bits", [](double eta) { return dqgan<omd, bits8>{{eta}}; });
  add("top 2 of 10", [](double eta) { return dqgan<omd, top_k<128, 2>>{{eta}}; });
  return p;
}

int measure_all(options const& o) {
  claims all;
  quality_claims const said{
      all.state("with at most 30 % of the uplink bytes DQGAN ends as near as CPOAdam (images within 20 %, ring8 within "
                "0.05), in the median of the seeds, each with the best step size of one grid"),
      all.state("and as near as CPOAdam-GQ, in the same sense"),
      all.state("on a link of 10 Mbit/s it is that near to the data sooner than CPOAdam")};
  int const linear = all.state(
      "twice the workers take half the iterations to a fixed |F|^2, up to a factor of 1.4, compressed or not");

  table quality("Quality: " + std::to_string(workers) + " workers, optimistic Adam, 8 bits, median of " +
                    std::to_string(o.seeds) + " seeds. Time to what is as good as CPOAdam's end, gradients of 5 ms.",
                {"data", "system", "step size", "distance", "seeds", "bytes up", "bytes down", "steps to quality",
                 "seconds, ethernet", "seconds, 10 Mbit/s"});
  table curves("", {"data", "system", "seed", "step", "distance", "seconds ethernet", "seconds 10 Mbit/s"});
  std::vector<panel> panels;
  auto const run = [&](gan_task const& task, std::vector<double> const& grid) {
    panels.push_back(compare(task, grid, said, all, quality, curves, o));
  };
  std::vector<double> const few{2, 4}, points{0.5, 1, 2, 4}, images{1, 2, 4, 8};
  if (o.quick) {
    run(digits_task(workers, 2000, true, o.threads), few);
  } else {
    std::optional<gan_task> mnist;  // first: that a file is missing is said at once
    if (std::getenv("SADDLE_MNIST") != nullptr) mnist = mnist_task(workers, 2500, o.threads);
    run(ring8_task(workers, 8000), points);
    run(digits_task(workers, 5000, false, o.threads), images);
    if (mnist) run(*mnist, images);
    else quality.add({"MNIST", "skipped: SADDLE_MNIST names no folder"});
  }
  quality.print();
  quality.save(o.out / "dqgan_quality.csv");
  curves.save(o.out / "dqgan_curves.csv");
  evidence::draw(o, "dqgan_quality", panels);

  double const noise = o.quick ? 1 : 2;
  table faster("Speed-up: DQGAN with `omd` on a strongly monotone game of 20 coordinates, noise of deviation " +
                   text(noise) + ", the best step size of one grid, median of " + std::to_string(o.seeds) + " games.",
               {"compressor", "workers", "step size", "iterations", "of half as many workers", "speed-up"});
  panel const p = speed_up(noise, linear, all, faster, o);
  faster.print();
  faster.save(o.out / "dqgan_speed_up.csv");
  evidence::draw(o, "dqgan_speed_up", {p});
  return all.conclude();
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv, "DQGAN: quality, bytes, seconds on two links; the speed-up of more workers",
                           measure_all);
}
