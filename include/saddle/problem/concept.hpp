#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which stochastic sample a gradient is taken on. Equal fields mean the same sample.
struct sample {
  std::uint64_t seed = 0;  // the run's
  int worker = 0;
  std::int64_t step = 0;  // counts from 1
  int draw = 0;           // tells an independent sample of the same step from the first
};

/// Extents of one tensor of a player's weights.
struct tensor {
  std::int64_t rows, columns;
  constexpr std::int64_t size() const { return rows * columns; }
  friend bool operator==(tensor, tensor) = default;
};

template <class P>
concept names_its_scalar = std::floating_point<typename P::scalar>;
template <class P>
concept counts_its_players = requires(P const p) {
  { p.sizes() } -> std::same_as<players>;
};
template <class P>
concept has_initial_weights =
    requires(P const p, point<typename P::scalar> w, std::uint64_t seed) { p.initial(seed, w); };
template <class P>
concept has_a_gradient = requires(P const p, point<typename P::scalar const> at, sample s,
                                  point<typename P::scalar> out) { p.gradient(at, s, out); };

// Optional members. One of the name but with another signature would be left out in silence.

template <class P>
concept counts_its_workers = requires(P const p) {
  { p.workers() } -> std::same_as<int>;
};
template <class P>
concept workers_is_a_function_to_int = !requires { &P::workers; } || counts_its_workers<P>;

template <class P>
concept names_its_tensors = requires(P const p) {
  { p.tensors(player::min) } -> std::same_as<std::vector<tensor>>;
};
template <class P>
concept tensors_is_a_function_to_tensors = !requires { &P::tensors; } || names_its_tensors<P>;

template <class P>
concept has_gradient_buffers = requires(P const p) {
  { p.gradient_buffers(0) } -> std::same_as<point<typename P::scalar>>;
};
template <class P>
concept gradient_buffers_is_a_function_to_spans = !requires { &P::gradient_buffers; } || has_gradient_buffers<P>;

/// Can take the gradient of one player alone.
template <class P>
concept splits_by_player = requires(P const p, point<typename P::scalar const> at, sample s,
                                    point<typename P::scalar> out, player who) { p.gradient(at, s, out, who); };
/// Converts to whatever a parameter is.
struct any_argument {
  template <class U>
  operator U() const;
};
template <class P>
concept gradient_of_one_takes_a_player =
    splits_by_player<P> ||
    !requires(P p, point<typename P::scalar const> at, sample s, point<typename P::scalar> out, any_argument who) {
      p.gradient(at, s, out, who);
    };

/// A min-max problem, possibly stochastic, possibly different on every worker.
///
/// sizes()                    how many coordinates each player owns; constant
/// initial(seed, w)           writes the starting point, equal on all workers
/// gradient(at, sample, out)  writes F(at) = (grad_x f, -grad_y f) on worker `sample.worker`: both players
///                            descend. Called for different workers at the same time, so what it changes it
///                            keeps a worker apart. It must be a function of its arguments alone.
/// gradient(at, sample, out, player)   optional: writes only that player's part; used by alternating methods
/// workers()                  optional: the most workers that the problem has data for
/// tensors(player)            optional: what a player's coordinates are, one after the other; for per-tensor grouping
/// gradient_buffers(worker)   optional: a span a player that is always `out` for this worker, in place of an array of
///                            the trainer's; on 16 bytes, each worker's its own
///
/// An optional member that is there with another signature is an error, and not left out.
template <class P>
concept problem = names_its_scalar<P> && counts_its_players<P> && has_initial_weights<P> && has_a_gradient<P> &&
                  workers_is_a_function_to_int<P> && tensors_is_a_function_to_tensors<P> &&
                  gradient_buffers_is_a_function_to_spans<P> && gradient_of_one_takes_a_player<P>;

SADDLE_NAMESPACE_END
