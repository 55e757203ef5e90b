// AdaComp as published against asynchronous SGD: bytes from the workers to the server until a classifier is as good.
// And the system that keeps what AdaComp drops, in a table of its own.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <saddle/algorithm/adacomp_sgd.hpp>
#include <saddle/algorithm/async_server.hpp>
#include <saddle/algorithm/error_feedback_top_k_sgd.hpp>
#include <saddle/problem/classifier.hpp>
#include <saddle/saddle.hpp>

#include "gan_task.hpp"
#include "images.hpp"
#include "runs.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr double never = std::numeric_limits<double>::infinity();

/// What is to be learnt, and when it is.
struct task {
  std::string name;
  samples seen, unseen;
  classifier_options network;
  std::vector<double> targets;  // accuracies on the unseen, ascending
  std::vector<double> shares;   // c
  std::vector<int> crowds;      // numbers of workers
  int published;                // of these the authors' one, or what is nearest to it
  std::int64_t most;            // pushes

  std::size_t middle() const { return targets.size() / 2; }
};

/// Every other one, from `first` on.
samples every_other(samples const& all, int first) {
  std::vector<int> which;
  for (int i = first; i < all.count; i += 2) which.push_back(i);
  return picked(all, which);
}

/// A classifier of some workers that many runs share.
class lent {
 public:
  using scalar = float;
  lent(task const& of, int workers) {
    classifier_options options = of.network;
    options.workers = workers;
    problem_ = std::make_shared<classifier<> const>(of.seen, options);
  }
  players sizes() const { return problem_->sizes(); }
  int workers() const { return problem_->workers(); }
  std::vector<tensor> tensors(player who) const { return problem_->tensors(who); }
  void initial(std::uint64_t seed, point<float> w) const { problem_->initial(seed, w); }
  void gradient(point<float const> at, sample s, point<float> out) const { problem_->gradient(at, s, out); }
  convolutional<float> const& network() const { return problem_->network(); }

 private:
  std::shared_ptr<classifier<> const> problem_;
};

/// Devices at home: half of the gradients take between 0.1 and 0.3 s, some much longer.
simulated devices(int workers, std::uint64_t seed) {
  return {.workers = workers, .links = {home}, .compute = compute_time::lognormal(0.05, 0.15, 1), .seed = seed};
}
/// Of ten workers two leave for good, two pause, and come back stale, two crash and come back, one joins late: all
/// within the seconds that a run without them takes.
simulated churning(simulated network, double seconds) {
  random_sequence random({.seed = network.seed, .use = purpose::coin});
  for (int m = 0; m < network.workers; ++m) {
    double const at = seconds * random.uniform(), back = at + seconds / 4 * random.uniform();
    switch (m % 10) {
      case 1: case 2: network.absences.push_back({.worker = m, .from = at, .kind = outage::crash}); break;
      case 3: case 4: network.absences.push_back({m, at, back, outage::pause}); break;
      case 5: case 6: network.absences.push_back({m, at, back, outage::crash}); break;
      case 7: network.absences.push_back({m, 0, at, outage::crash}); break;
      default: break;
    }
  }
  return network;
}

/// What was seen of a run at some time.
struct moment {
  double pushes, bytes, seconds, staleness, accuracy;  // bytes that came up, virtual seconds
};
struct run {
  std::vector<moment> moments{};

  static run of(std::vector<double> const& numbers) {
    run r;
    for (std::size_t i = 0; i + 4 < numbers.size(); i += 5)
      r.moments.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
    return r;
  }
  double best() const { return std::ranges::max(moments, {}, &moment::accuracy).accuracy; }
  /// Of the first moment with this accuracy; infinite where it never came.
  double until(double accuracy, double moment::*what) const {
    auto const at = std::ranges::find_if(moments, [&](moment const& m) { return m.accuracy >= accuracy; });
    return at != moments.end() ? (*at).*what : never;
  }
};

