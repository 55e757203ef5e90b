// Trains MD-GAN, in one process or under mpirun, where rank 0 has the generator and all ranks have discriminators.
#include <algorithm>
#include <cstdint>
#include <locale>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <saddle/algorithm/md_gan.hpp>
#include <saddle/problem/acgan.hpp>
#include <saddle/saddle.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/program.hpp"
#include "../command_line/rating.hpp"
#include "../command_line/run.hpp"
#include "options.hpp"

namespace train_md_gan {
namespace {

using namespace command_line;

/// Of the data: an auxiliary classifier takes classes.
saddle::acgan<float> pair_of(saddle::samples const& real, options const& o) {
  if (o.workers > real.count)
    throw std::invalid_argument(std::to_string(o.workers) + " workers, but there are only " +
                                std::to_string(real.count) + " samples");
  if (real.labels.empty())
    throw std::invalid_argument(o.data + " has no classes: --labels FILE gives them");
  int const classes = 1 + std::ranges::max(real.labels);
  if (classes >= o.latent)
    throw std::invalid_argument("--latent " + std::to_string(o.latent) + " has no room for " + std::to_string(classes) +
                                " classes and noise");
  return {real,
          {.generator = o.hidden, .discriminator = o.hidden, .latent = o.latent, .classes = classes, .batch = o.batch,
           .workers = o.workers}};
}

template <saddle::compression F>
saddle::md_gan_settings<saddle::adam, saddle::adam, saddle::identity, F> settings_of(options const& o, F feedbacks,
                                                                                      data_set const& data) {
  saddle::adam const optimizer{.step_size = o.step_size, .beta1 = o.beta1};
  double const epoch = static_cast<double>(data.real.count) / o.workers / o.batch;
  std::ostringstream name;
  name.imbue(std::locale::classic());
  name << o.data.substr(0, o.data.find(':')) << ':' << data.real.count << ",latent=" << o.latent;
  for (int const width : o.hidden) name << ',' << width;
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

std::string in_numbers(int n, char const* one, char const* several) {
  return std::to_string(n) + " " + (n == 1 ? one : several);
}

/// A run with everything checked and nothing written.
class job {
 public:
  virtual ~job() = default;
  /// Returns the program's exit code.
  virtual int run() = 0;
};

template <saddle::compression F>
class job_with final : public job {
 public:
  job_with(options const& o, F feedbacks)
      : options_(o),
        data_(load(o.data, o.labels)),
        rating_(data_, o.classifier),
        driver_(pair_of(data_.real, o), settings_of(o, feedbacks, data_),
                connection{.workers = o.workers, .deadline = o.deadline}, saddle::cpu{o.threads}),
        first_(resume(driver_, o)),
        files_(o, driver_.is_server(), first_, {o.classifier, o.labels, file_of(o.data)}, row({}, {})) {}

  int run() override { return carry_out(driver_, *this, data_, options_, driver_.is_server(), first_, files_); }

  std::string beginning() const {
    return options_.data + ", " + std::to_string(data_.real.count) + " samples of " +
           std::to_string(data_.real.shape.size()) + " values; MD-GAN, feedbacks " + options_.feedbacks + ", " +
           in_numbers(options_.batches, "batch", "batches") + " a step, " + workers() + "; " +
           in_numbers(options_.threads, "thread", "threads");
  }
  traffic sent(saddle::md_gan_report const& r) const {
    saddle::message_bytes down = r.downlink;
    down += r.exchanged;
    return {r.uplink, down};
  }
  saddle::samples generated() const {
    return driver_.pair().generate(driver_.generator_weights(), std::min(data_.real.count, 2000), 1);
  }
  score rate(saddle::samples const& generated) const {
    score s = rating_.of(data_.real, generated);
    s.losses = mean_losses(driver_.pair(), saddle::point<float const>{driver_.generator_weights(),
                                                                      driver_.discriminator_weights(0)});
    return s;
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
    saddle::per_pass const cost = driver_.pair().operations();
    nlohmann::ordered_json out;
    out["data"] = options_.data;
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
    out["server_operations"] = r.passes.generate * cost.generate + r.passes.pull_back * cost.pull_back;
    out["workers_operations"] = r.passes.ascend * cost.ascend + r.passes.feedback * cost.feedback;
    out["seconds"] = r.seconds;
    out["skipped_steps"] = r.skipped_steps;
    out["details"] = r.details;
    add(out, s);
    out["digest"] = hexadecimal(digest);
    return out;
  }

 private:
  std::string workers() const { return in_numbers(options_.workers, "worker", "workers"); }

  options options_;
  data_set data_;
  rating rating_;
  saddle::md_gan<saddle::acgan<float>, decltype(settings_of(std::declval<options>(), F{}, data_set{})), saddle::cpu>
      driver_;
  std::int64_t first_;
  run_files files_;
};

std::unique_ptr<job> job_of(options const& o) {
  using namespace saddle;
  auto const with = [&](auto feedbacks) { return std::make_unique<job_with<decltype(feedbacks)>>(o, feedbacks); };
  if (o.feedbacks == "qsgd8") return with(qsgd<512, 8>{});
  if (o.feedbacks == "qsgd4") return with(qsgd<128, 4>{});
  if (o.feedbacks == "top-k") return with(with_bias<error_feedback<top_k<128, 8>>>{});
  return with(identity{});
}

}  // namespace
}  // namespace train_md_gan

int main(int argc, char** argv) {
  return command_line::program("train_md_gan", argc, argv, train_md_gan::parse, train_md_gan::job_of);
}
