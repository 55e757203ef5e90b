// DQGAN against its baselines, with Adam on the worker and on the average, one thing changed at a time: quality, bytes,
// seconds on two links; and the iterations that more workers save.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <saddle/problem/quadratic_game.hpp>

#include "gan_task.hpp"
#include "images.hpp"
#include "runs.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr int workers = 4;
constexpr double compute = 5e-3;  // seconds of a gradient
constexpr link_kind slow{"10 Mbit/s", 5e-3, 1.25e6, 1.25e6, 1.25e6};
constexpr double never = std::numeric_limits<double>::infinity();
constexpr auto worker = adapts::on_worker, average = adapts::on_average;
using bits8 = qsgd<512, 8>;
using bits2 = qsgd<512, 2>;                     // unbiased, as is needed without a memory
using near2 = qsgd<512, 2, rounding::nearest>;  // a contraction, as is needed with one
using top1 = top_k<512, 5>;                     // 1 %

// ---- Systems ----

/// A system that runs with any step size; loopback where there is no network.
struct arm {
  std::string name;
  adapts place;
  std::function<trainer<float>(any_gan const&, double step_size, std::optional<link_kind>, int threads,
                               settings const&)>
      start;

  std::string where() const { return place == worker ? "worker" : "average"; }
  std::string whole_name() const { return name + ", Adam on the " + where(); }
};
template <composition S>
arm arm_of(std::string name, S const& how) {
  return {std::move(name), decltype(how.topology)::on_average ? average : worker,
          [how](any_gan const& gan, double step_size, std::optional<link_kind> network, int threads,
                settings const& s) {
            S now = how;
            now.optimizer.step_size = step_size;
            if (!network) return trainer<float>(gan.game, now, loopback{gan.game.workers()}, cpu{threads}, s);
            return trainer<float>(
                gan.game, now,
                simulated{.workers = gan.game.workers(), .links = {*network}, .compute = compute_time::constant(compute)},
                cpu{threads}, s);
          }};
}
template <class C, adapts Place, class Down = exact_downlink>
arm dqgan_with(std::string name, bool subtract = true, double optimism = 1) {
  dqgan<omd_adam, C, Down, Place> how{.optimizer = {.optimism = optimism}};
  how.compressor.subtract_in_look_ahead = subtract;
  return arm_of(std::move(name), how);
}

/// The three systems.
template <adapts Place>
std::vector<arm> systems() {
  return {arm_of("CPOAdam", cpo_adam<Place, omd_adam>{}), arm_of("CPOAdam-GQ", cpo_adam_gq<bits8, Place, omd_adam>{}),
          dqgan_with<bits8, Place>("DQGAN")};
}
/// DQGAN with one thing changed.
template <adapts Place>
std::vector<arm> variants() {
  return {dqgan_with<bits8, Place>("DQGAN, memory not in the look-ahead", false),
          dqgan_with<bits8, Place>("DQGAN, no look-ahead but the memory", true, 0),
          dqgan_with<bits8, Place, error_feedback<bits8>>("DQGAN, both ways")};
}
/// The same with a compressor that hurts.
template <adapts Place>
std::vector<arm> coarse() {
  return {arm_of("CPOAdam-GQ, 2 bits", cpo_adam_gq<bits2, Place, omd_adam>{}), dqgan_with<near2, Place>("DQGAN, 2 bits"),
          dqgan_with<near2, Place>("DQGAN, 2 bits, memory not in the look-ahead", false)};
}
/// Where the look-ahead is part of the message, and no memory is subtracted in it.
arm in_the_message() { return arm_of("DQGAN, look-ahead in the message", dqgan<optimistic_adam, bits8>{}); }

// ---- Runs ----

double last_quarter(std::vector<double> const& d, std::size_t before = 0) {
  auto const quarter = static_cast<std::ptrdiff_t>(d.size() / 4), skipped = static_cast<std::ptrdiff_t>(before) * quarter;
  return median({d.end() - quarter - skipped, d.end() - skipped});
}
/// The median of the last quarter of the evaluations is not 5 % below that of the quarter before.
bool has_converged(std::vector<double> const& d) { return !(last_quarter(d) < 0.95 * last_quarter(d, 1)); }