/// Trains until the last target, or nothing more is to be hoped for. Returns the numbers of all moments.
template <class Settings>
std::vector<double> learn(task const& of, lent const& problem, Settings how, double step_size,
                          simulated const& network, double target, int threads) {
  how.step_size = step_size;
  how.seed = network.seed;
  async_server server{problem, how, network, cpu{threads}};
  // A look at some samples is cheap, and the others are asked where these let hope.
  samples const some = part(of.unseen, 0, std::min(1000, of.unseen.count));
  std::vector<double> numbers;
  std::int64_t pushes = 0, at_best = 0;
  double best = 0;
  for (double next = static_cast<double>(of.most) / 64; pushes < of.most && best < target; next *= 1.07) {
    server.run(std::min(static_cast<std::int64_t>(next) + 1, of.most) - pushes);
    async_report const now = server.report();
    auto const w = server.weights().min;
    pushes = now.step;
    double accurate = accuracy(problem.network(), w, some);
    auto const open = std::ranges::find_if(of.targets, [&](double t) { return t > best; });
    if (accurate >= *open - 0.01 && some.count < of.unseen.count) accurate = accuracy(problem.network(), w, of.unseen);
    if (accurate > best) best = accurate, at_best = pushes;
    for (double const v : {static_cast<double>(pushes), static_cast<double>(now.uplink.total), now.simulated->seconds,
                           now.mean_staleness, accurate})
      numbers.push_back(v);
    bool const is_lost = now.non_finite || (best < 0.3 && 4 * pushes > of.most);
    bool const stands = 4 * pushes > of.most && pushes > 3 * at_best;
    if (is_lost || stands) break;
  }
  return numbers;
}

/// A system with each target's best step size, chosen on the first seed, and what it did on others.
struct record {
  std::string name;
  std::vector<double> step_sizes{};
  std::vector<std::vector<run>> runs{};  // of each target, of each seed
  std::vector<run> churned{};            // the same of the middle target, with churn

  std::vector<double> until(task const& of, std::size_t target, double moment::*what) const {
    return each(runs[target], [&](run const& r) { return r.until(of.targets[target], what); });
  }
  double bytes(task const& of, std::size_t target) const { return median(until(of, target, &moment::bytes)); }
};

/// How many times less `a` takes than `b`, for each seed; 0 where one of them never gets there.
std::vector<double> ratios(task const& of, std::size_t target, record const& a, record const& b) {
  std::vector<double> const mine = a.until(of, target, &moment::bytes), theirs = b.until(of, target, &moment::bytes);
  std::vector<double> all;
  for (std::size_t i = 0; i < mine.size(); ++i) all.push_back(std::isfinite(theirs[i]) ? theirs[i] / mine[i] : 0);
  return all;
}
std::string spread(std::vector<double> const& all) { return text(median(all)) + " (" + least_to_most(all) + ")"; }

/// Workers on a task: each system is a cell of the study.
class crowd {
 public:
  crowd(task const& of, int workers, options const& o, runs& all) : of_(of), workers_(workers), o_(o), all_(all) {}

  int workers() const { return workers_; }
  /// Of the systems all of whose runs are there, in their order.
  std::vector<std::string> const& names() const { return names_; }
  /// Null where runs are missing.
  record const* operator[](std::string const& name) const {
    auto const at = records_.find(name);
    return at != records_.end() ? &at->second : nullptr;
  }
  /// Measures a system, whose search begins at 0.1 2^begin; and with churn, if asked for.
  template <class Settings>
  void add(std::string const& name, Settings const& how, int begin, bool churns = false) {
    all_.cell([&] {
      record r{name};
      std::map<int, run> tried;
      auto const try_one = [&](int e) { tried.emplace(e, trained(name, how, e, 1, of_.targets.back(), 0)); };
      auto const best = [&](double target) {
        // Those that never get there by their accuracy, behind all that do.
        auto const cost = [&](auto const& one) {
          double const bytes = one.second.until(target, &moment::bytes);
          return std::isfinite(bytes) ? bytes : 1e18 * (2 - one.second.best());
        };
        return std::ranges::min_element(tried, {}, cost)->first;
      };
      try_one(begin);
      for (bool searches = true; searches;) {
        searches = false;
        for (double const target : of_.targets)
          for (int const e = best(target); int const next : {e - 1, e + 1})
            if (!tried.contains(next)) try_one(next), searches = true;
      }
      // A run to the last of the targets that a step size is best for serves those before it.
      std::map<int, double> serves;
      for (double const target : of_.targets) serves[best(target)] = target;
      for (double const target : of_.targets) {
        int const e = best(target);
        r.step_sizes.push_back(step_size(e));
        r.runs.push_back(seeds(name, how, e, serves[e], 0));
      }
      if (churns) {
        std::size_t const middle = of_.middle();
        double const target = of_.targets[middle], seconds = r.runs[middle][0].until(target, &moment::seconds);
        if (std::isfinite(seconds)) r.churned = seeds(name, how, best(target), target, seconds);
      }
      records_.emplace(name, std::move(r));
      names_.push_back(name);
    });
  }

