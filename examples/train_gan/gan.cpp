#include "gan.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <saddle/data/digits.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/data/mixture.hpp>
#include <saddle/metric/frechet.hpp>
#include <saddle/metric/inception_score.hpp>
#include <saddle/metric/modes.hpp>
#include <saddle/problem/classifier.hpp>
#include <saddle/problem/mlp_gan.hpp>

#include "../trained_classifier.hpp"

namespace train_gan {
namespace {

/// The digits lie in the source tree, which the program was built from or in.
std::string digits_path() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path const here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::string tried;
  for (fs::path const& root : {fs::path(SADDLE_SOURCE_DIR), here / ".." / "..", here, fs::path(".")}) {
    fs::path const file = (root / "examples" / "data" / "digits.csv.gz").lexically_normal();
    if (fs::exists(file, ignored)) return file.string();
    tried += (tried.empty() ? "" : ", ") + file.string();
  }
  throw std::runtime_error("the digits are not there; tried " + tried);
}

data_set drawn_from(saddle::mixture const& m) {
  constexpr int points = 10000;
  constexpr std::uint64_t seed = 1;  // not the run's: all runs learn the same points
  return {m.draw(points, seed), m.centres, m.deviation};
}

class gan_problem final : public saddle::any_problem<float> {
 public:
  gan_problem(saddle::samples const& real, saddle::mlp_gan_options options) : gan(real, std::move(options)) {}

  saddle::players sizes() const override { return gan.sizes(); }
  int most_workers() const override { return gan.workers(); }
  void initial(std::uint64_t seed, saddle::point<float> w) const override { gan.initial(seed, w); }
  void gradient(saddle::point<float const> at, saddle::sample const* s, saddle::point<float> out,
                int player) const override {
    if (player == saddle::phase::both)
      gan.gradient(at, *s, out);
    else
      gan.gradient(at, *s, out, static_cast<saddle::player>(player));
  }

  saddle::mlp_gan<float> gan;
};

saddle::gan_loss loss_named(std::string const& name) {
  if (name == "non-saturating") return saddle::gan_loss::non_saturating;
  if (name == "saturating") return saddle::gan_loss::saturating;
  if (name == "wasserstein") return saddle::gan_loss::wasserstein;
  throw std::invalid_argument("there is no loss " + name);
}

}  // namespace

data_set load(std::string const& name) {
  if (name == "digits") return {saddle::read_digits(digits_path()), {}, 0};
  if (name == "ring8") return drawn_from(saddle::ring8());
  if (name == "grid25") return drawn_from(saddle::grid25());
  if (name.starts_with("idx:")) return {saddle::read_idx(name.substr(4)), {}, 0};
  throw std::invalid_argument("there is no data set " + name + ": it is digits, ring8, grid25 or idx:FILE");
}

struct gan::parts {
  data_set data;
  std::shared_ptr<gan_problem const> problem;
  std::optional<saddle::gaussian_moments> moments;  // of images
  std::optional<trained_classifier> classifier;
  saddle::gaussian_moments feature_moments;  // of images, with a classifier
};

gan::gan(data_set data, gan_sizes const& sizes) {
  if (sizes.workers > data.real.count)
    throw std::invalid_argument(std::to_string(sizes.workers) + " workers, but there are only " +
                                std::to_string(data.real.count) + " samples");
  parts all;
  all.problem =
      std::make_shared<gan_problem const>(data.real, saddle::mlp_gan_options{.generator = sizes.hidden,
                                                                             .discriminator = sizes.hidden,
                                                                             .latent = sizes.latent,
                                                                             .batch = sizes.batch,
                                                                             .loss = loss_named(sizes.loss),
                                                                             .r1 = sizes.r1,
                                                                             .workers = sizes.workers});
  if (data.centres.empty() && data.real.count >= 2) all.moments = saddle::moments(data.real);
  if (!sizes.classifier.empty()) {
    trained_classifier const& c = all.classifier.emplace(load_classifier(sizes.classifier));
    if (c.network.input() != data.real.shape)
      throw std::invalid_argument("the classifier in " + sizes.classifier + " is not one of this data");
    all.feature_moments = saddle::moments(saddle::features(c.network, c.weights, data.real));
  }
  all.data = std::move(data);
  parts_ = std::make_shared<parts const>(std::move(all));
}

shared_game gan::game() const {
  saddle::mlp_gan<float> const& of = parts_->problem->gan;
  return {parts_->problem, {of.tensors(saddle::player::min), of.tensors(saddle::player::max)}};
}
data_set const& gan::data() const { return parts_->data; }

saddle::samples gan::generate(std::span<float const> generator_weights) const {
  return parts_->problem->gan.generate(generator_weights, std::min(parts_->data.real.count, 2000), 1);
}

score gan::rate(saddle::samples const& generated) const {
  score s;
  auto const if_finite = [](double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; };
  if (!parts_->data.centres.empty()) {
    saddle::mode_score const m = saddle::modes(generated, parts_->data.centres, parts_->data.deviation);
    s.modes_covered = m.covered;
    s.good_samples = m.good;
  } else if (parts_->moments) {
    s.frechet_distance = if_finite(saddle::frechet_distance(*parts_->moments, saddle::moments(generated)));
  }
  if (auto const& c = parts_->classifier) {
    auto const seen = saddle::moments(saddle::features(c->network, c->weights, generated));
    s.feature_distance = if_finite(saddle::frechet_distance(parts_->feature_moments, seen));
    auto const classes = saddle::posteriors(c->network, c->weights, generated);
    s.inception_score = if_finite(saddle::inception_score(classes).mean);
  }
  return s;
}

}  // namespace train_gan