/// Trains and looks at the mean generator every so many steps, as long as more(distances) says.
template <class F>
std::vector<double> learn(gan_task const& task, arm const& a, double step_size, int seed, std::int64_t every,
                          options const& o, F const& more) {
  std::cerr << task.name << ", " << a.whole_name() << ", " << step_size << ", seed " << seed << std::endl;
  any_gan const gan = task.gan();
  trainer<float> t = a.start(gan, step_size, {}, std::min(o.threads, task.game.workers),
                             {.seed = static_cast<std::uint64_t>(seed), .average = averaging::exponential,
                              .decay = task.average_decay});
  std::vector<double> distances;
  while (more(distances)) {
    t.run(every);
    distances.push_back(distance_of(task, gan, t));
  }
  return distances;
}

/// What a system did on a task: its step size is the best one for the first seed, its runs are those of others.
struct outcome {
  std::string name;
  double step_size = 0;
  std::int64_t every = 0;  // steps between two distances
  std::vector<std::vector<double>> seeds = {};
  double up = 0, down = 0, ethernet_step = 0, slow_step = 0;  // bytes of a worker and seconds, a step

  std::vector<double> ends() const {
    std::vector<double> all;
    for (auto const& d : seeds) all.push_back(last_quarter(d));
    return all;
  }
  double end() const { return median(ends()); }
  double steps() const {
    std::vector<double> all;
    for (auto const& d : seeds) all.push_back(static_cast<double>(d.size()) * static_cast<double>(every));
    return median(all);
  }
  double steps_to(double distance) const {
    std::vector<double> all;
    for (auto const& d : seeds) {
      auto const at = std::ranges::find_if(d, [&](double x) { return x <= distance; });
      all.push_back(at == d.end() ? never : static_cast<double>(every) * static_cast<double>(at - d.begin() + 1));
    }
    return median(all);
  }
  series curve() const {
    series s{name};
    std::size_t length = seeds[0].size();
    for (auto const& d : seeds) length = std::min(length, d.size());
    for (std::size_t i = 0; i < length; ++i) {
      std::vector<double> at;
      for (auto const& d : seeds) at.push_back(d[i]);
      s.points.emplace_back(slow_step * static_cast<double>(every) * static_cast<double>(i + 1), median(at));
    }
    return s;
  }
};

outcome measure(gan_task const& task, arm const& a, runs& all, options const& o) {
  outcome out{a.whole_name()};
  std::size_t const least = o.quick ? 20 : 40, most = o.quick ? least : 8 * least;
  out.every = task.steps / static_cast<std::int64_t>(least);
  auto const run = [&](double step_size, int seed) {
    return all(task.name + ", " + out.name + ", step size " + text(step_size, 6) + ", seed " + std::to_string(seed), [&] {
      std::size_t until = least;
      return learn(task, a, step_size, seed, out.every, o, [&](std::vector<double> const& d) {
        if (d.size() == until && until < most && !has_converged(d)) until = std::min(most, until + until / 2);
        return d.size() < until;
      });
    });
  };
  out.step_size = 4 * task.step_size;
  if (!o.quick)
    out.step_size = best_step_size(4 * task.step_size, [&](double eta) { return last_quarter(run(eta, 1)); });
  for (int seed = 2; seed <= 1 + o.seeds; ++seed) out.seeds.push_back(run(out.step_size, seed));

  std::vector<double> const costs = all(task.name + ", " + out.name + ", costs", [&] {
    any_gan const gan = task.gan();
    std::vector<double> c;
    constexpr int steps = 20;
    for (link_kind const& links : {ethernet, slow}) {
      trainer<float> t = a.start(gan, out.step_size, links, o.threads, {});
      t.run(steps);
      report const r = t.report();
      if (c.empty())
        for (auto const& way : {r.uplink, r.downlink}) c.push_back(static_cast<double>(way.total) / steps / workers);
      c.push_back(r.simulated->seconds / steps);
    }
    return c;
  });
  out.up = costs[0], out.down = costs[1], out.ethernet_step = costs[2], out.slow_step = costs[3];
  return out;
}

