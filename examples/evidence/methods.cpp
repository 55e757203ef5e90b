// The methods that cite these systems on four problems: error against steps, bytes and seconds on a slow link. What a
// correction or an estimator of the gradient is for: workers that differ, and noise.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/problem/policeman_burglar.hpp>
#include <saddle/problem/quadratic_game.hpp>
#include <saddle/problem/robust_least_squares.hpp>

#include "gan_task.hpp"
#include "method_list.hpp"
#include "runs.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr int workers = 8;
constexpr link_kind slow{"10 Mbit/s", 5e-3, 1.25e6, 1.25e6, 1.25e6};
constexpr double compute = 1e-3;  // seconds of a gradient
constexpr double never = std::numeric_limits<double>::infinity();

// ---- Games ----

/// A problem, and how far the mean of the workers is from its solution, relative to where the run began.
struct contest {
  std::string name, measure;
  std::function<any_game(std::uint64_t seed)> game;
  std::function<std::function<double(std::vector<double> const&)>(std::uint64_t seed)> error;
  std::int64_t steps;
};

template <class Game>
any_game erased(Game const& game) {
  any_game of;
  of.game = std::make_shared<erased_problem<Game>>(game);
  return of;
}
double distance(std::vector<double> const& a, std::vector<float> const& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(a[i] - static_cast<double>(b[i]), 2);
  return std::sqrt(squares);
}
/// Problems that begin at 0 and know their solution.
template <class Make>
contest with_solution(std::string name, std::int64_t steps, Make const& make) {
  return {std::move(name), "|w - w*| / |w*|", [make](std::uint64_t seed) { return erased(make(seed)); },
          [make](std::uint64_t seed) {
            std::vector<float> const solution = make(seed).solution();
            double const length = distance(std::vector<double>(solution.size()), solution);
            return [solution, length](std::vector<double> const& w) { return distance(w, solution) / length; };
          },
          steps};
}
contest quadratic(double noise, std::int64_t steps) {
  return with_solution(noise > 0 ? "noisy quadratic game" : "quadratic game", steps, [noise](std::uint64_t seed) {
    auto game = quadratic_game<float>::strongly_monotone(10, workers, seed);
    game.noise = noise;
    return game;
  });
}
contest least_squares(std::int64_t steps) {
  return with_solution("robust least squares", steps, [](std::uint64_t seed) {
    return robust_least_squares<float>::random(80, 10, workers, seed);
  });
}
/// Both players choose houses: their strategies are points of simplices.
contest burglar(std::int64_t steps) {
  auto const make = [](std::uint64_t seed) { return policeman_burglar<float>::random(20, workers, seed); };
  return {"policeman and burglar", "gap / first gap", [make](std::uint64_t seed) { return erased(make(seed)); },
          [make](std::uint64_t seed) {
            auto const game = make(seed);
            auto const gap = [game](std::vector<float> const& w) {
              std::span<float const> const all(w);
              return game.gap({all.first(all.size() / 2), all.last(all.size() / 2)});
            };
            auto const houses = static_cast<std::size_t>(game.sizes().min);
            double const first = gap(std::vector<float>(2 * houses, 1.0f / static_cast<float>(houses)));
            return [gap, first](std::vector<double> const& w) {
              return gap(std::vector<float>(w.begin(), w.end())) / first;
            };
          },
          steps};
}

/// A GAN on digits, of which each worker has few classes.
contest differing_digits(std::int64_t steps, options const& o) {
  gan_task task = digits_task(workers, steps, true, o.threads);
  task.game.partition = dirichlet{0.3};
  any_gan const gan = task.gan();
  return {"digits", task.measure,
          [gan](std::uint64_t) {
            any_game of;
            static_cast<train_gan::shared_game&>(of) = gan.game;
            return of;
          },
          [task, gan](std::uint64_t) {
            return [task, gan](std::vector<double> const& w) {
              std::vector<float> const generator(w.begin(), w.begin() + gan.game.sizes().min);
              return task.distance(gan.generate(generator, {}, 2000));
            };
          },
          steps};
}

// ---- Runs ----

constexpr int evaluations = 100;

/// Errors on the way, and the bytes of a step, up and down, of all workers.
struct course {
  std::vector<double> errors;
  double up = 0, down = 0;

  double end() const {  // over the last tenth
    return median({errors.end() - evaluations / 10, errors.end()});
  }
  /// In evaluations, from 1 on.
  double first_below(double error) const {
    auto const at = std::ranges::find_if(errors, [&](double e) { return e <= error; });
    return at == errors.end() ? never : static_cast<double>(at - errors.begin() + 1);
  }
};

