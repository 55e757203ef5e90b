#pragma once
#include <saddle/core/samples.hpp>
#include <saddle/metric/frechet.hpp>

#include "../trained_classifier.hpp"

namespace evidence {

/// Who looks at generated images: a classifier that has learnt to tell the classes of the real ones apart.
class judge {
 public:
  judge(saddle::samples const& real, int epochs, int threads);

  /// Frechet's, from the real images, on the features of the last hidden layer: 0 is best. Infinite for images that are
  /// no numbers.
  double distance(saddle::samples const& made) const;
  /// The inception score of the posteriors, from 1 to the number of classes: for MNIST it is the MNIST score. 1 for
  /// images that are no numbers.
  double score(saddle::samples const& made) const;

 private:
  saddle::gaussian_moments seen_in(saddle::samples const& images) const;

  trained_classifier classifier_;
  saddle::gaussian_moments real_;
};

}  // namespace evidence
