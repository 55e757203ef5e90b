// AdaComp against asynchronous SGD: bytes from the workers to the server until a classifier is as good.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <saddle/algorithm/adacomp_sgd.hpp>
#include <saddle/algorithm/async_server.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/problem/classifier.hpp>
#include <saddle/saddle.hpp>

#include "gan_task.hpp"

namespace {

using namespace saddle;
using namespace evidence;

constexpr double never = std::numeric_limits<double>::infinity();

/// What is to be learnt, and when it is.
struct task {
  std::string name;
  samples seen, unseen;
  classifier_options network;
  double target;              // accuracy on the unseen
  double step_size;           // of plain SGD, to begin the search with
  std::int64_t most;          // pushes
  std::vector<int> crowds{};  // of more than ten workers
  double of_crowds = target;  // what these are to reach
};

samples part(samples const& all, int first, int step, int count) {
  samples out{.shape = all.shape, .bounds = all.bounds};
  for (int i = first; i < all.count && out.count < count; i += step, ++out.count) {
    out.values.insert(out.values.end(), all[i].begin(), all[i].end());
    out.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
  }
  return out;
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

struct run {
  double bytes = never;  // up, until the target
  double seconds = 0;    // virtual
  std::int64_t pushes = 0;
  double accuracy = 0, staleness = 0;
  std::vector<std::pair<double, double>> curve{};  // megabytes up, error in percent
};

/// Trains until the target, or until `limit` bytes have come up, or nothing more is to be hoped for.
template <class Settings>
run learn(task const& of, lent const& problem, Settings how, double step_size, simulated const& network, double limit,
          options const& o) {
  how.step_size = step_size;
  how.seed = network.seed;
  async_server server{problem, how, network, cpu{o.threads}};
  // A look at some samples is cheap, and the others are asked where these let hope.
  samples const some = part(of.unseen, 0, 1, 1000);
  run r;
  for (double next = static_cast<double>(of.most) / 64; r.pushes < of.most; next *= 1.07) {
    server.run(std::min(static_cast<std::int64_t>(next) + 1, of.most) - r.pushes);
    async_report const now = server.report();
    auto const w = server.weights().min;
    r.pushes = now.step;
    r.seconds = now.simulated->seconds;
    r.staleness = now.mean_staleness;
    r.accuracy = accuracy(problem.network(), w, some);
    if (r.accuracy >= of.target - 0.01 && some.count < of.unseen.count)
      r.accuracy = accuracy(problem.network(), w, of.unseen);
    auto const bytes = static_cast<double>(now.uplink.total);
    r.curve.emplace_back(bytes / 1e6, 100 * (1 - r.accuracy));
    if (r.accuracy >= of.target) {
      r.bytes = bytes;
      break;
    }
    bool const is_lost = now.non_finite || (r.accuracy < 0.3 && 8 * r.pushes > of.most);
    if (bytes > limit || is_lost) break;
  }
  return r;
}

/// The same with the best of step sizes, on every seed; on the first one alone where it never gets there.
struct record {
  double step_size;
  std::vector<run> runs;
  double bytes() const { return median(each(runs, &run::bytes)); }
};
template <class Settings, class Network>
record compete(task const& of, lent const& problem, Settings const& how, double begin, Network const& network,
               options const& o) {
  record best{begin, {learn(of, problem, how, begin, network(1), never, o)}};
  // Half as large until it gets there, at most three times. Then twice as large as long as that helps, or else half.
  for (int i = 0; i < 3 && !std::isfinite(best.bytes()); ++i)
    best = {best.step_size / 2, {learn(of, problem, how, best.step_size / 2, network(1), never, o)}};
  if (!std::isfinite(best.bytes())) return best;
  for (double const factor : {2.0, 0.5}) {
    int tried = 0;
    for (;; ++tried) {
      double const next = best.step_size * factor;
      run const r = learn(of, problem, how, next, network(1), best.runs[0].bytes, o);
      if (!(r.bytes < best.runs[0].bytes)) break;
      best = {next, {r}};
    }
    if (tried > 0) break;
  }
  // The other seeds at once, each with a problem of its own: a worker's gradients are taken one by one.
  options share = o;
  share.threads = std::max(1, o.threads / std::max(1, o.seeds - 1));
  double const step_size = best.step_size, limit = 4 * best.runs[0].bytes;
  std::vector<std::future<run>> others;
  for (int seed = 2; seed <= o.seeds; ++seed)
    others.push_back(std::async(o.threads > 1 ? std::launch::async : std::launch::deferred, [&, seed] {
      return learn(of, lent(of, problem.workers()), how, step_size, network(static_cast<std::uint64_t>(seed)), limit,
                   share);
    }));
  for (std::future<run>& r : others) best.runs.push_back(r.get());
  return best;
}

/// How many times less `a` takes than `b`, for each seed; 0 where one of them never gets there.
std::vector<double> ratios(record const& a, record const& b) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(a.runs.size(), b.runs.size()); ++i)
    all.push_back(std::isfinite(b.runs[i].bytes) ? b.runs[i].bytes / a.runs[i].bytes : 0);
  return all;
}
std::string spread(std::vector<double> const& all) {
  return text(median(all)) + " (" + least_to_most(all) + ")";
}