 private:
  static double step_size(int e) { return 0.1 * std::exp2(e); }
  /// With churn within so many seconds, if there are any.
  template <class Settings>
  run trained(std::string const& name, Settings const& how, int e, std::uint64_t seed, double target, double seconds) {
    std::string const what = of_.name + ", " + std::to_string(workers_) + " workers, " + name + ", step size " +
                             text(step_size(e), 6) + ", seed " + std::to_string(seed) + ", to " + percent(target) +
                             (seconds > 0 ? ", churn within " + text(seconds, 6) + " s" : "");
    run const r = run::of(all_(what, [&] {
      if (problem_ == nullptr) problem_ = std::make_unique<lent>(of_, workers_);
      simulated const calm = devices(workers_, seed);
      return learn(of_, *problem_, how, step_size(e), seconds > 0 ? churning(calm, seconds) : calm, target, o_.threads);
    }));
    std::cerr << what << ": " << percent(r.best()) << " after " << r.moments.back().bytes / 1e6 << " MB" << std::endl;
    return r;
  }
  template <class Settings>
  std::vector<run> seeds(std::string const& name, Settings const& how, int e, double target, double seconds) {
    std::vector<run> all;
    for (int seed = 2; seed <= 1 + o_.seeds; ++seed)
      all.push_back(trained(name, how, e, static_cast<std::uint64_t>(seed), target, seconds));
    return all;
  }

  task const& of_;
  int workers_;
  options const& o_;
  runs& all_;
  std::unique_ptr<lent> problem_{};
  std::map<std::string, record> records_{};
  std::vector<std::string> names_{};
};

/// AdaComp's messages under another rule of staleness.
template <staleness_rule S>
auto sparse(double c) {
  return async_settings<global_top_k<4096>, S>{.compressor = {c, kept_count::floor}, .grouping = grouping::per_tensor};
}

char const* const plain = "asynchronous SGD";
char const* const per_push = "asynchronous SGD, per push";
std::string adacomp(double c) { return "AdaComp, c = " + percent(c); }
std::string keeping(double c) { return "error feedback, c = " + percent(c); }

/// All systems. Where a search begins changes what it costs.
void measure(crowd& of, task const& what) {
  bool const is_published = of.workers() == what.published;
  int const stale = static_cast<int>(std::lround(std::log2(of.workers() / 10.0)));
  of.add(plain, async_settings<>{}, -1 - stale, is_published);
  of.add(per_push, async_settings<identity, staleness::per_push>{}, 2, is_published);
  for (double const c : what.shares) of.add(adacomp(c), adacomp_sgd(c, 0), 0, is_published);
  if (is_published) {
    double const c = what.shares.back();
    of.add(adacomp(c) + ", staleness none", sparse<staleness::none>(c), -stale);
    of.add(adacomp(c) + ", staleness per push", sparse<staleness::per_push>(c), 3);
  }
  for (double const c : what.shares) of.add(keeping(c), error_feedback_top_k_sgd(c, 0), -1);
}

/// The better baseline at a target; null where runs are missing.
record const* baseline(crowd const& of, task const& what, std::size_t target) {
  record const *const one = of[plain], *const other = of[per_push];
  if (one == nullptr || other == nullptr) return one != nullptr ? one : other;
  return other->bytes(what, target) < one->bytes(what, target) ? other : one;
}

