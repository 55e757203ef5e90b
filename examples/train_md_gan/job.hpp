#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <locale>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <saddle/algorithm/md_gan.hpp>
#include <saddle/saddle.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/processes.hpp"
#include "../command_line/program.hpp"
#include "../command_line/progress.hpp"
#include "../command_line/rating.hpp"
#include "../command_line/run.hpp"
#include "options.hpp"

/// The job of a program that trains MD-GAN, over what makes its pair. `Kind` has
///   make(real, classes, options)                  the pair, a split_gan
///   generate(pair, weights, buffers, real, count) samples of the generator in the units of the data
///   exported(driver)                              the bytes of --export, where the program has it
namespace train_md_gan {

using namespace command_line;

/// Of the data: an auxiliary classifier takes classes.
template <class Kind>
auto pair_of(saddle::samples const& real, options const& o) {
  if (o.workers > real.count)
    throw std::invalid_argument(std::to_string(o.workers) + " workers, but there are only " +
                                std::to_string(real.count) + " samples");
  if (real.labels.empty())
    throw std::invalid_argument(o.data + " has no classes: --labels FILE gives them");
  int const classes = 1 + std::ranges::max(real.labels);
  if (classes >= o.latent)
    throw std::invalid_argument("--latent " + std::to_string(o.latent) + " has no room for " + std::to_string(classes) +
                                " classes and noise");
  return Kind::make(real, classes, o);
}

template <saddle::compression F>
saddle::md_gan_settings<saddle::adam, saddle::adam, saddle::identity, F> settings_of(options const& o, F feedbacks,
                                                                                      data_set const& data) {
  saddle::adam const optimizer{.step_size = o.step_size, .beta1 = o.beta1};
  double const epoch = static_cast<double>(data.real.count) / o.workers / o.batch;
  std::ostringstream name;
  name.imbue(std::locale::classic());
  name << o.data.substr(0, o.data.find(':')) << ':' << data.real.count << ",latent=" << o.latent;
  if (o.widths.empty()) name << ',' << o.networks;
  for (int const width : o.widths) name << ',' << width;
  return {.generator = optimizer,
          .discriminator = optimizer,
          .feedbacks = feedbacks,
          .batches = o.batches,
          .discriminator_steps = o.discriminator_steps,
          .exchange_every =
              o.exchange_epochs > 0 ? std::max<std::int64_t>(1, std::llround(o.exchange_epochs * epoch)) : 0,
          .state = o.state,
          .departures = o.departures,
          .seed = o.seed,
          .problem = name.str()};
}

inline std::string in_numbers(int n, char const* one, char const* several) {
  return std::to_string(n) + " " + (n == 1 ? one : several);
}

/// A run with everything checked and nothing written.
class job {
 public:
  virtual ~job() = default;
  /// Returns the program's exit code.
  virtual int run() = 0;
};

template <class Kind, saddle::compression F>
class job_with final : public job {
  using Pair = decltype(pair_of<Kind>(std::declval<saddle::samples>(), std::declval<options>()));
  using Settings = decltype(settings_of(std::declval<options>(), std::declval<F>(), std::declval<data_set>()));
  using Driver = saddle::md_gan<Pair, Settings, saddle::cpu>;

 public:
  job_with(options const& o, F feedbacks)
      : options_(o),
        data_(load(o.data, o.labels)),
        rating_(data_, o.classifier),
        driver_(pair_of<Kind>(data_.real, o), settings_of(o, feedbacks, data_),
                connection{.workers = o.workers, .deadline = o.deadline}, saddle::cpu{o.threads}),
        first_(resume(driver_, o)),
        files_(o, driver_.is_server(), first_, {o.classifier, o.labels, file_of(o.data)}, row({}, {})) {}

  int run() override { return carry_out(driver_, *this, data_, options_, driver_.is_server(), first_, files_); }

