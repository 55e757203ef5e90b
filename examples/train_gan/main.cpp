// Trains a GAN with any combination of optimizer, compressor and topology: the library's main program.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "../command_line/picture.hpp"
#include "../command_line/program.hpp"
#include "../command_line/progress.hpp"
#include "../command_line/run.hpp"
#include "gan.hpp"
#include "options.hpp"

namespace train_gan {
namespace {

saddle::trainer<float> make_trainer(gan const& game, composition const& how) {
  for (compressor_choice const& c : compressors)
    if (how.compressor == c.name) return c.make(game.game(), how);
  throw std::invalid_argument("there is no compressor " + how.compressor);
}

/// A run with everything checked and nothing written. It is made or it throws.
class job {
 public:
  explicit job(options const& o)
      : options_(o),
        is_first_(rank() == 0),
        game_(load(o.data), o.sizes),
        trainer_(make_trainer(game_, named(o, game_))),
        first_(resume(trainer_, o)),
        files_(o, is_first_) {}

  /// Returns the program's exit code.
  int run() {
    progress shown(first_, options_.steps, options_.quiet || !is_first_);
    if (is_first_)
      files_.log.write(
          "step,seconds,uplink_bytes,downlink_bytes,wire_bytes,skipped_steps,frechet_distance,modes_covered,"
          "good_samples,feature_distance,inception_score\n");
    run_to_end(trainer_, options_, is_first_, shown, [&](saddle::report const& r) { evaluate(r, shown); });

    saddle::report r = trainer_.report();
    r.wire_bytes = trainer_.wire_bytes();
    digest_ = trainer_.digest();
    if (!options_.checkpoint.empty()) trainer_.save(options_.checkpoint);
    if (is_first_) {
      saddle::samples const generated = evaluate(r, shown);
      if (files_.samples) files_.samples.write(picture(game_.data(), generated));
      if (files_.samples_csv) files_.samples_csv.write(table(generated));
      files_.json.write(summary(r).dump(2) + "\n");
      files_.commit();
      shown.say(in_words(r));
    }
    return interrupted() ? 130 : 0;
  }

 private:
  /// The policies, and the problem under a name that a checkpoint keeps: data, loss and widths.
  static composition named(options const& o, gan const& game) {
    composition p = o.policies;
    std::ostringstream name;
    name << o.data.substr(0, o.data.find(':')) << ':' << game.data().real.count << ',' << o.sizes.loss
         << ",r1=" << o.sizes.r1 << ",batch=" << o.sizes.batch << ",latent=" << o.sizes.latent;
    for (int width : o.sizes.hidden) name << ',' << width;
    p.run.problem = name.str();
    return p;
  }
  saddle::samples evaluate(saddle::report const& r, progress& shown) {
    saddle::samples generated = game_.generate(trainer_.averaged_weights(0).min);
    score_ = game_.rate(generated);
    auto const cell = [](auto const& value) {
      std::string text = ",";
      if (value) text += nlohmann::json(*value).dump();
      return text;
    };
    files_.log.write(std::to_string(r.step) + "," + std::to_string(r.seconds) + "," +
                std::to_string(r.uplink.total) + "," + std::to_string(r.downlink.total) + "," +
                std::to_string(r.wire_bytes) + "," + std::to_string(r.skipped_steps) +
                cell(score_.frechet_distance) + cell(score_.modes_covered) + cell(score_.good_samples) +
                cell(score_.feature_distance) + cell(score_.inception_score) + "\n");
    shown.evaluated(r.step, r.uplink, score_);
    return generated;
  }

  std::string_view feedback_name() const {
    return std::find_if(std::begin(feedbacks), std::end(feedbacks), [&](feedback_choice const& f) {
             return f.kind == options_.policies.feedback;
           })->name;
  }
  std::int64_t dense_uplink_bytes(saddle::report const& r) const {
    return r.step * options_.policies.workers * 4 * trainer_.sizes().size();
  }

  nlohmann::ordered_json summary(saddle::report const& r) const {
    composition const& p = options_.policies;
    nlohmann::ordered_json out;
    out["method"] = options_.method;
    out["data"] = options_.data;
    out["optimizer"] = p.optimizer;
    out["compressor"] = p.compressor;
    out["compressor_on_the_wire"] = r.compressor;  // with its bucket and its rounding
    out["error_feedback"] = feedback_name();
    out["topology"] = p.topology;
    out["adapts"] = p.adapts == saddle::adapts::on_average ? "average" : "worker";
    out["local_steps"] = p.local_steps;
    out["workers"] = p.workers;
    out["steps"] = r.step;
    out["steps_executed"] = r.steps_executed;
    out["resumed_from_step"] =
        options_.resume.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(first_);
    out["seed"] = p.run.seed;
    out["threads"] = p.threads;
    out["step_size"] = p.step_size;
    out["max_step_size"] = p.max_step_size;
    out["parameters"] = trainer_.sizes().size();
    out["uplink_bytes"] = r.uplink.total;
    out["downlink_bytes"] = r.downlink.total;
    out["uplink_payload_bytes"] = r.uplink.payload;
    out["downlink_payload_bytes"] = r.downlink.payload;
    out["dense_uplink_bytes"] = dense_uplink_bytes(r);
    out["wire_bytes"] = r.wire_bytes;
    out["seconds"] = r.seconds;
    out["network"] = p.transport.network ? nlohmann::ordered_json(p.transport.network->name) : nullptr;
    out["simulated_seconds"] = r.simulated ? nlohmann::ordered_json(r.simulated->seconds) : nullptr;
    out["skipped_steps"] = r.skipped_steps;
    out["details"] = r.details;
    add(out, score_);
    out["digest"] = hexadecimal(digest_);
    return out;
  }

  std::string in_words(saddle::report const& r) const {
    composition const& p = options_.policies;
    char numbers[128];
    std::snprintf(numbers, sizeof numbers, "%.1f s; %s up, %.1f %% of dense; ", r.seconds,
                  readable_bytes(r.uplink.total).c_str(),
                  100.0 * static_cast<double>(r.uplink.total) /
                      static_cast<double>(std::max<std::int64_t>(1, dense_uplink_bytes(r))));
    std::string const skipped = r.skipped_steps > 0 ? "; " + std::to_string(r.skipped_steps) +
                                                          " steps skipped, a number was not finite"
                                                    : "";
    char seconds[64] = "";
    if (r.simulated) std::snprintf(seconds, sizeof seconds, "%.1f s on the network; ", r.simulated->seconds);
    std::string const rated = readable(score_);
    std::string const kept = p.feedback == saddle::feedback::none    ? ""
                             : p.feedback == saddle::feedback::error ? " with error feedback"
                                                                     : " with ef21";
    return p.optimizer + ", " + p.compressor + " (" + r.compressor + ")" + kept + ", " + p.topology + ", " + std::to_string(p.workers) +
           (p.workers == 1 ? " worker: " : " workers: ") + std::to_string(r.steps_executed) + " steps in " + numbers +
           seconds + (rated.empty() ? "" : rated + "; ") + "digest " + hexadecimal(digest_) + skipped;
  }

  options options_;
  bool is_first_;
  gan game_;
  saddle::trainer<float> trainer_;
  std::int64_t first_;
  run_files files_;
  std::uint64_t digest_ = 0;
  score score_;
};

}  // namespace
}  // namespace train_gan

int main(int argc, char** argv) {
  using namespace train_gan;
  return program("train_gan", argc, argv, parse, [](options const& o) { return std::make_unique<job>(o); });
}
