#pragma once
#include <cstddef>
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/kernel/select.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a selection across buckets keeps in the executor's memory.
template <class T, class Engine>
struct selection_memory {
  template <class U>
  using array = typename Engine::template array<U>;
  array<bucket_tally> tallies{}, before{};
  array<std::int64_t> totals{};
  array<radix_search<T>> search{};

  void reserve(Engine& engine, std::int64_t buckets) {
    tallies = engine.template allocate<bucket_tally>(static_cast<std::size_t>(buckets));
    before = engine.template allocate<bucket_tally>(static_cast<std::size_t>(buckets));
    totals = engine.template allocate<std::int64_t>(radix_search<T>::bins);
    search = engine.template allocate<radix_search<T>>(1);
    engine.template reserve_scan<bucket_tally>(buckets);
  }
};

/// `aside` puts p of some buckets into its array, then the largest of it are found and encoded by `last`; where tensors
/// are kept apart those of one after the other.
///
/// aside.layout  with a table in the memory of the engine; `on_host` has it here
template <class T, class Engine, class Aside, class Select>
void encode_selected(Engine& engine, selection_memory<T, Engine>& memory, Aside const& aside, Select last,
                     bucket_layout const& on_host, bucket_range const& part) {
  constexpr int Bucket = Aside::length;
  std::int64_t pairs = 0;
  on_host.for_each_selection(part, [&](bucket_range const& from) {
    std::int64_t const kept = last.compressor.kept(on_host.coordinates(from));
    std::int64_t const pairs_before = pairs;
    pairs += kept;
    if (from.first >= from.last) return;
    radix_search<T>* const search = memory.search.data();
    std::int64_t* const totals = memory.totals.data();
    engine.once(begin_search<T>{search, kept});
    engine.tally(aside, from.first, from.last, totals);
    for (int round = 0;; ++round) {
      engine.run(advance_body<T>{{search, totals}}, 1, 0, 1);
      if (round + 1 == radix_search<T>::rounds) break;
      engine.tally(observe_body<T, Bucket>{aside.layout, aside.outgoing, search}, from.first, from.last, totals);
    }
    bucket_tally *const tallies = memory.tallies.data(), *const before = memory.before.data();
    engine.run(count_body<T, Bucket>{aside.layout, aside.outgoing, search, tallies}, 1, from.first, from.last);
    engine.exclusive_scan(tallies + from.first, before + from.first, from.last - from.first);
    last.tallies = tallies;
    last.before = before;
    last.last = from.last;
    last.pairs_before = static_cast<std::uint32_t>(pairs_before);
    engine.run(last, 1, from.first, from.last);
  });
}

SADDLE_NAMESPACE_END
