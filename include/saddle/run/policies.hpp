#pragma once
#include <cstdint>
#include <optional>
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Averages of the iterates: none, wbar = t/(t+1) wbar + w/(t+1), or wbar = decay wbar + (1 - decay) w.
///
/// What is averaged is w after each step, with w_0 in it: uniform is the mean of w_0 ... w_t. Theory's rates for
/// extragradient and omd are mostly of another average, that of the look-ahead points h_1 ... h_t where gradients were
/// taken. On the bilinear game and others that are monotone both come to the solution, not equally fast.
enum class averaging { none, uniform, exponential };

/// What a topology sends down, as a compressor. Identity is the neutral element of the family, and the one policy that
/// is known by name here.
template <class Topology>
using downlink_compressor = std::conditional_t<std::is_same_v<typename downlink_of<Topology>::type, exact_downlink>,
                                               identity, typename downlink_of<Topology>::type>;

/// The bucket length of a combination, the same both ways; identity goes along with any.
template <class Up, class Down>
constexpr int common_bucket() {
  if constexpr (Up::bucket != any_bucket) return Up::bucket;
  else if constexpr (Down::bucket != any_bucket) return Down::bucket;
  else return default_bucket;
}

/// What of a run is no policy and the same in all steps.
template <class T>
struct run_constants {
  std::uint64_t seed;
  T lo[2], hi[2];  // the boxes
  averaging average;
  double decay;
};

/// The policies of a run and its constants: what the operations of a step are made from.
template <class T, class O, class C, class Tp>
struct policies : run_constants<T> {
  using scalar = T;
  using optimizer_type = O;
  using compression = C;
  using topology_type = Tp;
  using down_type = downlink_compressor<Tp>;
  static constexpr bool is_exact = saddle::is_exact<wire_compressor<C>>;
  static constexpr feedback kept = feedback_of<C>;
  static constexpr bool has_server = topology_has_server<Tp>, on_average = topology_on_average<Tp>,
                        amplifies = topology_amplifies<Tp>, measures_norms = facts_of_steps<O>::measures_norms,
                        weighted = topology_weighted<Tp>;
  static constexpr int bucket = common_bucket<wire_compressor<C>, wire_compressor<down_type>>();
  /// What workers that share their weights owe moves w when it is paid; what DeepSqueeze keeps never does, and what is
  /// owed of local steps does so only in rounds.
  static constexpr bool can_subtract = kept == feedback::error && has_server && !steps_alone<Tp>;

  O optimizer;
  C compressor;
  Tp topology;

  auto const& exchange() const { return unwrapped_topology(topology); }
  bool combines_first() const { return combines_before_it_adapts(topology); }
  bool subtracts_memory() const {
    if constexpr (kept == feedback::error) return compressor.subtract_in_look_ahead.value_or(can_subtract);
    else return false;
  }
};

SADDLE_NAMESPACE_END