course run_once(runs& kept, contest const& in, method const& of, double step_size, int seed, std::int64_t steps,
                options const& o) {
  auto const s = static_cast<std::uint64_t>(seed);
  std::vector<double> numbers = kept(
      in.name + ", " + of.name + ", step size " + text(step_size, 6) + ", seed " + std::to_string(seed) + ", " +
          std::to_string(steps) + " steps",
      [&] {
        auto const error = in.error(s);
        any_game const game = in.game(s);
        trainer<float> t = of.start(game, step_size, {}, {}, std::min(o.threads, 2), {.seed = s});
        std::vector<double> n(2);
        for (int e = 1; e <= evaluations; ++e) {
          t.run(steps * e / evaluations - steps * (e - 1) / evaluations);
          std::vector<double> mean(static_cast<std::size_t>(game.sizes().size()));
          for (int m = 0; m < workers; ++m) {
            auto const w = t.weights(m);
            std::size_t i = 0;
            for (int p = 0; p < 2; ++p)
              for (float const x : w.of(p)) mean[i++] += static_cast<double>(x) / workers;
          }
          double const d = error(mean);
          n.push_back(std::isfinite(d) ? d : never);
          if (!(d < 1e6)) break;  // it diverged
        }
        report const r = t.report();
        n[0] = static_cast<double>(r.uplink.total) / static_cast<double>(r.step);
        n[1] = static_cast<double>(r.downlink.total) / static_cast<double>(r.step);
        return n;
      });
  numbers.resize(2 + evaluations, never);
  return {{numbers.begin() + 2, numbers.end()}, numbers[0], numbers[1]};
}
double seconds_of_a_step(contest const& in, method const& of, int threads) {
  constexpr int steps = 200;
  trainer<float> t = of.start(in.game(1), 1e-6, slow, compute_time::constant(compute), threads, {});
  t.run(steps);
  return t.report().simulated->seconds / steps;
}

/// Of many methods a picture shows these.
bool is_drawn(method const& m) {
  static std::set<std::string> const drawn{
      "SGDA",   "Local SGDA",           "decentralized SGDA", "DQGAN, 8 bits", "FedGDA-GT", "ProxSkip-VIP",
      "GT-GDA", "GT-GDA, top 13 of 128", "K-GT",              "VI-PAPC",       "MC-SVRE",   "C-DPSSG, 8 bits",
      "MASHA2, top 13 of 128"};
  return drawn.contains(m.name);
}
/// The median over the seeds of f of a run.
template <class F>
double middle(std::vector<course> const& all, F const& f) {
  return median(each(all, f));
}

/// Every method with the step size that brings it soonest to `near`, which is searched on one seed; figures of others.
bool compare(runs& kept, contest const& in, std::vector<method> const& of, double near, double first,
             std::function<void(method const&, std::vector<course> const&)> const& observe, std::vector<panel>& panels,
             options const& o) {
  table out(in.name + ": " + std::to_string(workers) + " workers that differ, median of " + std::to_string(o.seeds) +
                " seeds, " + std::to_string(in.steps) + " steps; " + in.measure + ", and what it takes to " +
                text(near) +
                ": steps, kB of all workers up and down, seconds on 10 Mbit/s and 5 ms.",
            {"method", "mechanism", "step size", "error at the end", "steps", "kB up", "kB down", "seconds"});
  panel by_steps{in.name, "steps", in.measure}, by_bytes{in.name, "kB up", in.measure};
  bool is_whole = true;
  for (method const& m : of)
    is_whole &= kept.cell([&] {
      auto const score = [&](double eta) {
        course const c = run_once(kept, in, m, eta, 1, in.steps, o);
        double const reached = c.first_below(near);
        return std::isfinite(reached) ? reached : 2 * evaluations * (1 + c.end());
      };
      double const begin = m.first_step_size.value_or(first);
      double const eta = o.quick ? begin : best_step_size(begin, score);
      std::vector<course> all;
      for (int seed = 2; seed <= o.seeds + 1; ++seed) all.push_back(run_once(kept, in, m, eta, seed, in.steps, o));
      double const a_step = kept(in.name + ", " + m.name + ", seconds of a step",
                                 [&] { return std::vector{seconds_of_a_step(in, m, o.threads)}; })[0];
      double const every = static_cast<double>(in.steps) / evaluations;
      double const steps = every * middle(all, [&](course const& c) { return c.first_below(near); });
      auto const spent = [&](double each) { return std::isfinite(steps) ? text(steps * each) : text(never); };
      out.add({m.name, m.mechanism, text(eta), text(middle(all, &course::end)), text(steps, 6), spent(all[0].up / 1e3),
               spent(all[0].down / 1e3), spent(a_step)});
      if (is_drawn(m) || of.size() < 10)
        for (auto const& [p, unit] : {std::pair{&by_steps, 1.0}, std::pair{&by_bytes, all[0].up / 1e3}}) {
          series line{m.name};
          for (std::size_t e = 0; e < evaluations; e += 2)
            line.points.emplace_back(unit * every * static_cast<double>(e + 1),
                                     middle(all, [&](course const& c) { return c.errors[e]; }));
          p->lines.push_back(std::move(line));
        }
      observe(m, all);
    });
  out.print();
  std::string file = in.name;
  std::ranges::replace(file, ' ', '_');
  out.save(o.out / ("methods_" + file + ".csv"));
  by_steps.log = "y";
  panels.push_back(std::move(by_steps));
  panels.push_back(std::move(by_bytes));
  return is_whole;
}

