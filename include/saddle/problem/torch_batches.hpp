#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/partition.hpp"

SADDLE_NAMESPACE_BEGIN

/// What torch problems ask for data: called with a sample and a generator that depends on it alone, for different
/// workers at the same time.
template <class B>
concept torch_batch_source = requires(B const& batches, sample s, torch::Generator g) { batches(s, g); };

/// Batches of a tensor whose first extent counts samples. Each worker has its own part, by the partition, and draws
/// from it with replacement, as a function of the sample alone: as mlp_gan does. Labels, one integer for each sample,
/// are for the partition only.
///
/// errors  std::invalid_argument: see parts_of; no batch, data on a device
class torch_batches {
 public:
  torch_batches(torch::Tensor samples, int workers, int batch, data_partition const& how = {},
                torch::Tensor const& labels = {})
      : samples_(samples.contiguous()), batch_(batch) {
    expects(samples_.dim() > 0 && samples_.device().is_cpu() && samples_.size(0) < std::int64_t{1} << 31,
            "torch_batches: the data are samples in the host's memory");
    expects(batch >= 1, "torch_batches: a batch is positive");
    std::vector<std::int64_t> classes;
    if (takes_labels(how) && labels.defined()) {
      expects(labels.dim() == 1 && labels.device().is_cpu() && torch::isIntegralType(labels.scalar_type(), false),
              "torch_batches: the labels of a partition are integers, one for each sample, in the host's memory");
      torch::Tensor const all = labels.to(torch::kInt64).contiguous();
      classes.assign(all.data_ptr<std::int64_t>(), all.data_ptr<std::int64_t>() + all.numel());
      partition_ = partition_identity(how) + " labels=" + checksum_of(all);
    }
    parts_ = parts_of(how, static_cast<int>(samples_.size(0)), classes, workers, "torch_batches");
  }

  int workers() const { return parts_.workers(); }
  std::int64_t count() const { return samples_.size(0); }
  /// Which samples, by their index, this worker draws from.
  std::span<int const> shard(int worker) const { return parts_.shard(worker); }
  torch::Tensor const& samples() const { return samples_; }
  std::string identity() const {
    return "batch=" + number_text(batch_) + " parts=" + number_text(workers()) + partition_ +
           " data=" + checksum_of(samples_);
  }
  torch::Tensor operator()(sample const& s, torch::Generator const&) const {
    return samples_.index_select(0, picks(s));
  }
  /// The indices of the samples of a batch.
  torch::Tensor picks(sample const& s) const {
    std::span<int const> const part = shard(s.worker);
    random_sequence random(batch_stream(s, purpose::data_order));
    torch::Tensor all = torch::empty({batch_}, torch::kInt64);
    for (std::int64_t& i : std::span(all.data_ptr<std::int64_t>(), static_cast<std::size_t>(batch_)))
      i = part[random.below(static_cast<std::uint32_t>(part.size()))];
    return all;
  }
  static std::string checksum_of(torch::Tensor const& t) {
    checksum sum;
    sum.add(std::span(static_cast<std::byte const*>(t.data_ptr()), t.nbytes()));
    return hex_text(sum.value());
  }

 private:
  torch::Tensor samples_;
  int batch_;
  data_parts parts_;
  std::string partition_;  // in the identity
};

/// The same with a label, or another target, for each sample. A partition that goes by labels takes them for that.
class torch_labelled_batches {
 public:
  torch_labelled_batches(torch::Tensor samples, torch::Tensor targets, int workers, int batch,
                         data_partition const& how = {})
      : samples_(std::move(samples), workers, batch, how, targets), targets_(targets.contiguous()) {
    expects(targets_.dim() > 0 && targets_.size(0) == samples_.count() && targets_.device().is_cpu(),
            "torch_labelled_batches: there is one target for each sample, in the host's memory");
  }

  int workers() const { return samples_.workers(); }
  std::span<int const> shard(int worker) const { return samples_.shard(worker); }
  std::string identity() const { return samples_.identity() + " targets=" + torch_batches::checksum_of(targets_); }
  torch::data::Example<> operator()(sample const& s, torch::Generator const& g) const {
    return {samples_(s, g), targets_.index_select(0, samples_.picks(s))};
  }

 private:
  torch_batches samples_;
  torch::Tensor targets_;
};

static_assert(torch_batch_source<torch_batches> && torch_batch_source<torch_labelled_batches>);

/// How many workers there are data for, and which data: the sources' own word, where they have one.
template <torch_batch_source B>
int torch_workers(B const& batches, int otherwise) {
  if constexpr (requires { batches.workers(); }) return batches.workers();
  else return otherwise;
}
template <torch_batch_source B>
std::string torch_identity(B const& batches) {
  if constexpr (requires { batches.identity(); }) return batches.identity();
  else return "batches=the user's";
}

SADDLE_NAMESPACE_END
