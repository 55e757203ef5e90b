#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Reports the lowest coordinate of the tile that is not finite; true on every lane if there is one.
template <int Items, class G, class T>
SADDLE_HD bool finds_non_finite(G const& g, T const (&tile)[Items], bucket const& b, int count, std::int64_t* lowest) {
  auto const worst = g.template max<Items>(count, [&](int k) { return magnitude_bits(tile[k]); });
  if (worst < infinity_bits<T>) return false;
  std::int64_t mine = none;
  SADDLE_UNROLL
  for (int k = Items - 1; k >= 0; --k)
    if (int const i = place<Items, G::lanes>(g.lane(), k); i < count && !is_finite(tile[k])) mine = b.begin + i;
  if (mine != none) atomic_min(lowest, mine);
  return true;
}

SADDLE_NAMESPACE_END
