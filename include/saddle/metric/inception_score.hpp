#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"

SADDLE_NAMESPACE_BEGIN

/// Over the splits; the deviation is that of these numbers, not of their mean.
struct split_score {
  double mean = 0, deviation = 0;
};

/// exp E_x KL(p(y|x) || E_x p(y|x)) from the class probabilities p(y|x) that a classifier gives generated samples x:
/// high where each is of one class for sure and all classes come equally often. With a classifier of MNIST this is the
/// MNIST score.
///
/// splits   consecutive parts of equal size +-1, each scored alone
/// promise  between 1 and the number of classes, up to rounding; not a number if a probability is none
/// errors   std::invalid_argument for fewer samples than splits, values of another number, or what is not one
///          probability a class
/// source   Salimans et al.: Improved Techniques for Training GANs. NeurIPS 2016
inline split_score inception_score(samples const& posteriors, int splits = 1) {
  expect_whole(posteriors, "inception_score");
  expects(splits >= 1 && splits <= posteriors.count,
          "inception_score: there is a split or more, and a sample for each");
  auto const classes = static_cast<std::size_t>(posteriors.shape.size());
  for (int i = 0; i < posteriors.count; ++i) {
    double sum = 0;
    bool negative = false;
    for (float const p : posteriors[i]) sum += static_cast<double>(p), negative = negative || p < 0;
    expects(!negative && !(std::abs(sum - 1) > 1e-3),
            "inception_score: the probabilities of the classes are not negative, and their sum is 1");
  }
  split_score score;
  double squares = 0;
  for (int k = 0; k < splits; ++k) {
    auto const begin = [&](int split) { return static_cast<int>(std::int64_t{posteriors.count} * split / splits); };
    double const share = 1.0 / (begin(k + 1) - begin(k));
    std::vector<double> mean(classes);
    for (int i = begin(k); i < begin(k + 1); ++i)
      for (std::size_t c = 0; c < classes; ++c) mean[c] += share * static_cast<double>(posteriors[i][c]);
    double divergence = 0;
    for (int i = begin(k); i < begin(k + 1); ++i)
      for (std::size_t c = 0; c < classes; ++c)
        if (double const p = static_cast<double>(posteriors[i][c]); p != 0)
          divergence += share * p * std::log(p / mean[c]);
    double const one = std::exp(divergence);
    score.mean += one / splits;
    squares += one * one / splits;
  }
  double const variance = squares - score.mean * score.mean;
  score.deviation = variance < 0 ? 0 : std::sqrt(variance);
  return score;
}

SADDLE_NAMESPACE_END
