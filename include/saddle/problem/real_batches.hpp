#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/partition.hpp"
#include "saddle/problem/perceptron.hpp"

SADDLE_NAMESPACE_BEGIN

/// The real samples of a GAN as its networks see them, in the order of the workers' parts. Each worker draws its
/// batches from its part with replacement, as a function of the sample alone.
template <class T>
class real_batches {
 public:
  using matrix = batch_columns<T>;

  /// errors  std::invalid_argument in the name of `who`: see expect_data and parts_of
  real_batches(samples const& real, int workers, data_partition const& how, char const* who) {
    expect_data(real, who);
    parts_ = parts_of(how, real.count, real.labels, workers, who);
    columns_.resize(real.shape.size(), real.count);
    for (int j = 0; j < real.count; ++j)
      std::ranges::transform(real[index_of(j)], columns_.col(j).data(), [&](float v) {
        return real.bounds ? real.bounds->to_signed_unit(static_cast<T>(v)) : static_cast<T>(v);
      });
  }

  data_parts const& parts() const { return parts_; }
  /// All samples, one a column, in the order of the parts.
  matrix const& columns() const { return columns_; }
  /// Which sample of the data stands in a column.
  int index_of(int column) const { return parts_.order[static_cast<std::size_t>(column)]; }
  /// Which samples, by their index in the data, this worker draws from.
  std::span<int const> shard(int worker) const { return parts_.shard(worker); }
  /// f(j, column) for the j-th of `batch` samples.
  template <class F>
  void draw(sample const& s, int batch, F const& f) const {
    auto const [first, count] = parts_.of(s.worker);
    random_sequence order(batch_stream(s, purpose::data_order));
    for (int j = 0; j < batch; ++j) f(j, first + static_cast<int>(order.below(static_cast<std::uint32_t>(count))));
  }

 private:
  data_parts parts_;
  matrix columns_;
};

SADDLE_NAMESPACE_END