/// AdaComp's messages under another rule of staleness.
template <staleness_rule S>
auto sparse(double c) {
  using largest = global_top_k<4096>;
  return async_settings<error_feedback<largest>, S>{.compressor = {largest{c}}, .grouping = grouping::per_tensor};
}

/// The best ratio at equal accuracy that there was.
struct best_ratio {
  double median = 0;
  std::string where{};
};

struct said {
  int fewer, owed, rules, crowds, churn;
};

class study {
 public:
  study(options const& o, claims& all, said const& number, table& out) : o_(o), all_(all), number_(number), out_(out) {}

  /// Ten workers, every c.
  panel vary_compression(task const& of) {
    lent const problem(of, 10);
    panel curves{of.name + ", 10 workers", "megabytes up", "error in percent"};
    auto const [plain, each_push] = baselines(of, problem);
    record const& sgd = each_push.bytes() < plain.bytes() ? each_push : plain;
    curves.lines.push_back({"asynchronous SGD", sgd.runs[0].curve});
    double most = 0, begin = 2 * of.step_size;
    std::vector<double> shares{0.1, 0.03, 0.01, 0.003, 0.001};
    if (o_.quick) shares = {0.1, 0.01, 0.001};
    for (double const c : shares) {
      std::string const name = "AdaComp, c = " + percent(c);
      record const r = row(of, problem, name, adacomp_sgd(c, 0), begin, &sgd);
      begin = r.step_size;
      curves.lines.push_back({name, r.runs[0].curve});
      auto const ratio = ratios(r, sgd);
      most = std::max(most, median(ratio));
      if (median(ratio) > best_.median)
        best_ = {median(ratio), spread(ratio) + " times fewer, " + of.name + ", 10 workers, c = " + percent(c)};
      if (c != 0.01) continue;
      record const dropped =
          row(of, problem, "dropped, c = 1 %", adacomp_sgd<unsent::dropped>(c, 0), r.step_size, &sgd);
      all_.observe(number_.owed, r.bytes() <= dropped.bytes(),
                   of.name + ": owed " + text(r.bytes() / 1e6) + " MB, dropped " + text(dropped.bytes() / 1e6) + " MB");
    }
    all_.observe(number_.fewer, most >= 50, of.name + ": " + text(most));
    return curves;
  }

