#pragma once
#include <filesystem>
#include <string>

#include <saddle/core/samples.hpp>
#include <saddle/metric/frechet.hpp>

#include "../trained_classifier.hpp"
#include "images.hpp"

namespace evidence {

/// Scores and distances of 2,000 generated images from all test images, and as MD-GAN's paper has them of 500 from 500.
struct rated {
  double score, distance, score_few, distance_few;

  friend bool operator==(rated const&, rated const&) = default;
};

/// Who looks at generated images: a convolutional classifier that was trained on real ones. What generated images are
/// compared with are real ones that it was not trained on.
///
/// file    FOLDER/judge_NAME.classifier keeps it, so that a study that is split or resumed has one judge; without a
///         folder it is trained each time. The file names its data and its training
/// errors  saddle::bad_checkpoint: a file of another judge
class judge {
 public:
  judge(image_set const& of, int threads, std::filesystem::path const& folder = {});

  /// Frechet's, from the test images, on the features of the last hidden layer: 0 is best. It is too large for few
  /// images: compare equally many. Infinite for images that are no numbers.
  double distance(saddle::samples const& made) const { return distance(seen_in(made), real_); }
  /// The same from other images than the test images.
  double distance(saddle::samples const& made, saddle::samples const& real) const {
    return distance(seen_in(made), seen_in(real));
  }
  /// The inception score of the posteriors, from 1 to the number of classes: for MNIST it is the MNIST score. 1 for
  /// images that are no numbers.
  double score(saddle::samples const& made) const;

  /// The first 500 of them alone are the few.
  rated rate(saddle::samples const& made) const;

  /// The share of test images whose class it tells.
  double accuracy() const { return accuracy_; }
  /// Seconds of the training, also where a file has kept it.
  double seconds() const { return seconds_; }
  /// A line for people.
  std::string in_words() const;

 private:
  saddle::gaussian_moments seen_in(saddle::samples const& images) const;
  static double distance(saddle::gaussian_moments const& made, saddle::gaussian_moments const& real);

  std::string name_;
  double seconds_ = 0;
  trained_classifier classifier_;
  saddle::gaussian_moments real_, few_;
  double accuracy_;
};

}  // namespace evidence
