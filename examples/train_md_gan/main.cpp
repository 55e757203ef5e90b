// Trains MD-GAN, in one process or under mpirun, where rank 0 has the generator and all ranks have discriminators.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <saddle/problem/acgan.hpp>
#include <saddle/saddle.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/picture.hpp"
#include "../command_line/program.hpp"
#include "../command_line/progress.hpp"
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
        files_(o, driver_.is_server()) {}

  int run() override {
    bool const is_server = driver_.is_server();
    progress shown(first_, options_.steps, options_.quiet || !is_server);
    run_to_end(driver_, options_, is_server, shown,
               [&](saddle::md_gan_report const& r) { evaluate(r, shown); });

    saddle::md_gan_report r = driver_.report();
    r.wire_bytes = driver_.wire_bytes();
    std::uint64_t const digest = driver_.digest();
    if (!options_.checkpoint.empty()) driver_.save(options_.checkpoint);
    if (is_server) {
      saddle::samples const generated = evaluate(r, shown);
      if (files_.samples) files_.samples.write(picture(data_, generated));
      if (files_.samples_csv) files_.samples_csv.write(table(generated));
      files_.json.write(summary(r, digest).dump(2) + "\n");
      files_.commit();
      std::string const rated = readable(score_);
      shown.say(std::to_string(options_.workers) + (options_.workers == 1 ? " worker: " : " workers: ") +
                std::to_string(r.steps_executed) + " steps in " + std::to_string(std::lround(r.seconds)) + " s; " +
                readable_bytes(r.downlink.total) + " down, " + readable_bytes(r.uplink.total) + " up, " +
                readable_bytes(r.exchanged.total) + " between workers; " +
                (rated.empty() ? "" : rated + "; ") + "digest " + hexadecimal(digest));
    }
    return interrupted() ? 130 : 0;
  }

 private:
  saddle::samples evaluate(saddle::md_gan_report const& r, progress& shown) {
    saddle::samples generated =
        driver_.pair().generate(driver_.generator_weights(), std::min(data_.real.count, 2000), 1);
    score_ = rating_.of(generated);
    shown.evaluated(r.step, r.uplink, score_);
    return generated;
  }

  nlohmann::ordered_json summary(saddle::md_gan_report const& r, std::uint64_t digest) const {
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
    add(out, score_);
    out["digest"] = hexadecimal(digest);
    return out;
  }

  options options_;
  data_set data_;
  rating rating_;
  saddle::md_gan<saddle::acgan<float>, decltype(settings_of(std::declval<options>(), F{}, data_set{})), saddle::cpu>
      driver_;
  std::int64_t first_;
  run_files files_;
  score score_;
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
