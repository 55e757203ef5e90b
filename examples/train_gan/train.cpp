#include <algorithm>
#include <cstdint>
#include <locale>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/program.hpp"
#include "../command_line/progress.hpp"
#include "../command_line/rating.hpp"
#include "../command_line/run.hpp"
#include "gan.hpp"
#include "options.hpp"

namespace train_gan {
namespace {

std::unique_ptr<gan> make_gan(gan_program const& program, data_set const& data, gan_sizes const& sizes) {
  if (sizes.workers > data.real.count)
    throw std::invalid_argument(std::to_string(sizes.workers) + " workers, but there are only " +
                                std::to_string(data.real.count) + " samples");
  (void)label_distance(data, sizes.partition, sizes.workers);  // checks that there are labels
  return program.make(data.real, sizes);
}
saddle::trainer<float> make_trainer(gan const& game, composition const& how) {
  for (correction_choice const& c : corrections)
    if (how.correction == c.name && c.make != nullptr) return c.make(game.game(), how);
  for (compressor_choice const& c : compressors)
    if (how.compressor == c.name) return c.make(game.game(), how);
  throw std::invalid_argument("there is no compressor " + how.compressor);
}

/// A run with everything checked and nothing written. It is made or it throws.
class job {
 public:
  job(gan_program const& program, options const& o)
      : options_(o),
        is_first_(rank() == 0),
        data_(load(o.data, o.labels)),
        gan_(make_gan(program, data_, o.sizes)),
        rating_(data_, o.classifier),
        trainer_(make_trainer(*gan_, named(o, data_.real.count))),
        first_(resume(trainer_, o)),
        files_(o, is_first_, first_, {o.classifier, o.labels, file_of(o.data)}, row({}, {})) {}

  /// Returns the program's exit code.
  int run() { return carry_out(trainer_, *this, data_, options_, is_first_, first_, files_); }

  std::string beginning() const {
    composition const& p = options_.policies;
    saddle::samples const& real = data_.real;
    return options_.data + ", " + std::to_string(real.count) + " samples of " + std::to_string(real.shape.size()) +
           " values; " + policies() + "; " + std::to_string(p.threads) + (p.threads == 1 ? " thread" : " threads") +
           command_line::in_words(options_.sizes.partition, distance());
  }
  traffic sent(saddle::report const& r) const {
    std::int64_t const dense = r.step * options_.policies.workers * 4 * trainer_.sizes().size();
    return {r.uplink, r.downlink, dense, options_.policies.topology == "server" ? dense : 0};
  }
  saddle::samples generated() const { return gan_->generate(averaged(), std::min(data_.real.count, 2000)); }
  score rate(saddle::samples const& generated) const {
    score s = rating_.of(data_.real, generated);
    s.losses = gan_->losses(trainer_.weights(0));
    return s;
  }
  std::string exported() const { return gan_->exported(averaged()); }
  static nlohmann::ordered_json row(saddle::report const& r, score const& s) {
    nlohmann::ordered_json out;
    out["step"] = r.step;
    out["seconds"] = r.seconds;
    out["uplink_bytes"] = r.uplink.total;
    out["downlink_bytes"] = r.downlink.total;
    out["wire_bytes"] = r.wire_bytes;
    out["skipped_steps"] = r.skipped_steps;
    add(out, s);
    return out;
  }
  nlohmann::ordered_json summary(saddle::report const& r, score const& s, std::uint64_t digest) const {
    composition const& p = options_.policies;
    traffic const t = sent(r);
    nlohmann::ordered_json out;
    out["method"] = options_.method;
    out["data"] = options_.data;
    out["partition"] = saddle::partition_text(options_.sizes.partition);
    out["label_distance"] = distance() ? nlohmann::ordered_json(*distance()) : nullptr;
    out["optimizer"] = p.optimizer;
    out["compressor"] = p.compressor;
    out["compressor_on_the_wire"] = r.compressor;  // with its bucket and its rounding
    out["error_feedback"] = feedback_name();
    out["topology"] = p.topology;
    out["correction"] = p.correction;
    if (!options_.buffers.empty()) out["buffers"] = options_.buffers;
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
    out["dense_uplink_bytes"] = t.dense_up;
    out["dense_downlink_bytes"] = t.dense_down;
    out["uplink_of_dense"] = t.up_of_dense();
    out["both_ways_of_dense"] = t.both_of_dense();
    out["wire_bytes"] = r.wire_bytes;
    out["seconds"] = r.seconds;
    out["network"] = p.transport.network ? nlohmann::ordered_json(p.transport.network->name) : nullptr;
    out["simulated_seconds"] = r.simulated ? nlohmann::ordered_json(r.simulated->seconds) : nullptr;
    out["skipped_steps"] = r.skipped_steps;
    out["details"] = r.details;
    add(out, s);
    out["digest"] = hexadecimal(digest);
    return out;
  }
  std::string in_words(saddle::report const& r, score const& s, std::uint64_t digest) const {
    std::string const rated = readable(s);
    return policies() + ": " + std::to_string(r.steps_executed) + " steps in " + readable_seconds(r.seconds) + "; " +
           readable(sent(r)) + padding(sent(r)) + "; " +
           (r.simulated ? readable_seconds(r.simulated->seconds) + " on the network; " : "") +
           (rated.empty() ? "" : rated + "; ") + "digest " + hexadecimal(digest) +
           (r.skipped_steps > 0 ? "; " + std::to_string(r.skipped_steps) + " steps skipped, a number was not finite" : "");
  }

 private:
  /// The policies, and the problem under a name that a checkpoint keeps: data, loss and widths.
  static composition named(options const& o, int samples) {
    composition p = o.policies;
    std::ostringstream name;
    name.imbue(std::locale::classic());
    name << o.data.substr(0, o.data.find(':')) << ':' << samples << ',' << o.loss
         << ",r1=" << o.sizes.r1 << ",batch=" << o.sizes.batch << ",latent=" << o.sizes.latent;
    for (int width : o.sizes.widths) name << ',' << width;
    p.run.problem = name.str();
    return p;
  }
  std::optional<double> distance() const {
    return label_distance(data_, options_.sizes.partition, options_.sizes.workers);
  }
  trained averaged() const { return {trainer_.averaged_weights(0), trainer_.buffers(0)}; }
  std::string_view feedback_name() const {
    return std::find_if(std::begin(feedbacks), std::end(feedbacks), [&](feedback_choice const& f) {
             return f.kind == options_.policies.feedback;
           })->name;
  }
  std::string policies() const {
    composition const& p = options_.policies;
    std::string const kept = p.feedback == saddle::feedback::none    ? ""
                             : p.feedback == saddle::feedback::error ? " with error feedback"
                                                                     : " with ef21";
    return p.optimizer + ", " + p.compressor + " (" + trainer_.report().compressor + ")" + kept + ", " + (p.correction == "none" ? "" : p.correction + " ") + p.topology + ", " +
           std::to_string(p.workers) + (p.workers == 1 ? " worker" : " workers");
  }

  options options_;
  bool is_first_;
  data_set data_;
  std::unique_ptr<gan> gan_;
  rating rating_;
  saddle::trainer<float> trainer_;
  std::int64_t first_;
  run_files files_;
};

}  // namespace

int train(gan_program const& of, int argc, char** argv) {
  return program(
      of.name, argc, argv, [&](int count, char** values) { return parse(of, count, values); },
      [&](options const& o) { return std::make_unique<job>(of, o); });
}

}  // namespace train_gan
