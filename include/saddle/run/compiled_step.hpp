#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/step/list.hpp"

SADDLE_NAMESPACE_BEGIN

// What a list of operations comes to: an array of instructions, known at compile time.

namespace detail {

// ---- Slots ----

template <class C>
inline constexpr C default_of{};

template <class C, class T, bool Distributed>
std::unique_ptr<message_codec<T>> make_codec(void const* compressor) {
  return std::make_unique<message_codec_of<C, T, Distributed>>(*static_cast<C const*>(compressor));
}
template <class Rule, class Tp>
std::vector<edge> heard_in(void const* topology, std::int64_t step, int round, int worker, int workers) {
  return Rule::hears(*static_cast<Tp const*>(topology), step, round, worker, workers);
}

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

  static constexpr Up const* own_compressor() {
    if constexpr (std::is_same_v<typename Slot::compression, typename Run::compression>) return nullptr;
    else return &default_of<Up>;
  }
  static constexpr Down const* own_downlink() {
    if constexpr (std::is_same_v<typename Slot::downlink, exact_downlink>) return &default_of<Down>;
    else return nullptr;
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
      .by_edges = requires { requires Rule::by_edges; },
      .is_lossy_up = !is_exact<Up>,
      .is_lossy_down = is_lossy_down,
      .server_owes = saddle::has_memory<down_type>,
      .selects_up = selects,
      .selects_down = selects_globally<Down>,
      .own_compressor = own_compressor(),
      .own_downlink = own_downlink(),
      .up = make_codec<Up, T, Distributed>,
      .down = make_codec<Down, T, Distributed>,
      .hears = heard_in<Rule, typename Run::topology_type>,
      .again = uses_in<subject_binds, arrays_of<Again>>,
      .kept = uses_in<subject_binds, arrays_of<Keep>>,
      .otherwise = uses_in<subject_binds, arrays_of<Otherwise>>,
      .undo = uses_in<subject_binds, arrays_of<typename Rule::undoes>>,
      .again_bytes = sizeof(launch_data<Again>),
      .make_again = make_data<Run, made_in_turn<make_fixed<stay>, typename Rule::gives>>,
      .send_again = send_again(),
      .relay = relay(),
      .absorb = absorb(),
      .undo_sent = undo_sent()};
};

// ---- Instructions ----

template <class Run, class Engine, bool Distributed, class Op>
struct instruction_of;

template <class Run, class Engine, bool Distributed, class At, class Into, class Draw, int Player>
struct instruction_of<Run, Engine, Distributed, take_gradient<At, Into, Draw, Player>> {
  static constexpr instruction<typename Run::scalar, Engine> make() {
    return {.what = action::gradient,
            .player = Player,
            .at = use_of<At>,
            .into = use_of<Into>,
            .draw = [](void const* run, iteration const& i) { return Draw::at(*static_cast<Run const*>(run), i); }};
  }
};
template <class Run, class Engine, bool Distributed, class Make, class B, int Player, class Local>
struct instruction_of<Run, Engine, Distributed, local_operation<Make, B, Player, Local>> {
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
template <class Run, class Engine, bool Distributed, class Make, class Array, int Player>
struct instruction_of<Run, Engine, Distributed, vector_operation<Make, Array, Player>> {
  using T = typename Run::scalar;
  using Op = operation_of<Run, Make>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::vector,
            .player = Player,
            .for_absent = is_for_absent<Make>,
            .in_any_case = is_in_any_case<Make>,
            .uses = uses_in<binds<>, uses<inout<Array>>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, Make>,
            .launch = launch_vector<T, Op, Run::bucket, Engine>};
  }
};
template <class Run, class Engine, bool Distributed, int Scalar, class Make, class B, int Player, bool Grows>
struct instruction_of<Run, Engine, Distributed, measure_sum<Scalar, Make, B, Player, Grows>> {
  using T = typename Run::scalar;
  using Op = operation_of<Run, Make>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::measure,
            .player = Player,
            .uses = uses_in<B, arrays_of<Op>>,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, Make>,
            .launch = launch_measure<T, Op, Run::bucket, Engine>,
            .scalar = Scalar,
            .grows = Grows};
  }
};
template <class Run, class Engine, bool Distributed, int Scalar, class Make, class B, int Player>
struct instruction_of<Run, Engine, Distributed, measure_tensors<Scalar, Make, B, Player>> {
  static constexpr instruction<typename Run::scalar, Engine> make() {
    auto one = instruction_of<Run, Engine, Distributed, measure_sum<Scalar, Make, B, Player, false>>::make();
    one.of_tensors = true;
    return one;
  }
};
template <class Run, class Engine, bool Distributed, class Make>
struct instruction_of<Run, Engine, Distributed, change_scalars<Make>> {
  using T = typename Run::scalar;
  using Op = operation_of<Run, Make>;
  static constexpr instruction<T, Engine> make() {
    return {.what = action::change_scalars,
            .data_bytes = sizeof(launch_data<Op>),
            .make = make_data<Run, Make>,
            .launch = launch_change_scalars<T, Op, Engine>};
  }
};
template <class Run, class Engine, bool Distributed, int Scalars, int First>
struct instruction_of<Run, Engine, Distributed, mix_scalars<Scalars, First>> {
  using Slot = slot_in<typename Run::topology_type, Run, name::w>;
  static constexpr instruction<typename Run::scalar, Engine> make() {
    return {.what = action::mix_scalars,
            .exchange = &slot_of_types<Run, Slot, Engine, Distributed>::code,
            .scalar = Scalars,
            .first_scalar = First};
  }
};
template <class Run, class Engine, bool Distributed, class Slot, class Make, class B, int Player, class Local>
struct instruction_of<Run, Engine, Distributed, send_vector<Slot, Make, B, Player, Local>> {
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
struct instruction_of<Run, Engine, Distributed, receive_vector<Slot, Make, B, Player, Local>> {
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
struct instruction_of_item<Run, Engine, Distributed, list_item<Condition, Count, Group, Op>> {
  static constexpr instruction<typename Run::scalar, Engine> make() {
    auto one = instruction_of<Run, Engine, Distributed, Op>::make();
    if constexpr (!std::is_same_v<Condition, always>) {
      one.holds = holds<Run, Condition>;
      one.is_constant = Condition::constant;
    }
    if constexpr (!std::is_same_v<Count, done_once>) one.repeats = count_of<Run, Count>;
    one.group = Group;
    return one;
  }
};

template <class Run, class Engine, bool Distributed, class L>
struct program_of;
template <class Run, class Engine, bool Distributed, class... Item>
struct program_of<Run, Engine, Distributed, step_list<Item...>> {
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