// ---- Quality ----

struct quality_claims {
  int as_good, as_unremembered, sooner, places, memory_helps, look_ahead_harmless, answers, both_ways_sooner, differ;
};

/// The three systems alone, or all that can be asked of them. On data that differ one claim is asked, of them alone.
enum class asked { all, systems, systems_on_data_that_differ };

panel compare(gan_task const& task, asked what, quality_claims const& said, claims& verdict, runs& all, table& rows,
              table& curves, options const& o) {
  std::map<std::string, outcome> done;
  panel p{task.name + " over " + slow.name, "virtual seconds", task.measure, {}, "y"};
  auto const add = [&](arm const& a) {
    all.cell([&] { done[a.whole_name()] = measure(task, a, all, o); });
  };
  // The ablations come before a second place where they would have more to tell.
  for (arm const& a : systems<worker>()) add(a);
  for (arm const& a : systems<average>()) add(a);
  if (what == asked::all)
    for (auto const& arms : {coarse<worker>(), variants<worker>(),
                             std::vector{in_the_message(), dqgan_with<top1, worker>("DQGAN, top 1 %")},
                             coarse<average>(), variants<average>()})
      for (arm const& a : arms)
        if (!o.quick || a.name.find("memory") == a.name.npos) add(a);

  auto const of = [&](std::string const& name, adapts place) -> outcome const* {
    auto const found = done.find(arm{name, place, {}}.whole_name());
    return found == done.end() ? nullptr : &found->second;
  };
  outcome const* const full = of("CPOAdam", average);
  double const target = full == nullptr ? 0 : task.as_good_as(full->end());
  for (auto const& [name, r] : done) {
    double const steps = r.steps_to(target);
    rows.add({task.name, name, text(r.step_size), text(r.steps(), 7), text(r.end()), least_to_most(r.ends()),
              text(r.up, 7), text(r.down, 7), text(steps, 7), text(steps * r.ethernet_step), text(steps * r.slow_step)});
    for (std::size_t seed = 0; seed < r.seeds.size(); ++seed)
      for (std::size_t e = 0; e < r.seeds[seed].size(); ++e) {
        double const step = static_cast<double>(r.every) * static_cast<double>(e + 1);
        curves.add({task.name, name, std::to_string(seed + 2), text(step, 9), text(r.seeds[seed][e], 6),
                    text(step * r.ethernet_step, 6), text(step * r.slow_step, 6)});
      }
    if (name.find(", ") == name.rfind(", ") || name.starts_with("DQGAN, both")) p.lines.push_back(r.curve());
  }

  // Each is observed where both runs are there.
  auto const as_near = [&](int claim, outcome const* a, outcome const* b) {
    if (a != nullptr && b != nullptr)
      verdict.observe(claim, a->end() <= task.as_good_as(b->end()),
                      task.name + ": " + a->name + " " + text(a->end()) + ", " + b->name + " " + text(b->end()) +
                          ", so that at most " + text(task.as_good_as(b->end())) + " is as good");
  };
  auto const sooner = [&](int claim, outcome const* a, outcome const* b) {
    if (a == nullptr || b == nullptr) return;
    double const goal = task.as_good_as(b->end());
    double const here = a->steps_to(goal) * a->slow_step, there = b->steps_to(goal) * b->slow_step;
    verdict.observe(claim, here < there,
                    task.name + ": " + a->name + " " + text(here) + " s, " + b->name + " " + text(there) + " s");
  };
  if (what == asked::systems_on_data_that_differ) {
    for (adapts const place : {worker, average}) as_near(said.differ, of("DQGAN", place), of("CPOAdam", place));
    return p;
  }
  auto const against_baselines = [&](outcome const* ours, adapts place) {
    outcome const *const exact = of("CPOAdam", place), *const forgets = of("CPOAdam-GQ", place);
    as_near(said.as_good, ours, exact);
    if (ours != nullptr && exact != nullptr)
      verdict.observe(said.as_good, ours->up <= 0.3 * exact->up, task.name + ": " + percent(ours->up / exact->up));
    as_near(said.as_unremembered, ours, forgets);
    sooner(said.sooner, ours, exact);
  };
  for (adapts const place : {worker, average}) {
    against_baselines(of("DQGAN", place), place);
    outcome const *const two = of("DQGAN, 2 bits", place), *const bare = of("CPOAdam-GQ, 2 bits", place);
    if (two != nullptr && bare != nullptr)
      verdict.observe(said.memory_helps, two->end() < bare->end(),
                      task.name + ": " + two->name + " " + text(two->end()) + ", " + bare->name + " " + text(bare->end()));
    as_near(said.look_ahead_harmless, two, of("DQGAN, 2 bits, memory not in the look-ahead", place));
    as_near(said.answers, of("DQGAN, both ways", place), of("DQGAN", place));
    sooner(said.both_ways_sooner, of("DQGAN, both ways", place), of("CPOAdam", place));
  }
  against_baselines(of("DQGAN, look-ahead in the message", worker), average);  // the pair of earlier tables
  for (char const* const name : {"CPOAdam", "CPOAdam-GQ", "DQGAN"}) as_near(said.places, of(name, average), of(name, worker));
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
  return never;
}

