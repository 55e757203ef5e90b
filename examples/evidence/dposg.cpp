// DPOSG against a server or an all-reduce in place of its graph: seconds of an iteration on four networks, and how near
// both end.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/core/number_text.hpp>

#include <saddle/problem/quadratic_game.hpp>
#include <saddle/topology/mixing_matrix.hpp>

#include "gan_task.hpp"
#include "runs.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr double compute = 20e-3;  // seconds of a gradient

/// Latency low or high, bandwidth low or high: 100 Gbit/s or 100 Mbit/s, the server's port being like the others'.
struct network {
  char const* name;
  link_kind links;
  bool is_good;
};
constexpr network networks[] = {
    {"low latency, high bandwidth", {"low-high", 10e-6, 12.5e9, 12.5e9, 12.5e9}, true},
    {"low latency, low bandwidth", {"low-low", 10e-6, 12.5e6, 12.5e6, 12.5e6}, false},
    {"high latency, high bandwidth", {"high-high", 30e-3, 12.5e9, 12.5e9, 12.5e9}, false},
    {"high latency, low bandwidth", {"high-low", 30e-3, 12.5e6, 12.5e6, 12.5e6}, false}};

mixing_graph graph_named(std::string const& name, int workers) {
  return name == "ring" ? ring(workers) : exponential(workers);
}
constexpr char const* graphs[] = {"ring", "exponential"};
constexpr int rounds[] = {1, 2, 4};

/// Whoever averages for the centralized systems: they train alike, to the bit.
struct averaging_by {
  char const* name;
  all_reduce how;
};
constexpr averaging_by centres[] = {{"server", all_reduce::none},
                                    {"all-reduce, ring", all_reduce::ring},
                                    {"all-reduce, tree", all_reduce::tree},
                                    {"all-reduce, doubling", all_reduce::doubling},
                                    {"all-reduce, halving", all_reduce::halving}};
using seconds_of_centres = std::array<double, std::size(centres)>;
/// Of the all-reduces.
double best(seconds_of_centres const& s) { return *std::min_element(s.begin() + 1, s.end()); }

/// On one network.
seconds_of_centres seconds_of_centralized(any_gan const& gan, network const& n, int threads) {
  seconds_of_centres s;
  for (std::size_t i = 0; i < s.size(); ++i)
    s[i] = seconds_a_step(gan, cp_oadam{}, n.links, compute, threads, centres[i].how);
  return s;
}

/// The claims, in the order of their numbers. Those that need more than a server to be beaten came later, beside the
/// ones about a server alone.
struct claimed {
  int shorter, grows, as_good, sooner, near_solution, helps;
  int shorter_than_reduced, sooner_than_reduced, sooner_far_away, as_good_elsewhere, as_good_on_labels;
};
claimed state(claims& all) {
  claimed c;
  c.shorter = all.state(
      "with t = 1 gossip's iteration is shorter than the server's, by 10 % or more, at high latency or low bandwidth, "
      "and no more than 10 % longer where both are good");
  c.grows = all.state(
      "at high latency and low bandwidth the ring's iteration does not grow with the workers (10 %), and the server's "
      "does, at least half as fast as they");
  c.as_good = all.state(
      "on 8 workers it ends as near to the data as the server (images within 20 %, ring8 within 0.05), in the median "
      "of the seeds, each with the best step size of one grid");
  c.sooner = all.state(
      "and on the ring with t = 1 it is that near sooner than the server at high latency or low bandwidth");
  c.near_solution = all.state(
      "on workers that differ its mean ends at most 1.5 times as far from the solution as the server, where rho^t <= "
      "1/2");
  c.helps = all.state("and more rounds take it no further away (2 %)");
  c.shorter_than_reduced = all.state(
      "with t = 1 the ring's iteration is shorter than that of the best all-reduce (round a ring, up and down a tree, "
      "by doubling, by halving), by 10 % or more, at high latency or low bandwidth");
  c.sooner_than_reduced = all.state(
      "on the ring with t = 1 it is as near as the server sooner than with the best all-reduce at high latency or low "
      "bandwidth");
  c.sooner_far_away = all.state("and in any case at high latency");
  c.as_good_elsewhere = all.state(
      "it ends as near as the server, within 20 %, on 16 workers, with batches of 8 and of 128, with WGAN-GP and on "
      "CIFAR-10");
  c.as_good_on_labels = all.state("and on 8 workers that see two classes each");
  return c;
}

