#include "rating.hpp"

#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>
#include <saddle/metric/inception_score.hpp>
#include <saddle/metric/modes.hpp>
#include <saddle/problem/classifier.hpp>

#include "own_metrics.hpp"

namespace command_line {
namespace {

constexpr int most_pixels = 1024;  // a distance of 3072 takes minutes

}  // namespace

void add(nlohmann::ordered_json& summary, score const& s) {
  auto const set = [&](char const* name, auto const& value) {
    summary[name] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  set("frechet_distance", s.frechet_distance);
  set("modes_covered", s.modes_covered);
  set("good_samples", s.good_samples);
  set("feature_distance", s.feature_distance);
  set("inception_score", s.inception_score);
  set("generator_loss", s.losses ? std::optional((*s.losses)[0]) : std::nullopt);
  set("discriminator_loss", s.losses ? std::optional((*s.losses)[1]) : std::nullopt);
  for (std::size_t i = 0; i < std::size(own_metrics); ++i)
    set(own_metrics[i].name, i < s.own.size() ? s.own[i].second : std::nullopt);
}

rating::rating(data_set const& data, std::string const& classifier)
    : centres_(data.centres), deviation_(data.deviation) {
  if (centres_.empty() && data.real.count >= 2 && data.real.shape.size() <= most_pixels)
    pixels_ = saddle::moments(data.real);
  if (classifier.empty()) return;
  trained_classifier const& c = classifier_.emplace(load_classifier(classifier));
  if (c.network.input() != data.real.shape)
    throw std::invalid_argument("the classifier in " + classifier + " is not one of this data");
  features_ = saddle::moments(saddle::features(c.network, c.weights, data.real));
}

score rating::of(saddle::samples const& real, saddle::samples const& generated) const {
  score s;
  auto const if_finite = [](double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; };
  if (!centres_.empty()) {
    saddle::mode_score const m = saddle::modes(generated, centres_, deviation_);
    s.modes_covered = m.covered;
    s.good_samples = m.good;
  }
  if (pixels_) s.frechet_distance = if_finite(saddle::frechet_distance(*pixels_, saddle::moments(generated)));
  if (auto const& c = classifier_) {
    auto const seen = saddle::moments(saddle::features(c->network, c->weights, generated));
    s.feature_distance = if_finite(saddle::frechet_distance(features_, seen));
    auto const classes = saddle::posteriors(c->network, c->weights, generated);
    s.inception_score = if_finite(saddle::inception_score(classes).mean);
  }
  for (own_metric const& m : own_metrics) s.own.emplace_back(m.name, if_finite(m.of(real, generated)));
  return s;
}

}  // namespace command_line
