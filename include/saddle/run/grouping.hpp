#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What no bucket of a message straddles, and what a compressor that selects across buckets selects from: whole_model,
/// two players, and both together; per_tensor, the tensors that the problem names, and each by itself.
enum class grouping { whole_model, per_tensor };

/// The tensors that buckets are not to straddle.
/// errors  std::invalid_argument, in the name of `who`
template <class P>
tensor_sizes tensors_of(P const& p, grouping how, char const* who) {
  tensor_sizes sizes;
  if (how == grouping::whole_model) return sizes;
  if constexpr (names_its_tensors<P>) {
    for (int k = 0; k < 2; ++k) {
      std::int64_t left = p.sizes().of(k);
      for (tensor const& one : p.tensors(static_cast<player>(k))) {
        expects(one.rows >= 0 && one.columns >= 0,
                [&] { return std::string(who) + ": a tensor of the problem has a negative extent"; });
        sizes[static_cast<std::size_t>(k)].push_back(one.size());
        left -= one.size();
      }
      expects(left == 0, [&] { return std::string(who) + ": the tensors of a player are not all of its coordinates"; });
    }
  } else {
    expects(false, "settings: per-tensor grouping needs a problem with tensors(player)");
  }
  return sizes;
}

/// For a description: nothing, or the sizes of the tensors that are kept apart.
inline std::string grouping_detail(bucket_layout const& all) {
  std::string text;
  for (int n = 0; n < all.tensors() && all.keeps_tensors_apart(); ++n) {
    bool const same_player = n > 0 && all.tensor_at(n).player == all.tensor_at(n - 1).player;
    text += (n == 0 ? " grouping=per-tensor:" : same_player ? "+" : "|") + std::to_string(all.tensor_at(n).size);
  }
  return text;
}

SADDLE_NAMESPACE_END