/// The perceptrons for digits; one sample a batch, as nothing is to be learnt: seconds are those of messages. False
/// where runs are missing.
bool time_iterations(runs& kept, std::span<int const> sizes, claimed const& said, claims& all, panel& p,
                     options const& o) {
  table out("Virtual seconds of an iteration, messages of 217 kB, gradients of 20 ms: 10 us or 30 ms of latency, "
            "100 Gbit/s or 100 Mbit/s.",
            {"network", "workers", "server", "all-reduce, ring", "tree", "doubling", "halving", "ring, t = 1",
             "ring, t = 2", "ring, t = 4", "exponential, t = 1", "exponential, t = 2", "exponential, t = 4"});
  p = {"t = 1, high latency, low bandwidth",
       "workers",
       "virtual seconds of an iteration",
       {{"server"}, {"best all-reduce"}, {"ring"}, {"exponential"}}};
  std::array<double, 2> smallest{};  // of the first number of workers: server, ring
  bool is_whole = true;
  for (int const m : sizes)
    is_whole &= kept.cell([&] {
      std::vector<double> const numbers = kept("seconds of an iteration, " + std::to_string(m) + " workers", [&] {
        std::cerr << "seconds of an iteration, " << m << " workers" << std::endl;
        any_gan const gan = perceptrons(digits(), {.batch = 1, .workers = m});
        std::vector<double> each;
        for (network const& n : networks) {
          for (double const s : seconds_of_centralized(gan, n, o.threads)) each.push_back(s);
          for (char const* name : graphs)
            for (int const t : rounds)
              each.push_back(
                  seconds_a_step(gan, dp_oadam{.topology = {graph_named(name, m), t}}, n.links, compute, o.threads));
        }
        return each;
      });
      std::span<double const> rest = numbers;
      for (network const& n : networks) {
        std::vector<std::string> row{n.name, std::to_string(m)};
        std::span<double const> const here = rest.first(std::size(centres) + std::size(graphs) * std::size(rounds));
        rest = rest.subspan(here.size());
        for (double const s : here) row.push_back(text(s));
        out.add(row);
        double const server = here[0], reduced = std::ranges::min(here.subspan(1, std::size(centres) - 1)),
                     ring = here[std::size(centres)], exponential = here[std::size(centres) + std::size(rounds)];
        auto const what = [&](char const* name, double s) {
          return std::string(name) + " of " + std::to_string(m) + ", " + n.name + ": " + text(s) + " s, the server's " +
                 text(server) + " s";
        };
        for (auto const& [name, s] : {std::pair{"ring", ring}, {"exponential", exponential}})
          all.observe(said.shorter, n.is_good ? s < 1.1 * server : s < 0.9 * server, what(name, s));
        if (!n.is_good)
          all.observe(said.shorter_than_reduced, ring < 0.9 * reduced,
                      what("ring", ring) + ", the best all-reduce's " + text(reduced) + " s");
        if (&n != &networks[3]) continue;
        int line = 0;
        for (double const s : {server, reduced, ring, exponential})
          p.lines[static_cast<std::size_t>(line++)].points.emplace_back(m, s);
        if (m == sizes.front()) smallest = {server, ring};
        else
          all.observe(said.grows, ring < 1.1 * smallest[1] && server > m / sizes.front() * 0.5 * smallest[0],
                      what("ring", ring) + "; of " + std::to_string(sizes.front()) + " workers " + text(smallest[1]) +
                          " s and " + text(smallest[0]) + " s");
      }
    });
  out.print();
  out.save(o.out / "dposg_seconds.csv");
  return is_whole;
}

// ---- Where it ends on workers that differ ----

/// How far the mean over the workers is from the solution at the end.
template <composition S>
double distance(quadratic_game<> const& game, S const& how, std::int64_t steps) {
  trainer t{game, how, loopback{game.workers()}, cpu{}};
  t.run(steps);
  std::vector<double> mean = game.solution();
  for (double& v : mean) v = -v;
  double squares = 0;
  for (int m = 0; m < game.workers(); ++m) {
    auto const w = t.weights(m);
    for (std::size_t i = 0; i < w.min.size(); ++i) mean[i] += w.min[i] / game.workers();
    for (std::size_t i = 0; i < w.max.size(); ++i) mean[w.min.size() + i] += w.max[i] / game.workers();
  }
  for (double const v : mean) squares += v * v;
  return std::sqrt(squares);
}

