#pragma once
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where the number of a name lies: in a register, in an array of the run, or in an array of each exchanged vector.
enum class storage { value, array, slot };
/// What an array holds at first: zeros, or the initial weights.
enum class start { at_zero, at_weights };
/// Whether anything of an array is needed after the step that wrote it. What lasts goes into checkpoints.
enum class lifetime { step, run };

/// A number that every coordinate has, under a name. Kernels bind it to a register or to an array. Every name has a
/// text: arrays are found by it, and those of a slot by the slot's text before it, as in "w.e".
template <storage Where, start From = start::at_zero, lifetime Until = lifetime::step>
struct quantity {
  static constexpr storage where = Where;
  static constexpr start from = From;
  static constexpr lifetime until = Until;
  /// Laid out as a message is, each tensor padded to whole blocks: others decode it like one.
  static constexpr bool as_message = false;
  /// What a server sends of it is added up: who does not take part has a change of 0.
  static constexpr bool integrates = false;
  /// Of an optimizer: what it remembers of gradients.
  static constexpr bool of_optimizer = false;
};
using in_register = quantity<storage::value>;
using scratch_array = quantity<storage::array>;
using state_array = quantity<storage::array, start::at_zero, lifetime::run>;
struct optimizer_state : state_array {
  static constexpr bool of_optimizer = true;
};
using weights_array = quantity<storage::array, start::at_weights, lifetime::run>;
using slot_scratch = quantity<storage::slot>;
using slot_state = quantity<storage::slot, start::at_zero, lifetime::run>;

/// The names that the parts of a step share. A policy adds its own.
namespace name {

struct w : weights_array { static constexpr char const* text = "w"; };  // the weights
struct h : weights_array { static constexpr char const* text = "h"; };  // the look-ahead point
struct g : scratch_array { static constexpr char const* text = "g"; };  // the gradient, or what stands for it

struct x : weights_array { static constexpr char const* text = "x"; };  // what an exchange moves: bound to w, h, ...
struct v : in_register { static constexpr char const* text = "v"; };    // how far x is to move down
struct base : in_register { static constexpr char const* text = "base"; };  // where a look-ahead starts
struct p : in_register { static constexpr char const* text = "p"; };        // the compressor's input
struct sent : in_register { static constexpr char const* text = "sent"; };  // what a receiver decodes
struct acc : in_register { static constexpr char const* text = "acc"; };    // the weighted sum of what was decoded
struct came : in_register { static constexpr char const* text = "came"; };  // a server's mean of v, or a graph's new x

struct e : slot_state { static constexpr char const* text = "e"; };  // error memory
struct copy : slot_state {                                           // the sum of what was sent
  static constexpr char const* text = "copy";
  static constexpr bool as_message = true;
};
struct rest : slot_state {  // what that sum has lost to rounding
  static constexpr char const* text = "rest";
  static constexpr bool as_message = true;
};
struct moved : scratch_array { static constexpr char const* text = "moved"; };  // the mean by which all moved
struct mean : weights_array { static constexpr char const* text = "mean"; };    // of the iterates
struct outgoing : slot_scratch { static constexpr char const* text = "outgoing"; };  // p, put aside to select from it

struct sum : slot_state { static constexpr char const* text = "sum"; };           // of what came
struct previous : slot_scratch { static constexpr char const* text = "previous"; };  // x of the round before
struct anchor : quantity<storage::slot, start::at_weights, lifetime::run> {       // where the workers last agreed
  static constexpr char const* text = "anchor";
};

}  // namespace name

SADDLE_NAMESPACE_END
