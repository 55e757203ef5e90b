#pragma once
#include <cstddef>
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/step/select.hpp"

SADDLE_NAMESPACE_BEGIN

/// Kernel 1 of a compressor that selects across buckets, in rounds, and the memory that these need.
template <class T, int Bucket, class Engine>
class global_selection {
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// Once, before anything is encoded.
  void reserve(Engine& engine, std::int64_t buckets) {
    tallies_ = engine.template allocate<bucket_tally>(static_cast<std::size_t>(buckets));
    before_ = engine.template allocate<bucket_tally>(static_cast<std::size_t>(buckets));
    totals_ = engine.template allocate<std::int64_t>(radix_search<T>::bins);
    search_ = engine.template allocate<radix_search<T>>(1);
    engine.template reserve_scan<bucket_tally>(buckets);
  }
  /// For the body that writes p.
  radix_search<T>* search() { return search_.data(); }

  /// `writes` puts p of some buckets aside, then the largest of it are found and encoded by `by`; where tensors are
  /// kept apart those of one after the other.
  ///
  /// writes.layout  with a table in the memory of the engine; `on_host` has it here
  /// skips          null, or in the memory of the engine: nothing is encoded
  template <class Scheme, class Writes, class C>
  void encode(Engine& engine, Writes const& writes, C const& by, bool const* skips, worker_arrays<T> const& who,
              message_planes const& message, bucket_layout const& on_host, bucket_range const& part) {
    std::int64_t pairs = 0;
    on_host.for_each_selection(part, [&](bucket_range const& from) {
      std::int64_t const kept = by.kept(on_host.coordinates(from));
      if (from.first < from.last)
        encode<Scheme>(engine, writes, by, skips, who, message, from, kept, static_cast<std::uint32_t>(pairs));
      pairs += kept;
    });
  }

 private:
  template <class Scheme, class Writes, class C>
  void encode(Engine& engine, Writes const& writes, C const& by, bool const* skips, worker_arrays<T> const& who,
              message_planes const& message, bucket_range const& from, std::int64_t kept, std::uint32_t pairs_before) {
    auto const [first, last] = from;
    bucket_layout const& layout = writes.layout;
    radix_search<T>* const search = search_.data();
    std::int64_t* const totals = totals_.data();
    engine.once(begin_search<T>{search, kept});
    engine.tally(writes, first, last, totals);
    for (int round = 0;; ++round) {
      engine.run(advance_body<T>{{search, totals}}, 1, 0, 1);
      if (round + 1 == radix_search<T>::rounds) break;
      engine.tally(observe_body<T, Bucket>{layout, who.outgoing, search}, first, last, totals);
    }
    bucket_tally *const tallies = tallies_.data(), *const before = before_.data();
    engine.run(count_body<T, Bucket>{layout, who.outgoing, search, tallies}, 1, first, last);
    engine.exclusive_scan(tallies + first, before + first, last - first);
    engine.run(select_body<Scheme, C, T, Bucket>{by, layout, skips, who, search, tallies, before, last, pairs_before,
                                                 message},
               1, first, last);
  }

  array<bucket_tally> tallies_, before_;
  array<std::int64_t> totals_;
  array<radix_search<T>> search_;
};

SADDLE_NAMESPACE_END