bool differ(runs& kept, std::span<int const> sizes, std::int64_t steps, claimed const& said, claims& all,
            options const& o) {
  table out("Distance of the workers' mean from the solution: strongly monotone game, workers that differ, `omd` of "
            "step size 0.02, median of " + std::to_string(o.seeds) + " games.",
            {"workers", "server", "graph", "rho", "t = 1", "t = 2", "t = 4"});
  omd const optimizer{0.02};
  bool is_whole = true;
  for (int const m : sizes)
    is_whole &= kept.cell([&] {
      // Of each game: the server's, and those of the graphs with each number of rounds.
      std::vector<std::vector<double>> games;
      for (int seed = 1; seed <= o.seeds; ++seed)
        games.push_back(kept("game " + std::to_string(seed) + ", " + std::to_string(m) + " workers", [&] {
          std::cerr << "strongly monotone game " << seed << ", " << m << " workers" << std::endl;
          auto const game = quadratic_game<>::strongly_monotone(10, m, static_cast<std::uint64_t>(seed));
          std::vector<double> each{distance(game, cp_osg{optimizer}, steps)};
          for (char const* name : graphs)
            for (int const t : rounds)
              each.push_back(
                  distance(game, dposg<>{.optimizer = optimizer, .topology = {graph_named(name, m), t}}, steps));
          return each;
        }));
      std::size_t next = 0;
      auto const end = [&] {
        std::vector<double> values;
        for (auto const& g : games) values.push_back(g[next]);
        ++next;
        return median(values);
      };
      double const server = end();
      for (char const* name : graphs) {
        double const rho = second_singular_value(graph_named(name, m));
        std::vector<std::string> row{std::to_string(m), text(server), name, text(rho)};
        double before = 0;
        for (int const t : rounds) {
          double const d = end();
          row.push_back(text(d));
          std::string const what = std::string(name) + " of " + std::to_string(m) + ", t = " + std::to_string(t) +
                                   ": " + text(d) + ", the server's " + text(server);
          if (std::pow(rho, t) <= 0.5 + 1e-9) all.observe(said.near_solution, d <= 1.5 * server, what);
          if (t > 1) all.observe(said.helps, d <= 1.02 * before, what + ", with half the rounds " + text(before));
          before = d;
        }
        out.add(row);
      }
    });
  out.print();
  out.save(o.out / "dposg_differ.csv");
  return is_whole;
}

// ---- Quality ----

/// What is trained, and how: a task, the share of its step size that is left at the end, and the systems.
struct arena {
  gan_task task;
  double last = 1;
  std::vector<std::string> graphs{"ring, t = 1", "exponential, t = 1"};
  int said = 0;        // the claim about how near they end
  bool is_old = true;  // whether it was there before the all-reduces, with its claims
};

/// A system as something to be trained and timed, behind two types of compositions.
struct arm {
  std::string name;
  std::function<training(gan_task const&, schedule const& step_size, std::uint64_t seed, int threads, int evaluations)>
      train;
  std::function<double(any_gan const&, network const&, int threads)> seconds;
};
template <composition S>
arm arm_of(std::string name, S how) {
  auto const with = [how](schedule const& step_size) {
    S one = how;
    one.optimizer.step_size = step_size;
    return one;
  };
  return {std::move(name),
          [with](gan_task const& task, schedule const& step_size, std::uint64_t seed, int threads, int evaluations) {
            return evidence::train(task, with(step_size), seed, threads, evaluations);
          },
          [with](any_gan const& gan, network const& n, int threads) {
            return seconds_a_step(gan, with(1e-3), n.links, compute, threads);
          }};
}
arm arm_named(std::string const& name, int workers) {
  if (name == "server") return arm_of(name, cp_oadam{});
  if (name.starts_with("random")) return arm_of(name, rand_dp_oadam({}, workers, 1));
  int const t = name.back() - '0';
  return arm_of(name, dp_oadam{.topology = {graph_named(name.substr(0, name.find(',')), workers), t}});
}

