#include "judge.hpp"

#include <cmath>
#include <limits>

#include <saddle/metric/inception_score.hpp>
#include <saddle/problem/classifier.hpp>

namespace evidence {

judge::judge(saddle::samples const& real, int epochs, int threads)
    : classifier_(train_classifier(real, {.hidden = {128, 64}, .batch = 16, .workers = 4}, epochs, threads,
                                   [](auto const&...) {})),
      real_(seen_in(real)) {}

double judge::distance(saddle::samples const& made) const {
  double const d = saddle::frechet_distance(real_, seen_in(made));
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}
double judge::score(saddle::samples const& made) const {
  double const s = saddle::inception_score(saddle::posteriors(classifier_.network, classifier_.weights, made)).mean;
  return std::isfinite(s) ? s : 1;
}
saddle::gaussian_moments judge::seen_in(saddle::samples const& images) const {
  return saddle::moments(saddle::features(classifier_.network, classifier_.weights, images));
}

}  // namespace evidence
