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
  row<T> const *table = nullptr, *kept = nullptr, *otherwise = nullptr;
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
  T* sums = nullptr;                           // of what is measured
};

/// An exchanged vector without its types.
template <class T, class Engine>
struct slot_code {
  using launch = void (*)(Engine&, launch_arguments<T, Engine> const&);
  char const* subject;
  bool averages, mixes_copies, repeats, integrates, anchored, has_memory;
  bool is_lossy_down, server_owes, selects_up, selects_down;
  std::unique_ptr<message_codec<T>> (*up)(void const* run);
  std::unique_ptr<message_codec<T>> (*down)(void const* run);
  void const* (*compressor)(void const* run);
  void const* (*downlink)(void const* run);
  std::vector<edge> (*hears)(void const* run, std::int64_t step, int round, int worker, int workers);
  std::span<array_use const> again, kept, otherwise, undo;
  std::size_t again_bytes;
  void (*make_again)(void const* run, iteration const& i, exchange_facts const& facts, std::byte* to);
  launch send_again, relay, absorb, undo_sent;  // null where there is nothing to do
};

enum class action { gradient, local, send, receive, measure, mix_scalars };

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
void launch_measure(Engine& engine, launch_arguments<T, Engine> const& a) {
  engine.run(measure_kernel<T, Op, Bucket>{a.layout, data_of<Op>(a), a.table, a.sums, a.on_host->buckets()}, a.rows,
             a.part.first, a.part.last);
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
/// What is kept of the server's p = average + memory.
struct keeps_server_memory {
  using values = uses<in<name::p>, in<name::sent>, out<name::e>>;
  template <class T>
  SADDLE_HD void operator()(T p, T sent, T& e) const {
    e = p - sent;
  }
};
template <class T, class D, class Down, bool Owes, int Bucket, class Engine>
void launch_relay(Engine& engine, launch_arguments<T, Engine> const& a) {
  D const& decoder = *static_cast<D const*>(a.compressor);
  Down const& downlink = *static_cast<Down const*>(a.downlink);
  if constexpr (selects_globally<Down>) {
    using Keep = std::conditional_t<Owes, keeps_server_memory, chain<>>;
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

// ---- Slots ----

template <class C>
inline constexpr C default_of{};

template <class Run, class Slot, class Engine, bool Distributed>
struct slot_of_types {
  using T = typename Run::scalar;
  using Rule = typename Slot::rule;
  using Up = wire_compressor<typename Slot::compression>;
  using down_type = std::conditional_t<std::is_same_v<typename Slot::downlink, exact_downlink>, identity,
                                       typename Slot::downlink>;
  using Down = wire_compressor<down_type>;
  static constexpr bool is_lossy_down = !is_exact<Down>, selects = selects_globally<Up>;
  static constexpr bool may_relay = Rule::averages && (is_lossy_down || Distributed);
  static constexpr bool falls_back = (Rule::anchored && has_memory<typename Slot::compression>) || selects;
  static constexpr int bucket = Run::bucket;
  using subject_binds = binds<means<name::x, typename Slot::subject>>;
  using Otherwise = std::conditional_t<falls_back, typename Rule::otherwise, chain<>>;
  using Again = chain<stay, operation_of<Run, typename Rule::gives>>;
  using Keep = typename Rule::keeps;
  /// What a worker decodes: messages, public copies, or what the server says.
  using Direct = std::conditional_t<Rule::mixes_copies, identity, Up>;

  static Up const& compressor(Run const& r) {
    if constexpr (std::is_same_v<typename Slot::compression, typename Run::compression>) return unwrapped(r.compressor);
    else return default_of<Up>;
  }
  static Down const& downlink([[maybe_unused]] Run const& r) {
    if constexpr (std::is_same_v<typename Slot::downlink, exact_downlink>) return default_of<Down>;
    else return unwrapped(r.exchange().downlink);
  }

  using code_type = slot_code<T, Engine>;
  using launch = typename code_type::launch;
  static constexpr launch send_again() {
    if constexpr (Rule::repeats) return launch_send<T, Again, names<>, Up, Keep, Otherwise, bucket, Engine>;
    else return nullptr;
  }
  static constexpr launch relay() {
    if constexpr (may_relay) return launch_relay<T, Up, Down, saddle::has_memory<down_type>, bucket, Engine>;
    else return nullptr;
  }
  static constexpr launch absorb() {
    if constexpr (Rule::mixes_copies && Distributed) return launch_absorb<T, Up, bucket, Engine>;
    else return nullptr;
  }
  static constexpr launch undo_sent() {
    if constexpr (std::is_same_v<typename Rule::undoes, chain<>>) return nullptr;
    else return launch_undo<T, Up, typename Rule::undoes, bucket, Engine>;
  }
  static constexpr code_type code{
      .subject = Slot::subject::text,
      .averages = Rule::averages,
      .mixes_copies = Rule::mixes_copies,
      .repeats = Rule::repeats,
      .integrates = Rule::integrates,
      .anchored = Rule::anchored,
      .has_memory = saddle::has_memory<typename Slot::compression>,
      .is_lossy_down = is_lossy_down,
      .server_owes = saddle::has_memory<down_type>,
      .selects_up = selects,
      .selects_down = selects_globally<Down>,
      .up = [](void const* run) -> std::unique_ptr<message_codec<T>> {
        return std::make_unique<message_codec_of<Up, T, Distributed>>(compressor(*static_cast<Run const*>(run)));
      },
      .down = [](void const* run) -> std::unique_ptr<message_codec<T>> {
        return std::make_unique<message_codec_of<Down, T, Distributed>>(downlink(*static_cast<Run const*>(run)));
      },
      .compressor = [](void const* run) -> void const* { return &compressor(*static_cast<Run const*>(run)); },
      .downlink = [](void const* run) -> void const* { return &downlink(*static_cast<Run const*>(run)); },
      .hears =
          [](void const* run, std::int64_t step, int round, int worker, int workers) {
            return Rule::hears(static_cast<Run const*>(run)->topology, step, round, worker, workers);
          },
      .again = uses_in<subject_binds, arrays_of<Again>>,
      .kept = uses_in<subject_binds, arrays_of<Keep>>,
      .otherwise = uses_in<subject_binds, arrays_of<Otherwise>>,
      .undo = uses_in<subject_binds, arrays_of<typename Rule::undoes>>,
      .again_bytes = sizeof(launch_data<Again>),
      .make_again = make_data<Run, made_in_turn<fixed<stay>, typename Rule::gives>>,
      .send_again = send_again(),
      .relay = relay(),
      .absorb = absorb(),
      .undo_sent = undo_sent()};
};

// ---- Instructions ----

template <class Run, class Engine, bool Distributed, class Op>
struct instruction_of;

template <class Run, class Engine, bool Distributed, class At, class Into, class Draw, int Player>
struct instruction_of<Run, Engine, Distributed, gradient<At, Into, Draw, Player>> {
  static constexpr instruction<typename Run::scalar, Engine> make() {
    return {.what = action::gradient,
            .player = Player,
            .at = use_of<At>,
            .into = use_of<Into>,
            .draw = [](void const* run, iteration const& i) { return Draw::at(*static_cast<Run const*>(run), i); }};
  }
};
template <class Run, class Engine, bool Distributed, class Make, class B, int Player, class Local>
struct instruction_of<Run, Engine, Distributed, local<Make, B, Player, Local>> {
  using T = typename Run::scalar;
  using Op = operation_of<Run, Make>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::local,
            .player = Player,
            .for_absent = is_for_absent<Make>,
            .in_any_case = is_in_any_case<Make>,
            .uses = uses_in<B, arrays_of<Op, Local>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, Make>,
            .launch = launch_local<T, Op, Local, Run::bucket, Engine>};
  }
};
template <class Run, class Engine, bool Distributed, int Scalar, class Make, class B, int Player>
struct instruction_of<Run, Engine, Distributed, measure<Scalar, Make, B, Player>> {
  using T = typename Run::scalar;
  using Op = operation_of<Run, Make>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::measure,
            .player = Player,
            .uses = uses_in<B, arrays_of<Op>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, Make>,
            .launch = launch_measure<T, Op, Run::bucket, Engine>,
            .scalar = Scalar};
  }
};
template <class Run, class Engine, bool Distributed, int Scalars>
struct instruction_of<Run, Engine, Distributed, mix_scalars<Scalars>> {
  using Slot = slot_in<typename Run::topology_type, Run, name::w>;
  static constexpr instruction<typename Run::scalar, Engine> make() {
    return {.what = action::mix_scalars,
            .exchange = &slot_of_types<Run, Slot, Engine, Distributed>::code,
            .scalar = Scalars};
  }
};
template <class Run, class Engine, bool Distributed, class Slot, class Make, class B, int Player, class Local>
struct instruction_of<Run, Engine, Distributed, send<Slot, Make, B, Player, Local>> {
  using T = typename Run::scalar;
  using types = slot_of_types<Run, Slot, Engine, Distributed>;
  using giving = made_in_turn<Make, typename Slot::rule::gives>;
  using Op = operation_of<Run, giving>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::send,
            .player = Player,
            .exchange = &types::code,
            .uses = uses_in<typename with_binds<B, means<name::x, typename Slot::subject>>::type, arrays_of<Op, Local>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, giving>,
            .launch = launch_send<T, Op, Local, typename types::Up, typename types::Keep, typename types::Otherwise,
                                  Run::bucket, Engine>};
  }
};
template <class Run, class Engine, bool Distributed, class Slot, class Make, class B, int Player, class Local>
struct instruction_of<Run, Engine, Distributed, receive<Slot, Make, B, Player, Local>> {
  using T = typename Run::scalar;
  using types = slot_of_types<Run, Slot, Engine, Distributed>;
  using taking = made_in_turn<typename Slot::rule::arrives, Make>;
  using Op = operation_of<Run, taking>;
  using launch_function = typename instruction<T, Engine>::launch_function;
  static constexpr launch_function direct() {
    if constexpr (Slot::rule::averages && types::is_lossy_down) return nullptr;
    else return launch_receive<T, typename types::Direct, Op, Local, Run::bucket, Engine>;
  }
  static constexpr launch_function after_relay() {
    if constexpr (types::may_relay) return launch_receive<T, typename types::Down, Op, Local, Run::bucket, Engine>;
    else return nullptr;
  }
  static constexpr instruction<T, Engine> make() {
    return {.what = action::receive,
            .player = Player,
            .exchange = &types::code,
            .uses = uses_in<typename with_binds<B, means<name::x, typename Slot::subject>>::type, arrays_of<Op, Local>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, taking>,
            .launch = direct(),
            .launch_after_relay = after_relay()};
  }
};