/// One run, as it is kept: the workers' disagreement at the end, and the distances on the way.
training run_once(runs& kept, arena const& in, arm const& of, double step_size, std::uint64_t seed, options const& o) {
  gan_task const& task = in.task;
  int const evaluations = o.quick ? 20 : 40;
  std::string const key = task.name + ", " + std::to_string(task.steps) + " steps, " + of.name + ", step size " +
                          number_text(step_size) + ", seed " + std::to_string(seed);
  std::vector<double> const numbers = kept(key, [&] {
    std::cerr << key << std::endl;
    auto const length = static_cast<double>(task.steps);
    schedule const falling =
        in.last < 1 ? schedule::linear(step_size, length, in.last * step_size) : schedule(step_size);
    training const t = of.train(task, falling, seed, o.threads, evaluations);
    std::vector<double> n{t.disagreement};
    n.insert(n.end(), t.distances.begin(), t.distances.end());
    return n;
  });
  training t{.distances = {numbers.begin() + 1, numbers.end()}, .disagreement = numbers[0]};
  for (int e = 1; e <= evaluations; ++e) t.steps.push_back(task.steps * e / evaluations);
  return t;
}
/// With the step size that ends best for seed 1, both of whose neighbours by a factor of 2 end worse, on other seeds.
record search(runs& kept, arena const& in, arm const& of, options const& o) {
  record r{of.name, in.task.step_size};
  if (!o.quick)
    r.step_size = best_step_size(r.step_size, [&](double one) { return run_once(kept, in, of, one, 1, o).end(); });
  for (int seed = 2; seed <= o.seeds + 1; ++seed)
    r.runs.push_back(run_once(kept, in, of, r.step_size, static_cast<std::uint64_t>(seed), o));
  return r;
}

/// False where runs are missing.
bool compare(runs& kept, arena const& in, claimed const& said, claims& all, table& out, std::vector<panel>& panels,
             options const& o) {
  gan_task const& task = in.task;
  int const workers = task.game.workers;
  std::vector<std::string> names{"server"};
  names.insert(names.end(), in.graphs.begin(), in.graphs.end());
  std::vector<record> records;
  for (std::string const& name : names)
    kept.cell([&] { records.push_back(search(kept, in, arm_named(name, workers), o)); });
  if (records.size() < names.size()) return false;

  mlp_gan_options small = task.game;  // the same messages
  small.batch = 1;
  any_gan const gan = task.make(task.real, small);
  double const good = task.as_good_as(records[0].end());
  panel p{task.name + ", high latency, low bandwidth", "virtual seconds", task.measure, {}, "y"};
  std::array<seconds_of_centres, std::size(networks)> central;
  for (std::size_t n = 0; n < central.size(); ++n)
    central[n] = seconds_of_centralized(gan, networks[n], o.threads);
  double const central_steps = records[0].steps_to(good);
  auto const add = [&](record const& r, std::string const& name, auto const& seconds_on) {
    std::vector<std::string> row{task.name,
                                 name,
                                 text(r.step_size),
                                 text(r.end()),
                                 least_to_most(each(r.runs, &training::end)),
                                 text(r.median_of([](training const& t) { return t.disagreement; })),
                                 text(r.steps_to(good), 7)};
    for (std::size_t n = 0; n < std::size(networks); ++n) row.push_back(text(r.steps_to(good) * seconds_on(n)));
    p.lines.push_back(r.curve(seconds_on(3)));
    p.lines.back().name = name;
    out.add(row);
  };
  for (std::size_t c = 0; c < std::size(centres); ++c)
    add(records[0], centres[c].name, [&](std::size_t n) { return central[n][c]; });
  for (std::size_t i = 1; i < records.size(); ++i) {
    record const& r = records[i];
    arm const system = arm_named(r.system, workers);
    std::array<double, std::size(networks)> second;
    for (std::size_t n = 0; n < second.size(); ++n) second[n] = system.seconds(gan, networks[n], o.threads);
    add(r, r.system, [&](std::size_t n) { return second[n]; });
    all.observe(in.said, r.end() <= good,
                task.name + ", " + r.system + ": " + text(r.end()) + ", at most " + text(good) + " is as good");
    if (r.system != "ring, t = 1") continue;
    for (std::size_t n = 0; n < second.size(); ++n) {
      if (networks[n].is_good) continue;
      double const here = r.steps_to(good) * second[n], at_server = central_steps * central[n][0],
                   reduced = central_steps * best(central[n]);
      std::string const what = task.name + ", " + r.system + ", " + networks[n].name + ": " + text(here) + " s, the ";
      if (in.is_old) all.observe(said.sooner, here < at_server, what + "server's " + text(at_server) + " s");
      bool const is_far = networks[n].links.latency > 1e-3;
      for (int const claim : {said.sooner_than_reduced, said.sooner_far_away})
        if (claim == said.sooner_than_reduced || is_far)
          all.observe(claim, here < reduced, what + "best all-reduce's " + text(reduced) + " s");
    }
  }
  panels.push_back(std::move(p));
  return true;
}