/// What doubling the workers saves, of one system.
void observe_doublings(std::string const& name, std::map<int, std::vector<double>> const& best, int claim, claims& verdict,
                       table& out, panel& p) {
  series line{name};
  for (auto const& [m, numbers] : best) {  // the step size, and the iterations
    double const now = numbers[1];
    auto const half = best.find(m / 2), first = best.begin();
    bool const doubles = m > 1 && half != best.end();
    double const saved = doubles ? half->second[1] / now : 0;
    out.add({name, std::to_string(m), text(numbers[0]), text(now, 7), doubles ? text(saved) : "",
             text(first->second[1] / now)});
    if (doubles)
      verdict.observe(claim, saved >= 2 / 1.4 && saved <= 2 * 1.4,
                      name + ": from " + std::to_string(m / 2) + " to " + std::to_string(m) + " workers " +
                          text(half->second[1], 7) + " became " + text(now, 7));
    line.points.emplace_back(m, now);
  }
  p.lines.push_back(std::move(line));
}

/// On a game of 2 * size coordinates, with the best step size for each number of workers.
panel speed_up_of_game(int size, int said, claims& verdict, runs& all, table& out, options const& o) {
  panel p{"Noisy strongly monotone game", "workers", "iterations to 1 % of |F|^2", {}};
  constexpr double noise = 2, share = 0.01;
  auto const add = [&](std::string const& name, auto const& system) {
    std::map<int, std::vector<double>> best;
    for (int const m : o.quick ? std::vector<int>{1, 2} : std::vector<int>{1, 2, 4, 8, 16})
      all.cell([&] {
        best[m] = all("game of " + std::to_string(2 * size) + ", " + name + ", workers " + std::to_string(m) + ", seeds " +
                          std::to_string(o.seeds),
                      [&] {
                        std::cerr << "speed-up, " << name << ", workers " << m << std::endl;
                        double least = never;
                        auto const needed = [&](double eta) {
                          std::vector<double> each;
                          for (int seed = 1; seed <= o.seeds; ++seed) {
                            // As well conditioned as with 10, where the deviation is 0.2.
                            auto game = quadratic_game<>::strongly_monotone(size, 1, static_cast<std::uint64_t>(seed), 0.1,
                                                                            0.2 * std::sqrt(10.0 / size));
                            game.matrices.resize(static_cast<std::size_t>(m), game.matrices[0]);
                            game.offsets.resize(static_cast<std::size_t>(m), game.offsets[0]);
                            game.noise = noise;
                            // One that is slower than the best so far need not be followed to its end.
                            auto const most = static_cast<std::int64_t>(std::min(1e6, 2 * least));
                            each.push_back(iterations(game, system(eta), share, most, static_cast<std::uint64_t>(seed)));
                          }
                          least = std::min(least, median(each));
                          return median(each);
                        };
                        double const eta = best_step_size(4e-4 * m, needed, std::sqrt(2.0));
                        return std::vector{eta, least};
                      });
      });
    observe_doublings(name, best, said, verdict, out, p);
  };
  add("identity", [](double eta) { return dqgan<omd, identity>{{eta}}; });
  add("2 bits", [](double eta) { return dqgan<omd, qsgd<128, 2, rounding::nearest>>{{eta}}; });
  add("top 1 %", [](double eta) { return dqgan<omd, top_k<128, 1>>{{eta}}; });
  return p;
}

