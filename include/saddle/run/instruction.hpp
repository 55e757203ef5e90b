#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/local.hpp"
#include "saddle/kernel/measure.hpp"
#include "saddle/kernel/receive.hpp"
#include "saddle/kernel/relay.hpp"
#include "saddle/kernel/select.hpp"
#include "saddle/kernel/send.hpp"
#include "saddle/kernel/vector.hpp"
#include "saddle/run/global_selection.hpp"
#include "saddle/run/named_arrays.hpp"
#include "saddle/run/plan.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/step/list.hpp"

SADDLE_NAMESPACE_BEGIN

// The operations of a list without their types: tables of what they use, and pointers to the few functions that are
// compiled for each. All else of a run is compiled once for a coordinate type and an executor.

/// What a launch is told.
template <class T, class Engine>
struct launch_arguments {
  bucket_layout layout;            // for kernels
  bucket_layout const* on_host;
  bucket_range part;
  int rows = 0;
  exchange_facts const* now = nullptr;  // the launch_data of the operation
  array_row<T> const *table = nullptr, *kept = nullptr, *otherwise = nullptr;
  char const *absent = nullptr, *skips = nullptr;
  incoming<T> const* sources = nullptr;
  message_planes const* messages = nullptr;
  std::int64_t* non_finite = nullptr;
  void const *compressor = nullptr, *downlink = nullptr;  // on the host
  // Of a server.
  T* server_memory = nullptr;
  message_planes server_message{};
  std::uint32_t server = 0;
  // Of compressors that select across buckets.
  selection_memory<T, Engine>* selection = nullptr;
  T* const* outgoing = nullptr;                // of each row, on the host
  message_planes const* host_messages = nullptr;
  copy_elsewhere<T> const* copies = nullptr;
  T *sums = nullptr, *scalars = nullptr;       // of what is measured; of hosted workers
  int scalars_each = 0;
};

/// The policies of a run without their types.
struct policy_values {
  void const *all = nullptr, *compressor = nullptr, *downlink = nullptr, *topology = nullptr;
};

/// An exchanged vector without its types. Its own compressors are null where they are the run's.
template <class T, class Engine>
struct slot_code {
  using launch = void (*)(Engine&, launch_arguments<T, Engine> const&);
  char const* subject;
  bool averages, mixes_copies, repeats, integrates, by_edges;
  bool is_lossy_up, is_lossy_down, server_owes, selects_up, selects_down;
  void const *own_compressor, *own_downlink;
  std::unique_ptr<message_codec<T>> (*up)(void const* compressor);
  std::unique_ptr<message_codec<T>> (*down)(void const* downlink);
  std::vector<edge> (*hears)(void const* topology, std::int64_t step, int round, int worker, int workers);
  std::span<array_use const> again, kept, otherwise, undo;
  std::size_t again_bytes;
  void (*make_again)(void const* run, iteration const& i, exchange_facts const& facts, std::byte* to);
  launch send_again, relay, absorb, undo_sent;  // null where there is nothing to do
};

enum class action { gradient, local, vector, send, receive, measure, mix_scalars, change_scalars };

/// An operation without its types.
template <class T, class Engine>
struct instruction {
  using launch_function = void (*)(Engine&, launch_arguments<T, Engine> const&);
  action what = action::local;
  int player = both_players;
  // When.
  bool (*holds)(void const* run, std::int64_t step) = nullptr;  // null: always
  bool is_constant = true;
  int (*repeats)(void const* run) = nullptr;  // null: once
  int group = 0;                              // of what is repeated together
  bool for_absent = false, in_any_case = false;
  // A gradient.
  array_use at{}, into{};
  int (*draw)(void const* run, iteration const& i) = nullptr;
  // Kernels.
  slot_code<T, Engine> const* exchange = nullptr;
  std::span<array_use const> uses{};
  std::size_t data_bytes = 0;  // of a launch_data
  void (*make)(void const* run, iteration const& i, exchange_facts const& facts, std::byte* to) = nullptr;
  launch_function launch = nullptr;
  launch_function launch_after_relay = nullptr;
  int scalar = 0;  // which, or how many
  int first_scalar = 0;
  bool grows = true, of_tensors = false;
};

