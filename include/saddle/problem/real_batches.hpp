#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/perceptron.hpp"

SADDLE_NAMESPACE_BEGIN

/// The real samples of a GAN as its networks see them, in the one fixed order of all. Each worker has a part and draws
/// its batches from that with replacement, as a function of the sample alone.
template <class T>
class real_batches {
 public:
  using matrix = batch_columns<T>;

  /// errors  std::invalid_argument in the name of `who`: see expect_data, and for workers without a sample
  real_batches(samples const& real, int workers, char const* who) : workers_(workers) {
    expect_data(real, who);
    expects(workers >= 1 && workers <= real.count,
            [&] { return std::string(who) + ": there are from one worker to one a sample"; });
    order_ = order_of_data(real.count);
    columns_.resize(real.shape.size(), real.count);
    for (int j = 0; j < real.count; ++j)
      std::ranges::transform(real[order_[static_cast<std::size_t>(j)]], columns_.col(j).data(), [&](float v) {
        return real.bounds ? real.bounds->to_signed_unit(static_cast<T>(v)) : static_cast<T>(v);
      });
  }

  /// All samples, one a column; each worker's part is `part_of` these.
  matrix const& columns() const { return columns_; }
  /// Which sample of the data stands in a column.
  int index_of(int column) const { return order_[static_cast<std::size_t>(column)]; }
  /// Which samples, by their index in the data, this worker draws from.
  std::span<int const> shard(int worker) const {
    auto const [first, count] = part(worker);
    return {order_.data() + first, static_cast<std::size_t>(count)};
  }
  /// f(j, column) for the j-th of `batch` samples.
  template <class F>
  void draw(sample const& s, int batch, F const& f) const {
    auto const [first, count] = part(s.worker);
    random_sequence order(batch_stream(s, purpose::data_order));
    for (int j = 0; j < batch; ++j) f(j, first + static_cast<int>(order.below(static_cast<std::uint32_t>(count))));
  }

 private:
  data_part part(int worker) const {
    expects(worker >= 0 && worker < workers_, "real_batches: there is no such worker");
    return part_of(static_cast<int>(order_.size()), workers_, worker);
  }

  int workers_;
  std::vector<int> order_;
  matrix columns_;
};

SADDLE_NAMESPACE_END