  /// More workers, whose pushes are the staler, and every rule.
  void crowd(task of, int workers, bool churns) {
    of.target = of.of_crowds;
    lent const problem(of, workers);
    auto const [plain, each_push] = baselines(of, problem);
    record const& sgd = each_push.bytes() < plain.bytes() ? each_push : plain;
    double const begin = 2 * of.step_size;
    record const ada = row(of, problem, "AdaComp, c = 1 %", adacomp_sgd(0.01, 0), begin, &sgd);
    record const none =
        row(of, problem, "c = 1 %, staleness none", sparse<staleness::none>(0.01), 2 * plain.step_size, &sgd);
    record const push =
        row(of, problem, "c = 1 %, staleness per push", sparse<staleness::per_push>(0.01), 8 * begin, &sgd);
    std::string const where = of.name + ", " + std::to_string(workers) + " workers: ";
    for (record const* const other : {&none, &push})
      all_.observe(number_.rules, ada.bytes() <= 1.1 * other->bytes(),
                   where + text(ada.bytes() / 1e6) + " MB, " + (other == &none ? "none " : "per push ") +
                       text(other->bytes() / 1e6) + " MB");
    double const ratio = median(ratios(ada, sgd));
    all_.observe(number_.crowds, ratio >= 30, where + text(ratio) + " times");
    if (!churns) return;
    auto const again = [&](record const& calm, std::string const& name, auto const& how) {
      record const r = row(of, problem, name + ", churn", how, calm.step_size, nullptr, calm.runs[0].seconds);
      all_.observe(number_.churn, r.bytes() <= 1.5 * calm.bytes(),
                   where + name + " " + text(r.bytes() / 1e6) + " MB, without churn " + text(calm.bytes() / 1e6) +
                       " MB");
    };
    if (&sgd == &plain) again(sgd, "asynchronous SGD", async_settings<>{});
    else again(sgd, "asynchronous SGD, per push", async_settings<identity, staleness::per_push>{});
    again(ada, "AdaComp, c = 1 %", adacomp_sgd(0.01, 0));
  }

  best_ratio const& best() const { return best_; }

 private:
  std::pair<record, record> baselines(task const& of, lent const& problem) {
    double const each = of.step_size * std::min(1.0, 20.0 / problem.workers());
    record plain = row(of, problem, "asynchronous SGD", async_settings<>{}, each, nullptr);
    record per_push = row(of, problem, "asynchronous SGD, per push", async_settings<identity, staleness::per_push>{},
                          plain.step_size * problem.workers(), &plain);
    return {std::move(plain), std::move(per_push)};
  }
  /// Measures a system, with churn if seconds > 0.
  template <class Settings>
  record row(task const& of, lent const& problem, std::string const& name, Settings const& how, double begin,
             record const* baseline, double seconds = 0) {
    std::cerr << of.name << ", " << problem.workers() << " workers, " << name << ": " << std::flush;
    record const r = compete(
        of, problem, how, begin,
        [&](std::uint64_t seed) {
          simulated const calm = devices(problem.workers(), seed);
          return seconds > 0 ? churning(calm, seconds) : calm;
        },
        o_);
    run const& first = r.runs[0];
    std::vector<double> pushes, time, megabytes;
    for (run const& one : r.runs) {
      bool const is_there = std::isfinite(one.bytes);
      pushes.push_back(is_there ? static_cast<double>(one.pushes) : never);
      time.push_back(is_there ? one.seconds : never);
      megabytes.push_back(one.bytes / 1e6);
    }
    std::cerr << spread(megabytes) << " MB" << std::endl;
    out_.add({of.name, std::to_string(problem.workers()), name, text(r.step_size),
              text(1e6 * first.curve.back().first / static_cast<double>(first.pushes), 6), text(median(pushes), 6),
              text(first.staleness), text(median(time)), spread(megabytes),
              baseline != nullptr ? spread(ratios(r, *baseline)) : ""});
    return r;
  }

  options const& o_;
  claims& all_;
  said number_;
  table& out_;
  best_ratio best_{};
};

std::vector<task> tasks(bool quick) {
  char const* const folder = std::getenv("SADDLE_MNIST");
  if (quick || folder == nullptr) {
    if (!quick) std::cout << "SADDLE_MNIST names no folder: the digits take MNIST's place.\n";
    samples const all = digits();
    samples const seen = part(all, 0, 2, all.count), unseen = part(all, 1, 2, all.count);
    return {{"digits, conv", seen, unseen, {.filters = {8, 16}, .kernel = 3, .hidden = {64}, .batch = 10}, 0.94, 0.05,
             5000},
            {"digits, MLP", seen, unseen, {.hidden = {128}, .batch = 10}, 0.94, 0.1, 5000, {30}}};
  }
  samples const seen = read_idx_folder(folder, "train"), unseen = read_idx_folder(folder, "t10k");
  return {{"MNIST, MLP", seen, unseen, {.hidden = {128}, .batch = 10}, 0.975, 0.1, 60000},
          {"MNIST, conv", seen, unseen, {.filters = {8, 16}, .hidden = {64}, .batch = 10}, 0.985, 0.05, 30000,
           {50, 200}, 0.97}};
}