namespace detail {

template <class B, class U>
struct use_table;
template <class B, class... A>
struct use_table<B, uses<A...>> {
  template <class N>
  using array = typename array_meant<N, B>::type;
  template <class X>
  static constexpr array_use one() {
    using N = array<typename X::name>;
    return {N::text,
            N::where == storage::slot,
            N::from == start::at_weights,
            N::until == lifetime::run,
            N::of_optimizer,
            X::load,
            X::store};
  }
  static constexpr std::array<array_use, sizeof...(A)> values{one<A>()...};
};
template <class B, class U>
inline constexpr std::span<array_use const> uses_in{use_table<B, U>::values};
template <class N>
inline constexpr array_use use_of{N::text, N::where == storage::slot, N::from == start::at_weights,
                                  N::until == lifetime::run, N::of_optimizer, true, true};

template <class Run, class Make>
using operation_of = decltype(Make::template at<typename Run::scalar>(std::declval<Run const&>(), iteration{}));

/// Where a Make's operation of this iteration goes, behind the facts of the exchange.
template <class Run, class Make>
void make_data(void const* run, iteration const& i, exchange_facts const& facts, std::byte* to) {
  using T = typename Run::scalar;
  launch_data<operation_of<Run, Make>> const data{facts, Make::template at<T>(*static_cast<Run const*>(run), i)};
  std::memcpy(to, &data, sizeof data);
}
template <class Run, class Condition>
bool holds(void const* run, std::int64_t step) {
  return Condition::at(*static_cast<Run const*>(run), step);
}
template <class Run, class Count>
int count_of(void const* run) {
  return Count::at(*static_cast<Run const*>(run));
}

// ---- Launches: one function for each kernel, whatever the policies that it came from ----

template <class Op, class T, class Engine>
launch_data<Op> const* data_of(launch_arguments<T, Engine> const& a) {
  return static_cast<launch_data<Op> const*>(a.now);
}
template <class T, class Op, class Local, int Bucket, class Engine>
void launch_local(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(local_kernel<T, Op, Local, Bucket>{a.layout, data_of<Op>(a), a.table, a.absent, a.skips, a.non_finite},
             a.rows, a.part.first, a.part.last);
}
template <class T, class Op, int Bucket, class Engine>
void launch_vector(Engine& engine, launch_arguments<T, Engine> const& a) {
  if (a.part.first < a.part.last)
    engine.run(vector_kernel<T, Op, Bucket>{a.layout, data_of<Op>(a), a.table, a.absent, a.skips}, a.rows,
               a.part.first, a.part.first + 1);
}
template <class T, class Op, int Bucket, class Engine>
void launch_measure(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(measure_kernel<T, Op, Bucket>{a.layout, data_of<Op>(a), a.table, a.sums, a.on_host->buckets()}, a.rows,
             a.part.first, a.part.last);
}
template <class T, class Op, class Engine>
void launch_change_scalars(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.once(change_scalars_of_workers<T, Op>{data_of<Op>(a), a.scalars, a.rows, a.scalars_each, a.absent});
}
template <class T, class Give, class Local, class C, class Keep, class Otherwise, int Bucket, class Engine>
void launch_send(Engine& engine, launch_arguments<T, Engine> const& a) {
  C const& compressor = *static_cast<C const*>(a.compressor);
  if constexpr (selects_globally<C>) {
    for (int m = 0; m < a.rows; ++m)
      saddle::encode_selected(
          engine, *a.selection,
          put_aside_kernel<T, Give, Local, Otherwise, Bucket>{a.layout, data_of<Give>(a), a.table, a.otherwise, m,
                                                              a.absent, a.outgoing[m], a.non_finite,
                                                              a.selection->search.data()},
          select_kernel<T, C, Keep, Bucket>{compressor, a.layout, nullptr, a.kept + m,
                                            a.absent == nullptr ? nullptr : a.absent + m, a.outgoing[m],
                                            a.selection->search.data(), nullptr, nullptr, 0, 0, a.host_messages[m]},
          *a.on_host, a.part);
  } else {
    engine.run(send_kernel<T, Give, Local, C, Keep, Otherwise, Bucket>{compressor, a.layout, data_of<Give>(a), a.table,
                                                                       a.kept, a.otherwise, a.absent, a.messages,
                                                                       a.non_finite},
               a.rows, a.part.first, a.part.last);
  }
}
template <class T, class D, class Op, class Local, int Bucket, class Engine>
void launch_receive(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(receive_kernel<T, D, Op, Local, Bucket>{*static_cast<D const*>(a.compressor), a.layout, data_of<Op>(a),
                                                     a.table, a.absent, a.sources, a.non_finite},
             a.rows, a.part.first, a.part.last);
}
template <class T, class D, class Down, bool Owes, int Bucket, class Engine>
void launch_relay(Engine& engine, launch_arguments<T, Engine> const& a) {
  D const& decoder = *static_cast<D const*>(a.compressor);
  Down const& downlink = *static_cast<Down const*>(a.downlink);
  if constexpr (selects_globally<Down>) {
    using Keep = std::conditional_t<Owes, keeps_what_was_not_sent, chain<>>;
    saddle::encode_selected(
        engine, *a.selection,
        put_average_aside_kernel<Owes, D, T, Bucket>{decoder, a.layout, a.now, a.sources, a.server_memory,
                                                     a.outgoing[0], a.non_finite, a.selection->search.data()},
        select_kernel<T, Down, Keep, Bucket>{downlink, a.layout, &a.sources->skips, a.kept, nullptr, a.outgoing[0],
                                             a.selection->search.data(), nullptr, nullptr, 0, 0, a.server_message},
        *a.on_host, a.part);
  } else {
    engine.run(relay_kernel<T, D, Down, Owes, Bucket>{decoder, downlink, a.layout, a.now, a.sources, a.server_memory,
                                                      a.server_message, a.non_finite, a.server},
               1, a.part.first, a.part.last);
  }
}
template <class T, class D, int Bucket, class Engine>
void launch_absorb(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(absorb_kernel<T, D, Bucket>{*static_cast<D const*>(a.compressor), a.layout, a.now, a.copies}, a.rows,
             a.part.first, a.part.last);
}
template <class T, class D, class Undo, int Bucket, class Engine>
void launch_undo(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(undo_kernel<T, D, Undo, Bucket>{*static_cast<D const*>(a.compressor), a.layout, a.now, a.table, a.absent,
                                             a.sources, a.messages},
             a.rows, a.part.first, a.part.last);
}

}  // namespace detail

SADDLE_NAMESPACE_END
