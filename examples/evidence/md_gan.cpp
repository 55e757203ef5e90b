// MD-GAN against FL-GAN and a GAN that is alone, all of them discriminator first: quality, bytes, work; workers that
// leave until none is left; feedbacks that are compressed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/problem/acgan.hpp>

#include "md_gan_study.hpp"

namespace {

using namespace saddle;
using namespace evidence;

task digits_task(std::int64_t steps, options const& o) {
  image_set of = digits_images();
  judge eye(of, o.threads);
  std::int64_t const between = std::max<std::int64_t>(20, steps / 10);
  return {"digits", std::move(of.train), perceptron_pair,
          {.generator = {64, 64}, .discriminator = {64, 64}, .latent = 42},
          {.step_size = 1e-3, .beta1 = 0.5}, std::max(between, steps - steps % between), between, std::move(eye)};
}
constexpr char const convolutional[] = ", CNN";
bool is_judged(arm const& a) { return !a.data.ends_with(convolutional); }
/// MNIST, CIFAR-10, and the same for the convolutional networks. Scores every 1,000 iterations, as published.
task task_of(std::string const& data, std::int64_t steps, options const& o) {
  if (data == "digits") return digits_task(steps / 5, o);
  bool const is_convolutional = data.ends_with(convolutional);
  image_set of = data.starts_with("MNIST") ? mnist_images() : cifar_images();
  judge eye(of, o.threads, o.out);
  if (is_convolutional) steps /= 5;  // an iteration takes 20 times as long
  std::int64_t const between = std::min<std::int64_t>(is_convolutional ? 250 : 1000, steps);
  return {data, std::move(of.train), is_convolutional ? convolutional_pair : perceptron_pair, {},
          {.step_size = is_convolutional ? 5e-4 : 2e-4, .beta1 = 0.5}, steps - steps % between, between,
          std::move(eye)};
}

// ---- What is run ----

/// N workers: both numbers of batches, and FL-GAN.
std::vector<arm> systems(std::string const& data, gan_loss loss, int workers, int batch) {
  return {{data, loss, workers, batch, system_kind::md_gan, 1},
          {data, loss, workers, batch, system_kind::md_gan, log_of(workers)},
          {data, loss, workers, batch, system_kind::fl_gan}};
}
constexpr int many = 10;
/// By this loss the generators learn MNIST in 5,000 iterations, by the saturating one some do not: what is asked beside
/// quality, of crashes, feedbacks, more workers and larger batches, is asked by it.
constexpr gan_loss usual = gan_loss::non_saturating;
/// With every seed: N = 10 and 1, b = 10, by both losses; the crash; workers whose images differ; compressed feedbacks.
std::vector<arm> with_every_seed(std::vector<std::string> const& data) {
  std::vector<arm> all;
  for (gan_loss const loss : {usual, gan_loss::saturating})
    for (std::string const& d : data) {
      for (arm const& a : systems(d, loss, many, 10)) all.push_back(a);
      for (int const b : {10, 100}) all.push_back({d, loss, 1, b, system_kind::fl_gan});
      all.push_back({d, loss, 1, 10, system_kind::md_gan});
    }
  for (std::string const& d : data) {
    arm leaves = systems(d, usual, many, 10)[1];
    leaves.until_none_is_left = true;
    all.push_back(leaves);
  }
  for (std::string const& d : data)
    for (arm a : systems(d, usual, many, 10)) {
      a.labels_differ = true;
      all.push_back(a);
    }
  for (sent const how : {sent::bits_8, sent::bits_4, sent::top_8}) {
    arm a = systems(data[0], usual, many, 10)[1];
    a.feedbacks = how;
    all.push_back(a);
  }
  return all;
}
/// With the first seed: more workers, and larger batches.
std::vector<arm> with_one_seed(std::vector<std::string> const& data, bool quick) {
  std::vector<arm> all;
  for (std::string const& d : data)
    for (auto const& [workers, batch] : quick ? std::vector<std::pair<int, int>>{{25, 10}}
                                              : std::vector<std::pair<int, int>>{{25, 10}, {50, 10}, {many, 100}})
      for (arm const& a : systems(d, usual, workers, batch)) all.push_back(a);
  return all;
}

/// With the first seed: the convolutional networks on ten workers, and a GAN that is alone. In so few iterations nothing
/// has converged: they are shown, and no claim is judged by them.
std::vector<arm> with_convolutions(std::vector<std::string> const& data) {
  std::vector<arm> all;
  for (std::string const& d : data) {
    for (arm const& a : systems(d + convolutional, usual, many, 10)) all.push_back(a);
    all.push_back({d + convolutional, usual, 1, 10, system_kind::fl_gan});
  }
  return all;
}

int measure_all(options const& o, int iterations) {
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
  int const same =
      all.state("with one worker MD-GAN is the stand-alone GAN: every score and distance is the same number");
  int const few = all.state("500 samples, as published, put MD-GAN and FL-GAN in the order that 2,000 do, by distance");
  int const differ = all.state(
      "where each worker has images of two classes MD-GAN ends nearer to the data than FL-GAN, with k = 1 and with k = "
      "log2 N");

  std::vector<std::string> data = {"digits"};
  if (!o.quick) {
    data.clear();
    for (char const* name : {"MNIST", "CIFAR-10"})
      if (name == std::string("MNIST") ? has_mnist() : has_cifar()) data.push_back(name);
      else std::cout << "\nskipped: no folder of " << name << ", see --help\n";
    if (data.empty()) return 0;
  }

  // ---- The runs ----
  runs kept(o, "md_gan");
  std::map<std::string, std::unique_ptr<task>> tasks;
  std::map<arm, record> records;
  auto const run = [&](arm const& a, int seed) {
    kept.cell([&] {
      auto& t = tasks[a.data];
      if (!t) t = std::make_unique<task>(task_of(a.data, iterations, o));
      std::cerr << a.key() << ", seed " << seed << std::endl;
      course c = md_gan_study(*t, kept, o).measure(a, seed);
      record& r = records[a];
      r.what = a;
      r.runs.push_back(std::move(c));
    });
  };
  for (int seed = 1; seed <= o.seeds; ++seed)
    for (arm const& a : with_every_seed(data)) run(a, seed);
  for (arm const& a : with_one_seed(data, o.quick)) run(a, 1);
  if (!o.quick && has_convolutional_pair)
    for (arm const& a : with_convolutions(data)) run(a, 1);
  auto const found = [&](arm const& a) -> record const* {
    auto const at = records.find(a);
    return at == records.end() ? nullptr : &at->second;
  };

  // ---- Quality, bytes, work ----
  table quality("Quality: medians over the seeds, the end of a run being the median of its last three evaluations. Score "
                "and distance of 2,000 samples from the whole test set, and of 500 from 500.",
                {"data", "loss", "N", "b", "system", "score", "distance", "seeds", "score, 500", "distance, 500"});
  table costs("Bytes of an iteration, exchanges and rounds spread over all; Mflop of a worker and iteration.",
              {"data", "N", "b", "system", "server in", "server out", "worker in", "worker out", "Mflop"});
  table curves("", {"data", "loss", "N", "b", "system", "seed", "iteration", "workers", "score", "distance",
                    "score, 500", "distance, 500"});
  for (auto const& [a, r] : records) {
    quality.add({a.images(), a.loss_name(), std::to_string(a.workers), std::to_string(a.batch), a.name(), text(r.score()),
                 text(r.distance()), r.distances(), text(r.median_of(&rated::score_few)),
                 text(r.median_of(&rated::distance_few))});
    course const& c = r.runs[0];
    auto const steps = static_cast<double>(c.steps.back());
    if (a.loss == usual && !a.until_none_is_left && !a.labels_differ)
      costs.add({a.data, std::to_string(a.workers), std::to_string(a.batch), a.name(), text(c.server_in / steps, 8),
                 text(c.server_out / steps, 8), text((c.server_out + c.between) / steps / a.workers, 7),
                 text((c.server_in + c.between) / steps / a.workers, 7), text(c.operations / 1e6)});
    if (!a.until_none_is_left && a.feedbacks == sent::exact && is_judged(a))
      all.observe(bytes, c.as_published, a.key() + " sent other bytes");
    for (std::size_t seed = 0; seed < r.runs.size(); ++seed)
      for (std::size_t e = 0; e < c.steps.size(); ++e) {
        rated const& q = r.runs[seed].ratings[e];
        curves.add({a.images(), a.loss_name(), std::to_string(a.workers), std::to_string(a.batch), a.name(),
                    std::to_string(seed + 1), std::to_string(c.steps[e]), std::to_string(r.runs[seed].workers[e]),
                    text(q.score, 5), text(q.distance, 5), text(q.score_few, 5), text(q.distance_few, 5)});
      }
  }
  quality.print();
  quality.save(o.out / "md_gan_quality.csv");
  costs.print();
  costs.save(o.out / "md_gan_bytes.csv");
  curves.save(o.out / "md_gan_curves.csv");

  auto const near = [&](int claim, record const& r, record const& than, double factor) {
    double const most = factor * than.distance();
    all.observe(claim, r.distance() <= most,
                r.what.key() + ": " + text(r.distance()) + ", at most " + text(most) + " is near enough");
  };
  for (auto const& [a, fl] : records) {
    if (a.system != system_kind::fl_gan || a.is_alone() || !is_judged(a)) continue;
    auto of = systems(a.data, a.loss, a.workers, a.batch);
    for (arm& one : of) one.labels_differ = a.labels_differ;
    record const* const md[] = {found(of[0]), found(of[1])};
    record const* const local = found({a.data, a.loss, 1, a.batch, system_kind::fl_gan});
    for (record const* r : md) {
      if (r == nullptr) continue;
      if (a.labels_differ) {
        all.observe(differ, r->distance() < fl.distance(),
                    r->what.key() + ": distance " + text(r->distance()) + "; FL-GAN " + text(fl.distance()));
        continue;
      }
      all.observe(better, r->score() > fl.score() && r->distance() < fl.distance(),
                  r->what.key() + ": score " + text(r->score()) + ", distance " + text(r->distance()) + "; FL-GAN " +
                      text(fl.score()) + " and " + text(fl.distance()));
      double const of_few = r->median_of(&rated::distance_few), fl_few = fl.median_of(&rated::distance_few);
      all.observe(few, (of_few < fl_few) == (r->distance() < fl.distance()),
                  r->what.key() + ": of 500 " + text(of_few) + " against " + text(fl_few) + ", of 2,000 " +
                      text(r->distance()) + " against " + text(fl.distance()));
      if (local != nullptr) near(alone, *r, *local, 1.2);
    }
    if (a.labels_differ) continue;
    if (md[0] != nullptr && md[1] != nullptr) near(varied, *md[1], *md[0], 1.2);
    if (md[0] != nullptr && a.loss == usual && a.workers == many && a.batch == 10) {
      double const share = md[0]->runs[0].operations / fl.runs[0].operations;
      all.observe(work, share >= 0.4 && share <= 0.6, a.data + ": " + percent(share) + " of FL-GAN's");
    }
  }
  for (auto const& [a, remote] : records) {
    if (a.system != system_kind::md_gan || a.workers != 1) continue;
    if (record const* const local = found({a.data, a.loss, 1, a.batch, system_kind::fl_gan}))
      for (std::size_t i = 0; i < std::min(remote.runs.size(), local->runs.size()); ++i)
        all.observe(same, remote.runs[i].ratings == local->runs[i].ratings,
                    a.key() + ", seed " + std::to_string(i + 1) + ": other numbers");
  }

  // ---- Workers that leave, compressed feedbacks ----
  std::vector<panel> panels;
  auto const draw_one = [&](std::string const& title, std::vector<std::pair<std::string, record const*>> const& lines) {
    panel p{title, "iteration", "Frechet distance of a classifier's features", {}, "y"};
    for (auto const& [name, r] : lines)
      if (r != nullptr) p.lines.push_back(r->curve(name));
    if (!p.lines.empty()) panels.push_back(std::move(p));
  };
  table crash("Workers leave one after another: N = 10, b = 10, k = 4, non-saturating; medians over the seeds.",
              {"data", "iteration", "workers", "score", "distance", "score where all stay", "distance where all stay"});
  for (std::string const& d : data) {
    arm leaves = systems(d, usual, many, 10)[1];
    record const* const stay = found(leaves);
    leaves.until_none_is_left = true;
    record const* const left = found(leaves);
    for (gan_loss const loss : {usual, gan_loss::saturating}) {
      auto const of = systems(d, loss, many, 10);
      draw_one(d + ", N = 10, b = 10, " + of[0].loss_name(),
               {{"MD-GAN, k = 1", found(of[0])},
                {"MD-GAN, k = 4", found(of[1])},
                {"FL-GAN", found(of[2])},
                {"stand-alone", found({d, loss, 1, 10, system_kind::fl_gan})},
                {"stand-alone, b = 100", found({d, loss, 1, 100, system_kind::fl_gan})},
                {"k = 4, workers leave", loss == usual ? left : nullptr}});
    }
    if (left == nullptr || stay == nullptr) continue;
    for (std::size_t e = 0; e < left->runs[0].steps.size(); ++e) {
      auto const of_step = [e](record const& r, double rated::*what) {
        return text(median(each(r.runs, [&](course const& c) { return c.ratings[e].*what; })));
      };
      crash.add({d, std::to_string(left->runs[0].steps[e]), std::to_string(left->runs[0].workers[e]),
                 of_step(*left, &rated::score), of_step(*left, &rated::distance), of_step(*stay, &rated::score),
                 of_step(*stay, &rated::distance)});
    }
    near(fewer, *left, *stay, 1.5);
  }
  crash.print();
  crash.save(o.out / "md_gan_crash.csv");

  arm const exact = systems(data[0], usual, many, 10)[1];
  if (record const* const whole = found(exact)) {
    table feedbacks("Compressed feedbacks: " + exact.key() + ". Bytes of a worker's feedback.",
                    {"feedbacks", "bytes", "of exact", "score", "distance"});
    auto const add = [&](record const& r, double most) {
      double const in = r.runs[0].server_in, share = in / whole->runs[0].server_in;
      feedbacks.add({r.what.name(), text(in / static_cast<double>(r.runs[0].steps.back() * many), 7), percent(share),
                     text(r.score()), text(r.distance())});
      if (&r == whole) return;
      all.observe(smaller, r.distance() <= 1.2 * whole->distance() && share <= most,
                  r.what.name() + ": " + text(r.distance()) + ", at most " + text(1.2 * whole->distance()) +
                      " is as near; " + percent(share) + " of the bytes");
    };
    add(*whole, 1);
    for (auto const& [how, most] : {std::pair{sent::bits_8, 0.26}, {sent::bits_4, 0.14}, {sent::top_8, 0.10}}) {
      arm a = exact;
      a.feedbacks = how;
      if (record const* const r = found(a)) add(*r, most);
    }
    feedbacks.print();
    feedbacks.save(o.out / "md_gan_feedbacks.csv");
  }
  if (!panels.empty()) evidence::draw(o, "md_gan", panels);
  return kept.conclude(all);
}

}  // namespace

namespace evidence {

any_pair perceptron_pair(samples const& real, acgan_options const& sizes) {
  return {acgan<float>(real, sizes),
          any_pair::generates<acgan<float>>([](acgan<float> const& of, std::span<float const> w, std::span<float const>,
                                               int count) { return of.generate(w, count, 1); })};
}

}  // namespace evidence

int main(int argc, char** argv) {
  int iterations = 5000;
  return evidence::program(
      argc, argv,
      "MD-GAN and FL-GAN on MNIST and CIFAR-10: quality, bytes, work, workers that leave, compressed feedbacks. CIFAR-10 "
      "is in the folder that SADDLE_CIFAR names: jpeg_train.20000.bin.gz and jpeg_test.5000.bin.gz. The full form takes "
      "about 18 hours of one core: 26 parts, each with --minutes 45.",
      [&](options const& o) { return measure_all(o, iterations); },
      {{"--iterations", &iterations, "I, a fifth of them with --quick; the paper has 50000"}});
}
