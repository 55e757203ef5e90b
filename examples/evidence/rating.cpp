#include "rating.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include <saddle/metric/inception_score.hpp>

namespace evidence {
namespace {

using namespace saddle;

constexpr int published = 500;

trained_classifier made_or_found(samples const& train, classifier_options const& options, int epochs, int threads,
                                 std::filesystem::path const& file) {
  if (!file.empty() && std::filesystem::exists(file)) return load_classifier(file.string());
  trained_classifier c = train_classifier(train, options, epochs, threads, [](auto const&...) {});
  if (!file.empty()) save(c, file.string());
  return c;
}
/// The first ones; the sets lie in no order of their classes, or in turn.
samples first(samples const& of, int count) {
  samples some{.count = std::min(count, of.count), .shape = of.shape, .bounds = of.bounds};
  some.values.assign(of.values.begin(), of.values.begin() + std::ptrdiff_t{some.count} * of.shape.size());
  return some;
}

}  // namespace

rating::rating(samples const& train, samples const& test, classifier_options const& options, int epochs, int threads,
               std::filesystem::path const& file)
    : classifier_(made_or_found(train, options, epochs, threads, file)),
      all_(moments(features(classifier_.network, classifier_.weights, test))),
      few_(moments(features(classifier_.network, classifier_.weights, first(test, published)))),
      accuracy_(saddle::accuracy(classifier_.network, classifier_.weights, test)) {}

rated rating::rate(samples const& made) const {
  auto const score = [&](samples const& of) {
    double const s = inception_score(posteriors(classifier_.network, classifier_.weights, of)).mean;
    return std::isfinite(s) ? s : 1;
  };
  auto const distance = [&](samples const& of, gaussian_moments const& from) {
    double const d = frechet_distance(from, moments(features(classifier_.network, classifier_.weights, of)));
    return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
  };
  samples const few = first(made, published);
  return {score(made), distance(made, all_), score(few), distance(few, few_)};
}

}  // namespace evidence