table results(std::string const& title) {
  return {title,
          {"task", "workers", "system", "target", "step size", "bytes a push", "pushes", "staleness", "virtual s",
           "best accuracy", "MB up", "times fewer"}};
}
void add_rows(table& out, crowd const& of, task const& what, std::string const& name) {
  record const* const r = of[name];
  if (r == nullptr) return;
  for (std::size_t t = 0; t < what.targets.size(); ++t) {
    auto const middle = [&](double moment::*m) { return text(median(r->until(what, t, m)), 6); };
    moment const& any = r->runs[t][0].moments.back();
    std::vector<double> megabytes = r->until(what, t, &moment::bytes);
    for (double& v : megabytes) v /= 1e6;
    record const* const base = baseline(of, what, t);
    out.add({what.name, std::to_string(of.workers()), name, percent(what.targets[t]), text(r->step_sizes[t], 6),
             text(any.bytes / any.pushes, 7), middle(&moment::pushes), middle(&moment::staleness),
             middle(&moment::seconds), text(100 * median(each(r->runs[t], &run::best)), 4) + " %", spread(megabytes),
             base != nullptr && base != r ? spread(ratios(what, t, *r, *base)) : ""});
  }
}

/// Error over megabytes of the first seed that is reported.
panel curves(crowd const& of, task const& what) {
  panel out{what.name + ", " + std::to_string(of.workers()) + " workers", "megabytes up", "error in percent"};
  std::vector<std::string> names{plain, per_push};
  for (double const c : what.shares) names.push_back(adacomp(c));
  for (std::string const& name : names)
    if (record const* const r = of[name]) {
      out.lines.push_back({name});
      for (moment const& m : r->runs.back()[0].moments)
        out.lines.back().points.emplace_back(m.bytes / 1e6, 100 * (1 - m.accuracy));
    }
  return out;
}

struct said {
  int published, hundred, accuracy, rules, churn, keeps, differ;
};

void judge(crowd const& of, task const& what, claims& all, said const& number, std::string& verdict) {
  std::string const where = what.name + ", " + std::to_string(of.workers()) + " workers: ";
  bool const is_published = of.workers() == what.published;
  double most = 0;
  std::string at = "none reaches a target";
  for (std::size_t t = 0; t < what.targets.size(); ++t)
    for (double const c : what.shares) {
      record const *const ada = of[adacomp(c)], *const sgd = baseline(of, what, t), *const keeps = of[keeping(c)];
      if (ada == nullptr || sgd == nullptr || keeps == nullptr) return;
      std::string const target = percent(what.targets[t]);
      auto const times = ratios(what, t, *ada, *sgd);
      if (median(times) > most)
        most = median(times), at = spread(times) + " times fewer, c = " + percent(c) + " until " + target;
      if (std::isfinite(sgd->bytes(what, t)))
        all.observe(number.accuracy, std::isfinite(ada->bytes(what, t)), where + adacomp(c) + " until " + target);
      all.observe(number.keeps, keeps->bytes(what, t) <= ada->bytes(what, t),
                  where + "c = " + percent(c) + " until " + target + ": kept " + text(keeps->bytes(what, t) / 1e6) +
                      " MB, dropped " + text(ada->bytes(what, t) / 1e6) + " MB");
    }
  all.observe(number.hundred, most >= 100, where + at);
  if (!is_published) return;
  all.observe(number.published, most >= 191, where + at);
  verdict = "the published factor, 191: ";
  verdict.append(most >= 191 ? "reproduced" : "refuted").append(" (").append(where).append(at).append(")");

  double const c = what.shares.back();
  for (char const* const rule : {", staleness none", ", staleness per push"})
    for (std::size_t t = 0; t < what.targets.size(); ++t)
      if (record const* const other = of[adacomp(c) + rule]) {
        double const mine = of[adacomp(c)]->bytes(what, t), theirs = other->bytes(what, t);
        if (std::isfinite(mine) || std::isfinite(theirs))
          all.observe(number.rules, mine <= 1.1 * theirs,
                      where + percent(what.targets[t]) + ", " + text(mine / 1e6) + " MB" + rule + " " +
                          text(theirs / 1e6) + " MB");
      }
  std::size_t const t = what.middle();
  for (std::string const& name : {std::string(plain), std::string(per_push), adacomp(c)}) {
    record const& r = *of[name];
    double const calm = r.bytes(what, t);
    if (!std::isfinite(calm)) continue;
    double const churned =
        median(each(r.churned, [&](run const& one) { return one.until(what.targets[t], &moment::bytes); }));
    all.observe(number.churn, churned <= 1.5 * calm,
                where + name + " " + text(churned / 1e6) + " MB, without churn " + text(calm / 1e6) + " MB");
  }
}