/// On a GAN: steps until the distance is `quality`, each worker with its batch.
panel speed_up_of_gan(gan_task task, double quality, int said, claims& verdict, runs& all, table& out, options const& o) {
  panel p{"digits, 32 a worker", "workers", "steps to distance " + text(quality), {}};
  for (arm const& a : {systems<worker>()[0], systems<average>()[0], dqgan_with<near2, worker>("DQGAN, 2 bits"),
                       dqgan_with<near2, average>("DQGAN, 2 bits"), dqgan_with<top1, worker>("DQGAN, top 1 %")}) {
    if (o.quick && !a.name.starts_with("CPOAdam")) continue;
    std::map<int, std::vector<double>> best;
    for (int const m : o.quick ? std::vector<int>{1, 2} : std::vector<int>{1, 2, 4, 8})
      all.cell([&] {
        task.game.workers = m;
        constexpr std::int64_t every = 50, most = 20000;
        auto const steps = [&](double eta, int seed) {
          return all("digits to " + text(quality) + ", " + a.whole_name() + ", workers " + std::to_string(m) +
                         ", step size " + text(eta, 6) + ", seed " + std::to_string(seed),
                     [&] {
                       auto const d = learn(task, a, eta, seed, every, o, [&](std::vector<double> const& seen) {
                         return seen.empty() || (seen.back() > quality && std::ssize(seen) * every < most);
                       });
                       return std::vector{d.back() <= quality ? static_cast<double>(std::ssize(d) * every) : never};
                     })[0];
        };
        double const first = 4 * task.step_size;
        double const eta = o.quick ? first : best_step_size(first, [&](double e) { return steps(e, 1); });
        std::vector<double> each;
        for (int seed = 2; seed <= 1 + o.seeds; ++seed) each.push_back(steps(eta, seed));
        best[m] = {eta, median(each)};
      });
    observe_doublings(a.whole_name(), best, said, verdict, out, p);
  }
  return p;
}

