#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/step/name.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

/// The first half of a kernel that sends, one bucket of one worker: `Give` leaves p, the compressor's input, and its
/// fresh part v. If p and all that Give stores are not finite, nothing is stored, that is reported, and p is what
/// `Otherwise` leaves, what an exchange sends without a direction, or zeros.
template <class T, class Give, class Local, class Otherwise, bool LeavesV>
struct giving_tile {
  using arrays = arrays_of<Give, Local>;
  using otherwise_arrays = arrays_of<Otherwise>;

  /// Whether what is kept is up to date with p.
  template <int Items, cooperative_group G>
  SADDLE_HD static bool run(G const& g, launch_data<Give> const& now, array_row<T> const& r,
                            array_row<T> const& otherwise, bucket const& b, int count, std::int64_t* lowest,
                            [[maybe_unused]] T (&v)[Items], T (&p)[Items]) {
    places<T, arrays> const at = places_in<arrays>(r, b);
    prefetch_next(count, at);
    bool finite = true;
    detail::decide(now.op, facts_of(r, b), [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const op = shared;
      auto const check = [&](auto const& bits) SADDLE_INLINE_LAMBDA {
        return !finds_non_finite_bits<T, Items>(g, bits, b, count, lowest);
      };
      if constexpr (LeavesV)
        finite = sweep_operation<Items>(g, count, op, at, check, detail::leaves<name::p>(p),
                                        detail::leaves<name::v>(v));
      else finite = sweep_operation<Items>(g, count, op, at, check, detail::leaves<name::p>(p));
    });
    if (finite) return true;
    if constexpr (LeavesV) for_each_item<Items>(g, count, [&](int k, int) { v[k] = T(0); });
    if constexpr (!std::is_same_v<Otherwise, chain<>>)
      detail::decide(Otherwise(), facts_of(otherwise, b), [&](auto const& op) SADDLE_INLINE_LAMBDA {
        finite = sweep_operation<Items>(
            g, count, op, places_in<otherwise_arrays>(otherwise, b),
            [&](auto const& bits) SADDLE_INLINE_LAMBDA {
              return !finds_non_finite_bits<T, Items>(g, bits, b, count, lowest);
            },
            detail::leaves<name::p>(p));
      });
    if (!finite) for_each_item<Items>(g, count, [&](int k, int) { p[k] = T(0); });
    return finite;
  }
};

/// A message of one bucket of a worker: Give leaves p, the compressor encodes it, Keep sees p and what was sent. Every
/// array is read and written once.
template <class T, class Give, class Local, class C, class Keep, class Otherwise, int Bucket>
struct send_kernel {
  static constexpr int length = Bucket;
  using giving = giving_tile<T, Give, Local, Otherwise, encodes_beside_the_direction<C>>;
  using kept_arrays = arrays_of<Keep>;
  C compressor;
  bucket_layout layout;
  launch_data<Give> const* now;
  array_row<T> const *rows, *kept, *otherwise;
  char const* absent;
  message_planes const* messages;  // where each worker's message is written
  std::int64_t* non_finite;        // each worker's lowest such coordinate

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    if (absent != nullptr && has_player(absent[m], b.player)) return;
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items], sent[Items];
    prefetch_next<C, T>(messages[m], b, count);
    bool const keeps = giving::run(g, *now, rows[m], otherwise[m], b, count, non_finite + m, v, p);
    saddle::encode_tile(compressor, g, p, v, sent, count, now->dither(rows[m].sender, b),
                        message_at<C, T>(messages[m], b));
    if (keeps)
      sweep_operation<Items>(g, count, Keep(), places_in<kept_arrays>(kept[m], b), unchecked{},
                             detail::given<name::p>(p), detail::given<name::sent>(sent));
  }
};

SADDLE_NAMESPACE_END
