#pragma once
#include "saddle/config.hpp"
#include "saddle/core/worker_arrays.hpp"

SADDLE_NAMESPACE_BEGIN

// A scheme is how a topology combines with a compressor: who sends what, who keeps what, what comes of it. A small type
// that becomes part of the kernels; graph, weights, rounds and the number of workers are none of its business.
//
// outgoing(a, i, v, held)     p, the compressor's input, from the direction v; `held` passes a value on to keep
// held(a, i)                  the same value read again, where p was put aside for a selection
// keep(a, i, p, sent, held)   after encoding, `sent` being exactly what a receiver decodes
// incoming(a, i, acc, gamma)  the new w from acc = sum of weight_j decoded_j
//
// memory          keeps e, what is still owed
// copies          keeps public copies, and mixes these instead of messages
// shares_weights  all workers hold the same w, which is stored once a process
// late            takes the direction when it applies, not when it encodes

/// Parameter server: average the directions. With memory, p = v + e and e = p - C(p).
template <bool Memory>
struct updates {
  static constexpr bool memory = Memory, copies = false, shares_weights = true, late = false;
  template <class T>
  SADDLE_HD static T outgoing(worker_arrays<T> const& a, int i, T v, T&) {
    if constexpr (Memory) return v + a.memory[i];
    else return v;
  }
  template <class T>
  SADDLE_HD static T held(worker_arrays<T> const&, int) {
    return T(0);
  }
  template <class T>
  SADDLE_HD static void keep(worker_arrays<T> const& a, int i, T p, T sent, T) {
    if constexpr (Memory) a.memory[i] = p - sent;
  }
  template <class T>
  SADDLE_HD static T incoming(worker_arrays<T> const& a, int i, T acc, T) {
    return a.w[i] - acc;
  }
};

/// Gossip of exact parameters: w = sum of W_mj (w_j - v_j), or of W_mj w_j and then the direction.
template <bool Late>
struct mixing {
  static constexpr bool memory = false, copies = false, shares_weights = false, late = Late;
  template <class T>
  SADDLE_HD static T outgoing(worker_arrays<T> const& a, int i, T v, T&) {
    return a.w[i] - v;
  }
  template <class T>
  SADDLE_HD static T held(worker_arrays<T> const&, int) {
    return T(0);
  }
  template <class T>
  SADDLE_HD static void keep(worker_arrays<T> const&, int, T, T, T) {}
  template <class T>
  SADDLE_HD static T incoming(worker_arrays<T> const&, int, T acc, T) {
    return acc;
  }
};

/// Gossip of compressed differences to public copies: q = C(w - copy), copy += q, w += gamma sum of W_mj (copy_j - copy_m).
/// One copy a worker, whoever holds it adds the same bits to it; a running sum over the neighbours would drift.
/// source  Koloskova, Stich, Jaggi: Decentralized SGD with Compressed Communication (CHOCO). ICML 2019
template <bool Late>
struct choco {
  static constexpr bool memory = false, copies = true, shares_weights = false, late = Late;
  template <class T>
  SADDLE_HD static T outgoing(worker_arrays<T> const& a, int i, T v, T& held) {
    T const x = a.w[i] - v;
    a.w[i] = x;
    held = a.copy[i];
    return x - held;
  }
  template <class T>
  SADDLE_HD static T held(worker_arrays<T> const& a, int i) {
    return a.copy[i];
  }
  template <class T>
  SADDLE_HD static void keep(worker_arrays<T> const& a, int i, T, T sent, T held) {
    a.copy[i] = held + sent;
  }
  template <class T>
  SADDLE_HD static T incoming(worker_arrays<T> const& a, int i, T acc, T gamma) {
    return a.w[i] + gamma * (acc - a.copy[i]);
  }
};

/// Gossip of compressed parameters with error memory: send C(w - v + e), w += sum of gamma (W_mj - I_mj) decoded_j.
/// source  Tang et al.: DeepSqueeze. 2019
template <bool Late>
struct deep_squeeze {
  static constexpr bool memory = true, copies = false, shares_weights = false, late = Late;
  template <class T>
  SADDLE_HD static T outgoing(worker_arrays<T> const& a, int i, T v, T& held) {
    T const x = a.w[i] - v;
    a.w[i] = x;
    held = T(0);
    return x + a.memory[i];
  }
  template <class T>
  SADDLE_HD static T held(worker_arrays<T> const&, int) {
    return T(0);
  }
  template <class T>
  SADDLE_HD static void keep(worker_arrays<T> const& a, int i, T p, T sent, T) {
    a.memory[i] = p - sent;
  }
  template <class T>
  SADDLE_HD static T incoming(worker_arrays<T> const& a, int i, T acc, T) {
    return a.w[i] + acc;  // the weights hold gamma (W - I)
  }
};

SADDLE_NAMESPACE_END