/// What a server's link sustains on the way in.
void sustain(table& out, task const& of) {
  lent const problem(of, 1);
  double const seconds = 0.3;
  auto const bytes = [&](auto const& how) {
    async_server one{problem, how, loopback{1}, cpu{}};
    one.run(1);
    return static_cast<double>(one.report().uplink.total);
  };
  double const dense = bytes(async_settings<>{}), one = bytes(adacomp_sgd(0.01, 0.1)),
               least = bytes(adacomp_sgd(0.001, 0.1));
  for (double const megabits : {10.0, 100.0, 1000.0}) {
    std::vector<std::string> row{of.name, text(megabits, 4)};
    for (double const b : {dense, one, least})
      row.push_back(text(std::floor(sustained_workers(megabits * 1e6 / 8, {b, seconds})), 7));
    out.add(row);
  }
}

/// Of all crowds, or of one alone.
int measure_all(options const& o, int only) {
  claims all;
  said const number{
      all.state("with 10 workers, at equal accuracy and each system's best step size, AdaComp takes at least 50 times "
                "fewer bytes from the workers to the server than asynchronous SGD, with the best c, in the median of "
                "the seeds"),
      all.state("and what is not sent is better owed than dropped, at c = 1 %"),
      all.state("with more workers, at c = 1 %, staleness per parameter takes no more bytes than none, and than per "
                "push (10 %)"),
      all.state("and at least 30 times fewer bytes than asynchronous SGD, in the median of the seeds"),
      all.state("workers that leave, pause, crash and join cost asynchronous SGD and AdaComp at most half as many "
                "bytes again")};
  table bytes("Bytes up until the target is reached: medians of " + std::to_string(o.seeds) +
                  " seeds (and from the least to the most); ratios are to the better one of asynchronous SGD.",
              {"task", "workers", "system", "step size", "bytes a push", "pushes", "staleness", "virtual s", "MB up",
               "times fewer"});
  table workers("Workers that a server's link sustains on the way in, each with a gradient every 0.3 s.",
                {"task", "Mbit/s", "asynchronous SGD", "AdaComp, c = 1 %", "c = 0.1 %"});
  study s(o, all, number, bytes);
  std::vector<panel> panels;
  std::vector<task> const asked = tasks(o.quick);
  auto const has_such_a_crowd = [&](task const& of) { return std::ranges::count(of.crowds, only) > 0; };
  if (only != 0 && only != 10 && std::ranges::none_of(asked, has_such_a_crowd))
    throw std::invalid_argument("--workers: there are no runs with " + std::to_string(only));
  for (task const& of : asked) {
    if (only == 0 || only == 10) {
      panels.push_back(s.vary_compression(of));
      sustain(workers, of);
    }
    for (int const n : of.crowds)
      if (only == 0 || only == n) s.crowd(of, n, n == of.crowds.front());
  }
  bytes.print();
  bytes.save(o.out / "adacomp.csv");
  if (!panels.empty()) {
    workers.print();
    workers.save(o.out / "adacomp_workers.csv");
    evidence::draw(o, "adacomp", panels);
  }
  int const status = all.conclude();
  std::cout << "best ratio at equal accuracy: " << (s.best().where.empty() ? "none" : s.best().where) << std::endl;
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  int only = 0;
  return evidence::program(argc, argv, "AdaComp: bytes up until a classifier is as good, against asynchronous SGD",
                           [&](options const& o) { return measure_all(o, only); },
                           {{"--workers", &only, "Only runs with 10, 50 or 200, in the quick form 10 or 30"}});
}