template <class Run, class Engine, bool Distributed, class Item>
struct instruction_of_item;
template <class Run, class Engine, bool Distributed, class Condition, class Count, int Group, class Op>
struct instruction_of_item<Run, Engine, Distributed, item<Condition, Count, Group, Op>> {
  static constexpr instruction<typename Run::scalar, Engine> make() {
    auto one = instruction_of<Run, Engine, Distributed, Op>::make();
    if constexpr (!std::is_same_v<Condition, always>) {
      one.holds = holds<Run, Condition>;
      one.is_constant = Condition::constant;
    }
    if constexpr (!std::is_same_v<Count, once>) one.repeats = count_of<Run, Count>;
    one.group = Group;
    return one;
  }
};

template <class Run, class Engine, bool Distributed, class L>
struct program_of;
template <class Run, class Engine, bool Distributed, class... Item>
struct program_of<Run, Engine, Distributed, list<Item...>> {
  static_assert(sizeof...(Item) <= 64, "the kind of a step is a mask of 64 bits");
  static constexpr std::array<instruction<typename Run::scalar, Engine>, sizeof...(Item)> code{
      instruction_of_item<Run, Engine, Distributed, Item>::make()...};
};

}  // namespace detail

/// The step of these policies, compiled for an engine.
template <class Run, class Engine, bool Distributed, class List>
inline constexpr std::span<instruction<typename Run::scalar, Engine> const> compiled_step{
    detail::program_of<Run, Engine, Distributed, List>::code};

SADDLE_NAMESPACE_END