int measure_all(options const& o) {
  claims verdict;
  int const as_good = verdict.state(
                "with at most 30 % of the uplink bytes DQGAN ends as near as CPOAdam (images within 20 %, ring8 within "
                "0.05), in the median of the seeds, each with the best step size of one grid"),
            as_unremembered = verdict.state("and as near as CPOAdam-GQ, in the same sense"),
            sooner = verdict.state("on a link of 10 Mbit/s it is that near to the data sooner than CPOAdam"),
            linear = verdict.state(
                "twice the workers take half the iterations to a fixed |F|^2, up to a factor of 1.4, compressed or not");
  // Those before are the ones of earlier tables, word by word. They are now asked of both places of Adam, and of coarser
  // compressors.
  quality_claims const said{
      as_good, as_unremembered, sooner,
      verdict.state("each of the three systems ends with Adam on the average as near as with Adam on the worker"),
      verdict.state("with 2 bits a coordinate DQGAN ends nearer than CPOAdam-GQ, wherever Adam is"),
      verdict.state("with 2 bits it ends as near with the memory subtracted in the look-ahead as without"),
      verdict.state("with answers of 8 bits, too, it ends as near as with exact ones"),
      verdict.state("and then is as near as CPOAdam sooner than that on 10 Mbit/s"),
      verdict.state("where each worker has images of two classes DQGAN ends as near as CPOAdam, wherever Adam is")};
  int const linear_gan = verdict.state("on a GAN twice the workers take half the steps to one quality, up to a factor of "
                                       "1.4, compressed or not");

  runs all(o, "dqgan");
  table quality("Quality: " + std::to_string(workers) + " workers, median of " + std::to_string(o.seeds) +
                    " seeds that the step size was not chosen on. Distance: the median over the last quarter of a run. Time "
                    "to what is as good as the end of CPOAdam with Adam on the average, gradients of 5 ms.",
                {"data", "system", "step size", "steps", "distance", "seeds", "bytes up", "bytes down", "steps to quality",
                 "seconds, ethernet", "seconds, 10 Mbit/s"});
  table curves("", {"data", "system", "seed", "step", "distance", "seconds ethernet", "seconds 10 Mbit/s"});
  std::vector<panel> panels;
  auto const run = [&](gan_task const& task, asked what = asked::all) {
    panels.push_back(compare(task, what, said, verdict, all, quality, curves, o));
  };
  std::vector<std::string> const headings{"system", "workers", "step size", "iterations", "of half as many workers",
                                          "speed-up"};
  int const size = o.quick ? 10 : 100;
  table faster("Speed-up: DQGAN with `omd` on a strongly monotone game of " + std::to_string(2 * size) +
                   " coordinates, noise of deviation 2, the best step size for each number of workers, median of " +
                   std::to_string(o.seeds) + " games.",
               headings);
  double const goal = o.quick ? 3 : 0.6;
  table faster_gan("Speed-up on a GAN: steps until digits are at a distance of " + text(goal) +
                       ", 32 real ones a worker, median of " + std::to_string(o.seeds) + " seeds.",
                   headings);

  // The numbers of the parts do not depend on files of MNIST and CIFAR-10, which come last.
  gan_task const digits = digits_task(workers, o.quick ? 1000 : 5000, o.quick, o.threads);
  run(digits);
  if (!o.quick) run(ring8_task(workers, 8000));
  panel const game = speed_up_of_game(size, linear, verdict, all, faster, o);
  panel const gan = speed_up_of_gan(digits, goal, linear_gan, verdict, all, faster_gan, o);
  if (!o.quick) {
    gan_task differing = digits;
    differing.name += ", two classes a worker";
    differing.game.partition = label_shards{2};
    run(differing, asked::systems_on_data_that_differ);
    if (has_mnist()) run(mnist_task(workers, 2500, o.threads, o.out));
    else quality.add({"MNIST", "skipped: SADDLE_MNIST names no folder"});
    if (has_mnist() && has_dcgan) run(with_dcgan(mnist_task(workers, 1000, o.threads, o.out)), asked::systems);
    if (has_cifar()) run(cifar_task(workers, 2500, o.threads, o.out), asked::systems);
    else quality.add({"CIFAR-10", "skipped: SADDLE_CIFAR names no folder"});
    if (has_cifar() && has_dcgan) run(with_dcgan(cifar_task(workers, 1000, o.threads, o.out)), asked::systems);
  }
  quality.print();
  quality.save(o.out / "dqgan_quality.csv");
  curves.save(o.out / "dqgan_curves.csv");
  evidence::draw(o, "dqgan_quality", panels);
  faster.print();
  faster.save(o.out / "dqgan_speed_up.csv");
  faster_gan.print();
  faster_gan.save(o.out / "dqgan_speed_up_gan.csv");
  evidence::draw(o, "dqgan_speed_up", {game, gan});
  return all.conclude(verdict);
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv,
                           "DQGAN: quality, bytes, seconds on two links; the speed-up of more workers. The full form has "
                           "119 cells, a part of --part K/119 each: 1 to 20 digits, 21 to 40 ring8, 41 to 55 the game, "
                           "56 to 75 digits with more workers, 76 to 81 digits of two classes a worker, 82 to 101 MNIST, "
                           "102 to 107 MNIST with DCGAN's networks, 108 to 119 CIFAR-10 likewise. "
                           "bench/results/evidence/dqgan.md has their minutes",
                           measure_all);
}
