#pragma once
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <saddle/metric/frechet.hpp>
#include <saddle/problem/concept.hpp>

#include "../trained_classifier.hpp"
#include "data_set.hpp"

namespace command_line {

/// How good generated samples are: images have a Frechet distance on pixels, if these are not too many, and what a
/// classifier makes of them where there is one, if it is finite; points in the plane modes. own_metrics.hpp has a place
/// for others.
struct score {
  std::optional<double> frechet_distance, feature_distance, inception_score;
  std::optional<int> modes_covered;
  std::optional<double> good_samples;
  std::optional<std::array<double, 2>> losses{};  // the generator's and the discriminator's, which the run adds
  std::vector<std::pair<std::string, std::optional<double>>> own{};
};

/// Adds them to a summary; what there is not is null. The names are the same for all scores.
void add(nlohmann::ordered_json& summary, score const& s);

/// What the players of a GAN minimize, over 16 batches of the first worker's data that are the same whenever it is asked
/// for, and that no run trains with; none where it is not finite.
template <class Gan, class Point>
std::optional<std::array<double, 2>> mean_losses(Gan const& gan, Point const& at) {
  constexpr int batches = 16;
  std::array<double, 2> mean{};
  for (int i = 1; i <= batches; ++i) {
    std::array<double, 2> const one = gan.losses(at, saddle::sample{.step = i, .draw = 2});
    for (std::size_t p : {0, 1}) mean[p] += one[p] / batches;
  }
  if (!std::isfinite(mean[0]) || !std::isfinite(mean[1])) return std::nullopt;
  return mean;
}

/// What rates samples that are to be like the data.
class rating {
 public:
  /// `classifier` is a file as examples/10_classifier.cpp writes it; empty: none.
  /// errors  saddle::bad_checkpoint, std::invalid_argument: it holds no classifier of such data
  rating(data_set const& data, std::string const& classifier);

  /// `real` are those of the data.
  score of(saddle::samples const& real, saddle::samples const& generated) const;

 private:
  std::vector<std::array<double, 2>> centres_;
  double deviation_;
  std::optional<saddle::gaussian_moments> pixels_;
  std::optional<trained_classifier> classifier_;
  saddle::gaussian_moments features_;  // with a classifier
};

}  // namespace command_line
