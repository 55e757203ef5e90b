#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/running_sum.hpp"

SADDLE_NAMESPACE_BEGIN

// A scheme is how a topology combines with a compressor: who sends what, who keeps what, what comes of it. A small type
// that becomes part of the kernels; graph, weights, rounds and the number of workers are none of its business.
//
// outgoing(v, w, e, copy, anchor, per_unit)
//                                    p, the compressor's input, from the direction v
// keep(p, sent, e, copy)             after encoding, `sent` being exactly what a receiver decodes
// incoming(acc, gamma, w, copy)      the new w from acc = sum of weight_j decoded_j; with an anchor, w is the anchor
// restore(sent, e, copy, w, anchor)  as if nothing had been sent, because it was applied nowhere; if `averages`
//
// All speak of one coordinate; e, copy and anchor are numbers of the worker where the scheme has them:
//
// memory          keeps e, what is still owed
// copies          keeps public copies of type copy<T>, sums of what was sent; gossip mixes these instead of messages
// sums            adds acc up, and moves w by the sum, the average of all copies, times a unit: they are in units of the
//                 step size, so that they settle where gradients do, whatever the schedule. Where that is 0 nothing is sent
// steps           moves w when it encodes: w -= v
// averages        all workers combine the same messages, and come to the same w
// anchors         between rounds each goes its own way, from an anchor that all keep
// shares_weights  without one they always hold the same w, which is stored once a process
// late            takes the direction when it applies, not when it encodes
// on_average      takes the direction of what it combined: v is a gradient, and the memory in units of it. All workers'
//                 optimizers are in one state, which is stored once a process
// previous        keeps the w of the round before in the place of a copy, within an exchange
// amplifies       rounds make more of what a message has lost: nothing may be lost

/// What a scheme does not say of itself.
struct scheme_defaults {
  static constexpr bool memory = false, copies = false, sums = false, steps = false, averages = false, anchors = false,
                        shares_weights = false, late = false, on_average = false, previous = false,
                        amplifies = false;
  template <class T>
  using copy = T;
};

/// Parameter server: average the directions, or the gradients. With error memory, p = v + e and e = p - C(p). With
/// differences, p = v - copy and copy += C(p): as what is sent goes to zero and the copies do not, a copy of one number
/// would soon stand still, while the sum of the averages, which goes to zero too, does not.
///
/// With an anchor u = (anchor - w) + v, what has led away from there, takes the place of v. Where w never left, the
/// bits are those of v.
template <feedback Kept, bool Anchored = false, bool OnAverage = false>
struct updates : scheme_defaults {
  static constexpr bool memory = Kept == feedback::error, copies = Kept == feedback::difference, sums = copies,
                        averages = true, anchors = Anchored, shares_weights = !Anchored, on_average = OnAverage;
  template <class T>
  using copy = std::conditional_t<copies, running_sum<T>, T>;
  template <class T>
  SADDLE_HD static T outgoing(T v, [[maybe_unused]] T w, [[maybe_unused]] T e, [[maybe_unused]] copy<T> known,
                              [[maybe_unused]] T anchor, [[maybe_unused]] T per_unit) {
    if constexpr (Anchored) v = (anchor - w) + v;
    if constexpr (memory) return v + e;
    else if constexpr (copies) return per_unit > 0 ? (v * per_unit - known.value) - known.rest : T(0);
    else return v;
  }
  template <class T>
  SADDLE_HD static void keep(T p, T sent, [[maybe_unused]] T& e, [[maybe_unused]] copy<T>& known) {
    if constexpr (memory) e = p - sent;
    if constexpr (copies) known.add(sent);
  }
  template <class T>
  SADDLE_HD static T incoming(T acc, T, T w, T) {
    return w - acc;
  }
  /// Of p = u + e, the way that w has come is still in w; the direction waits in the memory.
  template <class T>
  SADDLE_HD static void restore(T sent, [[maybe_unused]] T& e, [[maybe_unused]] copy<T>& known, [[maybe_unused]] T w,
                                [[maybe_unused]] T anchor) {
    if constexpr (copies) known.add(-sent);
    else if constexpr (Anchored) e = (e + sent) - (anchor - w);
    else e += sent;
  }
};

/// Gossip of exact parameters: w = sum of W_mj (w_j - v_j), or of W_mj w_j and then the direction.
template <bool Late>
struct mixing : scheme_defaults {
  static constexpr bool late = Late;
  template <class T>
  SADDLE_HD static T outgoing(T v, T w, T, T, T, T) {
    return w - v;
  }
  template <class T>
  SADDLE_HD static void keep(T, T, T&, T&) {}
  template <class T>
  SADDLE_HD static T incoming(T acc, T, T, T) {
    return acc;
  }
};

/// Gossip of exact parameters whose rounds build on each other: w = sum of (1 + gamma) W_mj w_j - gamma (w of the round
/// before). That w must outlive the new one: to overwrite it with the new one first is another iteration, and does not
/// contract as this one does.
template <bool Late>
struct accelerated_mixing : scheme_defaults {
  static constexpr bool steps = !Late, late = Late, previous = true, amplifies = true;
  template <class T>
  SADDLE_HD static T outgoing(T v, T w, T, T, T, T) {
    return w - v;
  }
  template <class T>
  SADDLE_HD static void keep(T, T, T&, T&) {}
  template <class T>
  SADDLE_HD static T incoming(T acc, T gamma, T w, T& before) {
    T const next = acc - gamma * before;  // the weights hold (1 + gamma) W
    before = w;
    return next;
  }
};

/// Gossip of compressed differences to public copies: q = C(w - copy), copy += q,
/// w += gamma sum of W_mj (copy_j - copy_m). One copy a worker, whoever holds it adds the same bits to it; a running
/// sum over the neighbours would drift.
/// source  Koloskova, Stich, Jaggi: Decentralized SGD with Compressed Communication (CHOCO). ICML 2019
template <bool Late>
struct choco : scheme_defaults {
  static constexpr bool copies = true, steps = !Late, late = Late;
  template <class T>
  SADDLE_HD static T outgoing(T v, T w, T, T copy, T, T) {
    return (w - v) - copy;
  }
  template <class T>
  SADDLE_HD static void keep(T, T sent, T&, T& copy) {
    copy += sent;
  }
  template <class T>
  SADDLE_HD static T incoming(T acc, T gamma, T w, T copy) {
    return w + gamma * (acc - copy);
  }
};

/// Gossip of compressed parameters with error memory: send C(w - v + e), w += sum of gamma (W_mj - I_mj) decoded_j.
/// source  Tang et al.: DeepSqueeze. 2019
template <bool Late>
struct deep_squeeze : scheme_defaults {
  static constexpr bool memory = true, steps = !Late, late = Late;
  template <class T>
  SADDLE_HD static T outgoing(T v, T w, T e, T, T, T) {
    return (w - v) + e;
  }
  template <class T>
  SADDLE_HD static void keep(T p, T sent, T& e, T&) {
    e = p - sent;
  }
  template <class T>
  SADDLE_HD static T incoming(T acc, T, T w, T) {
    return w + acc;  // the weights hold gamma (W - I)
  }
};

SADDLE_NAMESPACE_END