/// The task with this name, after a change of its game.
template <class F>
gan_task changed(gan_task task, std::string name, F const& change) {
  task.name = std::move(name);
  change(task.game);
  return task;
}
/// Networks that 8 workers can train on one core.
gan_task small_cifar(int threads, std::filesystem::path const& folder) {
  gan_task task = changed(cifar_task(8, 1500, threads, folder), "CIFAR-10", [](mlp_gan_options& g) {
    g.generator = g.discriminator = {256, 256};
    g.batch = 16;
  });
  task.average_decay = 0.99;
  return task;
}
std::vector<arena> arenas(claimed const& said, options const& o) {
  if (o.quick) {
    gan_task small = digits_task(8, 1000, true, o.threads);
    small.step_size *= 2;
    return {{.task = small, .said = said.as_good}};
  }
  std::vector<std::string> const all{"ring, t = 1",        "ring, t = 2",        "ring, t = 4",
                                     "exponential, t = 1", "random rings, t = 1"};
  std::vector<arena> of;
  gan_task const plain = digits_task(8, 3000, false, o.threads);
  auto const digits_with = [&](std::string const& what, auto const& change, int claim) {
    of.push_back({.task = changed(plain, "digits, " + what, change), .said = claim, .is_old = false});
  };
  of.push_back({.task = plain, .graphs = all, .said = said.as_good});
  digits_with("16 workers", [](mlp_gan_options& g) { g.workers = 16; }, said.as_good_elsewhere);
  digits_with("batches of 8", [](mlp_gan_options& g) { g.batch = 8; }, said.as_good_elsewhere);
  digits_with("batches of 128", [](mlp_gan_options& g) { g.batch = 128; }, said.as_good_elsewhere);
  digits_with(
      "WGAN-GP", [](mlp_gan_options& g) { g.loss = gan_loss::wasserstein, g.r1 = 0, g.gradient_penalty = 10; },
      said.as_good_elsewhere);
  digits_with("two shards of labels a worker", [](mlp_gan_options& g) { g.partition = label_shards{2}; },
              said.as_good_on_labels);
  if (std::getenv("SADDLE_CIFAR") != nullptr)
    of.push_back({.task = small_cifar(o.threads, o.out), .said = said.as_good_elsewhere, .is_old = false});
  of.push_back({.task = ring8_task(8, 20000), .last = 0.01, .said = said.as_good});
  return of;
}

int measure_all(options const& o) {
  claims all;
  claimed const said = state(all);
  runs kept(o, "dposg");
  std::vector<int> sizes{4, 8, 16};
  if (!o.quick) sizes.insert(sizes.end(), {32, 64});
  std::vector<panel> panels(1);
  bool is_whole = time_iterations(kept, sizes, said, all, panels[0], o);
  is_whole &= differ(kept, sizes, 5000, said, all, o);

  table quality("Quality: 8 workers and batches of 32 where nothing else is said (CIFAR-10: 16), optimistic Adam, "
                "median of " + std::to_string(o.seeds) + " seeds; seconds to what is as good as the server's end.",
                {"data", "system", "step size", "distance", "seeds", "disagreement", "steps to quality",
                 "low latency, high bandwidth", "low, low", "high, high", "high, low"});
  std::vector<panel> more;
  for (arena const& in : arenas(said, o))
    is_whole &= compare(kept, in, said, all, quality, in.is_old ? panels : more, o);
  quality.print();
  quality.save(o.out / "dposg_quality.csv");
  if (is_whole) evidence::draw(o, "dposg", panels);
  if (is_whole && !more.empty()) evidence::draw(o, "dposg_more", more);
  return kept.conclude(all);
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv,
                           "DPOSG: seconds of an iteration and quality, against a server and all-reduces.\n\n"
                           "The full form has 34 cells, of which one takes at most 10 minutes on one core (ring8), and "
                           "an hour and a half is enough for all. CIFAR-10 is 3 more, where the environment variable "
                           "SADDLE_CIFAR names a folder with jpeg_train.20000.bin.gz.",
                           measure_all);
}