  std::string beginning() const {
    return options_.data + ", " + std::to_string(data_.real.count) + " samples of " +
           std::to_string(data_.real.shape.size()) + " values; MD-GAN, feedbacks " + options_.feedbacks + ", " +
           in_numbers(options_.batches, "batch", "batches") + " a step, " + workers() + "; " +
           in_numbers(options_.threads, "thread", "threads") +
           command_line::in_words(options_.partition, distance());
  }
  traffic sent(saddle::md_gan_report const& r) const {
    saddle::message_bytes down = r.downlink;
    down += r.exchanged;
    return {r.uplink, down};
  }
  saddle::samples generated() const {
    return Kind::generate(driver_.pair(), driver_.generator_weights(), driver_.generator_buffers(), data_.real,
                          std::min(data_.real.count, 2000));
  }
  score rate(saddle::samples const& generated) const {
    score s = rating_.of(data_.real, generated);
    s.losses = mean_losses(driver_.pair(), saddle::point<float const>{driver_.generator_weights(),
                                                                      driver_.discriminator_weights(0)});
    return s;
  }
  std::string exported() const
    requires requires(Driver const& d) { Kind::exported(d); }
  {
    return Kind::exported(driver_);
  }
  static nlohmann::ordered_json row(saddle::md_gan_report const& r, score const& s) {
    nlohmann::ordered_json out;
    out["step"] = r.step;
    out["seconds"] = r.seconds;
    out["downlink_bytes"] = r.downlink.total;
    out["uplink_bytes"] = r.uplink.total;
    out["exchanged_bytes"] = r.exchanged.total;
    out["wire_bytes"] = r.wire_bytes;
    out["skipped_steps"] = r.skipped_steps;
    add(out, s);
    return out;
  }
  std::string in_words(saddle::md_gan_report const& r, score const& s, std::uint64_t digest) const {
    std::string const rated = readable(s);
    return workers() + ": " + std::to_string(r.steps_executed) + " steps in " + readable_seconds(r.seconds) + "; " +
           readable_bytes(r.downlink.total) + " down, " + readable_bytes(r.uplink.total) + " up, " +
           readable_bytes(r.exchanged.total) + " between workers; " + (rated.empty() ? "" : rated + "; ") + "digest " +
           hexadecimal(digest);
  }
  nlohmann::ordered_json summary(saddle::md_gan_report const& r, score const& s, std::uint64_t digest) const {
    auto const operations = [&](std::initializer_list<std::int64_t saddle::per_pass::*> of) -> nlohmann::ordered_json {
      if constexpr (saddle::counts_its_operations<Pair>) {
        saddle::per_pass const cost = driver_.pair().operations();
        std::int64_t all = 0;
        for (auto const one : of) all += r.passes.*one * cost.*one;
        return all;
      } else {
        return nullptr;
      }
    };
    nlohmann::ordered_json out;
    out["data"] = options_.data;
    out["partition"] = saddle::partition_text(options_.partition);
    out["label_distance"] = distance() ? nlohmann::ordered_json(*distance()) : nullptr;
    if (!options_.networks.empty()) out["networks"] = options_.networks;
    out["feedback"] = options_.feedbacks;
    out["workers"] = options_.workers;
    out["workers_left"] = r.workers;
    out["batches"] = options_.batches;
    out["batch"] = options_.batch;
    out["steps"] = r.step;
    out["steps_executed"] = r.steps_executed;
    out["resumed_from_step"] = options_.resume.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(first_);
    out["seed"] = options_.seed;
    out["threads"] = options_.threads;
    out["step_size"] = options_.step_size;
    out["generator_parameters"] = driver_.sizes().min;
    out["discriminator_parameters"] = driver_.sizes().max;
    out["downlink_bytes"] = r.downlink.total;
    out["uplink_bytes"] = r.uplink.total;
    out["exchanged_bytes"] = r.exchanged.total;
    out["downlink_payload_bytes"] = r.downlink.payload;
    out["uplink_payload_bytes"] = r.uplink.payload;
    out["exchanged_payload_bytes"] = r.exchanged.payload;
    out["exchanges"] = r.exchanges;
    out["wire_bytes"] = r.wire_bytes;
    out["server_operations"] = operations({&saddle::per_pass::generate, &saddle::per_pass::pull_back});
    out["workers_operations"] = operations({&saddle::per_pass::ascend, &saddle::per_pass::feedback});
    out["seconds"] = r.seconds;
    out["skipped_steps"] = r.skipped_steps;
    out["details"] = r.details;
    add(out, s);
    out["digest"] = hexadecimal(digest);
    return out;
  }

 private:
  std::optional<double> distance() const { return label_distance(data_, options_.partition, options_.workers); }
  std::string workers() const { return in_numbers(options_.workers, "worker", "workers"); }

  options options_;
  data_set data_;
  rating rating_;
  Driver driver_;
  std::int64_t first_;
  run_files files_;
};

template <class Kind>
std::unique_ptr<job> job_of(options const& o) {
  using namespace saddle;
  auto const with = [&](auto feedbacks) -> std::unique_ptr<job> {
    return std::make_unique<job_with<Kind, decltype(feedbacks)>>(o, feedbacks);
  };
  if (o.feedbacks == "qsgd8") return with(qsgd<512, 8>{});
  if (o.feedbacks == "qsgd4") return with(qsgd<128, 4>{});
  if (o.feedbacks == "top-k") return with(with_bias<error_feedback<top_k<128, 8>>>{});
  return with(identity{});
}

/// All of a program's main().
template <class Kind>
int train(md_gan_program const& of, int argc, char** argv) {
  return program(
      of.name, argc, argv, [&](int count, char** values) { return parse(of, count, values); }, job_of<Kind>);
}

}  // namespace train_md_gan