task asked(bool quick) {
  truncated_normal const start{.deviation = 0.1, .bias = 0.1};
  if (quick || !has_mnist()) {
    if (!quick) std::cout << "SADDLE_MNIST names no folder: the digits take MNIST's place.\n";
    samples const all = digits();
    return {.name = "digits",
            .seen = every_other(all, 0),
            .unseen = every_other(all, 1),
            .network = {.filters = {8, 16}, .kernel = 3, .hidden = {64}, .batch = 10, .initial = start},
            .targets = {0.85, 0.9, 0.93},
            .shares = {0.1, 0.03},
            .crowds = {10},
            .published = 10,
            .most = 3000};
  }
  image_set images = mnist_images();
  return {.name = images.name,
          .seen = std::move(images.train),
          .unseen = std::move(images.test),
          .network = {.filters = {32, 64}, .kernel = 3, .hidden = {128}, .batch = 10, .initial = start},
          .targets = {0.97, 0.98, 0.985},
          .shares = {0.1, 0.03, 0.01},
          .crowds = {100, 10, 200},
          .published = 100,
          .most = 60000};
}

int measure_all(options const& o) {
  claims all;
  said const number{
      .published = all.state("the published factor: with the authors' network, batch and number of workers AdaComp "
                             "takes 191 times fewer bytes from the workers to the server than asynchronous SGD at the "
                             "same accuracy, each with its best step size, at some c and target, in the median of the "
                             "seeds"),
      .hundred = all.state("and two orders of magnitude, 100 times fewer, for any number of workers"),
      .accuracy = all.state("AdaComp reaches each accuracy that asynchronous SGD reaches, with every c"),
      .rules = all.state("with the least c staleness per parameter takes no more bytes than none, and than per push "
                         "(10 %)"),
      .churn = all.state("workers that leave, pause, crash and join cost asynchronous SGD and AdaComp at most half as "
                         "many bytes again"),
      .keeps = all.state("a worker that keeps what it does not send takes no more bytes than one that drops it"),
      .differ = all.state("where each worker has images of two classes AdaComp reaches each accuracy that asynchronous "
                          "SGD reaches there, with every c")};
  std::string const medians = ": medians of " + std::to_string(o.seeds) +
                              " seeds that no step size was chosen on (and from the least to the most). Ratios are to "
                              "the better one of asynchronous SGD.";
  table published = results("Bytes up until the target is reached" + medians);
  table kept = results("The system that keeps the rest, which is not the published one" + medians);
  task const what = asked(o.quick);
  runs every(o, "adacomp");
  std::vector<panel> panels;
  std::string verdict;
  for (int const workers : what.crowds) {
    crowd of(what, workers, o, every);
    measure(of, what);
    for (auto const& name : of.names()) add_rows(name.starts_with("error") ? kept : published, of, what, name);
    judge(of, what, all, number, verdict);
    panels.push_back(curves(of, what));
  }
  if (!o.quick) {
    task differing = what;
    differing.name += ", two classes a worker";
    differing.network.partition = label_shards{2};
    differing.published = 0;
    crowd of(differing, what.published, o, every);
    measure(of, differing);
    for (auto const& name : of.names()) add_rows(name.starts_with("error") ? kept : published, of, differing, name);
    for (std::size_t t = 0; t < differing.targets.size(); ++t)
      for (double const c : differing.shares) {
        record const *const ada = of[adacomp(c)], *const sgd = baseline(of, differing, t);
        if (ada != nullptr && sgd != nullptr && std::isfinite(sgd->bytes(differing, t)))
          all.observe(number.differ, std::isfinite(ada->bytes(differing, t)),
                      adacomp(c) + " until " + percent(differing.targets[t]));
      }
  }
  published.print();
  published.save(o.out / "adacomp.csv");
  kept.print();
  kept.save(o.out / "adacomp_kept.csv");
  evidence::draw(o, "adacomp", panels);
  int const status = every.conclude(all);
  if (!verdict.empty()) std::cout << verdict << std::endl;
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv,
                           "AdaComp: bytes up until a classifier is as good, against asynchronous SGD.\n"
                           "The full form, on MNIST, has 34 cells of 8 to 15 runs. A run takes at most 5 (asynchronous "
                           "SGD) or 8 minutes of a core, all about a day: --part K/34 --minutes 45, three times at "
                           "most for each K.",
                           measure_all);
}