/// Where methods end with a constant step size, and with half of it and twice the steps.
bool halve(runs& kept, contest const& in, std::vector<method> const& of, double step_size, int exact, int halves,
           claims& verdict, options const& o) {
  table out(in.name + ": where it ends with step size " + text(step_size) + ", and with half of it in twice the steps.",
            {"method", "mechanism", "error", "of half", "ratio"});
  bool is_whole = true;
  for (method const& m : of)
    is_whole &= kept.cell([&] {
      std::vector<double> whole, half;
      for (int seed = 1; seed <= o.seeds; ++seed) {
        whole.push_back(run_once(kept, in, m, step_size, seed, in.steps, o).end());
        half.push_back(run_once(kept, in, m, step_size / 2, seed, 2 * in.steps, o).end());
      }
      double const a = median(whole), b = median(half);
      out.add({m.name, m.mechanism, text(a), text(b), text(a / b)});
      std::string const what = m.name + ": " + text(a) + ", with half the step size " + text(b);
      if (m.end == end_point::solution) verdict.observe(exact, a < 1e-4, what);
      else if (m.end == end_point::near_solution) verdict.observe(halves, a > 1e-4 && a / b > 1.5 && a / b < 2.8, what);
    });
  out.print();
  out.save(o.out / "methods_step_size.csv");
  return is_whole;
}

int measure_all(options const& o) {
  claims verdict;
  int const exact = verdict.state(
                "where workers differ, methods with a correction end at the solution with a constant step size: within "
                "1e-4 in float"),
            halves = verdict.state("and those without stop at a distance that halves with the step size (1.5 to 2.8)"),
            quiet = verdict.state(
                "where gradients are noisy as well, methods that reduce the variance end within 1e-3, and others do "
                "not"),
            squares = verdict.state("on robust least squares, too, those with a correction end within 1e-3"),
            helps = verdict.state(
                "where each worker has few classes of the digits, a GAN with a correction ends nearer to them than the "
                "same without, after as many steps"),
            ends = verdict.state(
                "on two simplices the last iterate of extragradient and of optimism closes the gap to 1 %, that of "
                "descent ascent does not");
  runs kept(o, "methods");
  std::int64_t const steps = o.quick ? 300 : 10000;
  std::vector<panel> panels;
  std::vector<method> const all = methods_of_games(workers);
  bool is_whole = halve(kept, quadratic(0, steps), all, 0.02, exact, halves, verdict, o);
  is_whole &= compare(kept, quadratic(0, steps), all, 1e-2, 5e-3, [](method const&, auto const&) {}, panels, o);
  is_whole &= compare(
      kept, quadratic(0.1, steps), all, 1e-2, 5e-3,
      [&](method const& m, std::vector<course> const& c) {
        double const end = middle(c, &course::end);
        if (m.end != end_point::unclaimed)
          verdict.observe(quiet, (end < 1e-3) == m.reduces_variance, m.name + ": " + text(end));
      },
      panels, o);
  is_whole &= compare(
      kept, least_squares(steps), all, 1e-2, 1e-5,
      [&](method const& m, std::vector<course> const& c) {
        double const end = middle(c, &course::end);
        if (m.end == end_point::solution) verdict.observe(squares, end < 1e-3, m.name + ": " + text(end));
      },
      panels, o);
  is_whole &= compare(
      kept, burglar(steps), methods_on_simplices(workers), 1e-2, 1e-2,
      [&](method const& m, std::vector<course> const& c) {
        double const end = middle(c, &course::end);
        verdict.observe(ends, (end < 1e-2) == (m.end == end_point::solution), m.name + ": " + text(end));
      },
      panels, o);
  std::map<std::string, double> end;  // of the digits
  std::vector<method> of_gans = methods_of_gans(workers);
  if (o.quick) of_gans.resize(2, of_gans[0]);
  is_whole &= compare(
      kept, differing_digits(o.quick ? 100 : 2000, o), of_gans, 1, 1e-3,
      [&](method const& m, std::vector<course> const& c) { end[m.name] = middle(c, &course::end); }, panels, o);
  for (auto const& [with, without] :
       {std::pair{"FedGDA-GT, Adam", "Local Adam"}, {"SCAFFOLD, Adam", "Local Adam"}, {"GT-Adam", "gossip Adam"}})
    if (end.contains(with) && end.contains(without))
      verdict.observe(helps, end[with] < end[without],
                      std::string(with) + ": " + text(end[with]) + ", " + without + " " + text(end[without]));
  // The quadratic game by steps and by bytes, the noisy one and the digits by steps.
  if (is_whole) evidence::draw(o, "methods", {panels[0], panels[1], panels[2], panels[8]});
  return kept.conclude(verdict);
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv,
                           "The methods that cite DQGAN and DPOSG: where they end, and what it takes in steps, bytes "
                           "and seconds.\n\nThe full form takes five minutes of one core.",
                           measure_all);
}
