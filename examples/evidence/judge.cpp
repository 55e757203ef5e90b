#include "judge.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <utility>

#include <saddle/metric/inception_score.hpp>
#include <saddle/problem/classifier.hpp>

#include "report.hpp"

namespace evidence {
namespace {

/// Of images with colours, of some size, and of 8 x 8.
struct recipe {
  saddle::classifier_options network;
  int epochs;
};
recipe recipe_for(saddle::sample_shape const& image) {
  if (image.channels > 1) return {{.filters = {32, 64}, .kernel = 3, .hidden = {128}, .batch = 16, .workers = 4}, 10};
  if (image.rows >= 16) return {{.filters = {8, 16}, .kernel = 5, .hidden = {128}, .batch = 16, .workers = 4}, 4};
  return {{.filters = {8, 16}, .kernel = 3, .hidden = {64}, .batch = 16, .workers = 4}, 100};
}

/// What the training depends on.
std::string identity(image_set const& of, recipe const& how) {
  saddle::classifier_options const& n = how.network;
  int const classes = 1 + std::ranges::max(of.train.labels);
  saddle::convolutional<float> const network(of.train.shape, n.filters, n.kernel, n.hidden, classes);
  return of.name + ", " + network.identity() + ", " + std::to_string(how.epochs) + " epochs, " +
         saddle::data_identity(of.train, true);
}

trained_classifier trained_or_kept(image_set const& of, recipe const& how, int threads,
                                   std::filesystem::path const& folder, double& seconds) {
  auto const train = [&] {
    return train_classifier(of.train, how.network, how.epochs, threads,
                            [&](int, double so_far, auto const&...) { seconds = so_far; });
  };
  if (folder.empty()) return train();
  std::string const path = (folder / ("judge_" + of.name + ".classifier")).string(), ours = identity(of, how);
  if (!std::filesystem::exists(path)) {
    std::cerr << "training the judge of " << of.name << std::endl;
    trained_classifier c = train();
    saddle::checkpoint_writer out(path);
    out.add("judge of " + ours);
    out.add(seconds);
    add(out, c);
    out.commit();
    return c;
  }
  saddle::checkpoint_reader in(path);
  if (std::string const theirs = in.get_text(); theirs != "judge of " + ours)
    in.fail("it is not the judge of " + ours + " but has " + saddle::printable(theirs) + "; remove it");
  seconds = in.get<double>();
  return read_classifier(in);
}

constexpr int published = 500;
saddle::samples first(saddle::samples const& of, int count) { return part(of, 0, std::min(count, of.count)); }

}  // namespace

judge::judge(image_set const& of, int threads, std::filesystem::path const& folder)
    : name_(of.name),
      classifier_(trained_or_kept(of, recipe_for(of.train.shape), threads, folder, seconds_)),
      real_(seen_in(of.test)),
      few_(seen_in(first(of.test, published))),
      accuracy_(saddle::accuracy(classifier_.network, classifier_.weights, of.test)) {}

double judge::distance(saddle::gaussian_moments const& made, saddle::gaussian_moments const& real) {
  double const d = saddle::frechet_distance(real, made);
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}
double judge::score(saddle::samples const& made) const {
  double const s = saddle::inception_score(saddle::posteriors(classifier_.network, classifier_.weights, made)).mean;
  return std::isfinite(s) ? s : 1;
}
rated judge::rate(saddle::samples const& made) const {
  saddle::samples const few = first(made, published);
  return {score(made), distance(made), score(few), distance(seen_in(few), few_)};
}
std::string judge::in_words() const {
  return "The judge of " + name_ + ", " + classifier_.network.identity() + ", was trained in " + text(seconds_) +
         " s and tells " + text(100 * accuracy_, 4) + " % of the test images right.";
}
saddle::gaussian_moments judge::seen_in(saddle::samples const& images) const {
  return saddle::moments(saddle::features(classifier_.network, classifier_.weights, images));
}

}  // namespace evidence
