#pragma once
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>
#include <saddle/metric/frechet.hpp>

#include "../trained_classifier.hpp"
#include "data_set.hpp"

namespace command_line {

/// How good generated samples are: images have a Frechet distance on pixels, if these are not too many, and what a
/// classifier makes of them where there is one, if it is finite; points in the plane modes.
struct score {
  std::optional<double> frechet_distance, feature_distance, inception_score;
  std::optional<int> modes_covered;
  std::optional<double> good_samples;
};

/// Adds them to a summary; what there is not is null.
void add(nlohmann::ordered_json& summary, score const& s);

/// What rates samples that are to be like the data.
class rating {
 public:
  /// `classifier` is a file as examples/10_classifier.cpp writes it; empty: none.
  /// errors  saddle::bad_checkpoint, std::invalid_argument: it holds no classifier of such data
  rating(data_set const& data, std::string const& classifier);

  score of(saddle::samples const& generated) const;

 private:
  std::vector<std::array<double, 2>> centres_;
  double deviation_;
  std::optional<saddle::gaussian_moments> pixels_;
  std::optional<trained_classifier> classifier_;
  saddle::gaussian_moments features_;  // with a classifier
};

}  // namespace command_line
