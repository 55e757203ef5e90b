#pragma once
#include <filesystem>
#include <string>

#include <saddle/core/samples.hpp>
#include <saddle/metric/frechet.hpp>
#include <saddle/problem/classifier.hpp>

#include "../trained_classifier.hpp"

namespace evidence {

/// Inception score of a classifier's posteriors, from 1 to the number of classes, and Frechet's distance on its
/// features from the test set, 0 being best: of many samples and all of that set, and as published of 500 and 500.
struct rated {
  double score, distance, score_few, distance_few;

  friend bool operator==(rated const&, rated const&) = default;
};

/// Rates generated images against images that nobody learnt from, by a convolutional classifier.
class rating {
 public:
  /// The classifier lies in `file`, or is trained and put there; an empty name keeps it nowhere.
  rating(saddle::samples const& train, saddle::samples const& test, saddle::classifier_options const& options,
         int epochs, int threads, std::filesystem::path const& file);

  /// Samples to be generated.
  int wanted() const { return 2000; }
  rated rate(saddle::samples const& made) const;
  /// Of the test set.
  double accuracy() const { return accuracy_; }

 private:
  trained_classifier classifier_;
  saddle::gaussian_moments all_, few_;
  double accuracy_;
};

}  // namespace evidence
