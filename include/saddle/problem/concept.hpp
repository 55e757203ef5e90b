#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which stochastic sample a gradient is taken on. Equal fields mean the same sample.
struct sample {
  std::uint64_t seed = 0;  // the run's
  int worker = 0;
  std::int64_t step = 0;  // counts from 1
  int draw = 0;           // tells an independent sample of the same step from the first; or full_batch
  friend bool operator==(sample, sample) = default;
};
/// A draw that is no sample: the mean over all data of a worker.
inline constexpr int full_batch = -1;

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

// Members that a problem may have. One that has the name but not the signature is an error: it would not be called, and
// nothing would say so. A variable of that name is none of these.

template <class P>
concept counts_its_workers = requires(P const p) {
  { p.workers() } -> std::convertible_to<int>;
};
template <class P>
concept names_its_tensors = requires(P const p) {
  { p.tensors(player::min) } -> std::convertible_to<std::vector<tensor>>;
};
template <class P>
concept has_gradient_buffers = requires(P const p) {
  { p.gradient_buffers(0) } -> std::convertible_to<point<typename P::scalar>>;
};
template <class P>
concept has_buffers = requires(P const p) {
  { p.buffers(0) } -> std::convertible_to<std::span<typename P::scalar>>;
};
template <class P>
concept binds_weights = requires(P p, point<typename P::scalar> w) { p.bind_weights(0, w); };
template <class P>
concept states_its_identity = requires(P const p) {
  { p.identity() } -> std::convertible_to<std::string>;
};
/// Can take the gradient of one player alone.
template <class P>
concept splits_by_player = requires(P const p, point<typename P::scalar const> at, sample s,
                                    point<typename P::scalar> out, player who) { p.gradient(at, s, out, who); };

/// Answers sample.draw == full_batch with the mean over all data of the worker, without noise.
template <class P>
concept gives_full_batches = requires { requires P::has_full_batches; };

/// Says what is minimized, on a sample.
template <class P>
concept gives_losses = requires(P const p, point<typename P::scalar const> at, sample s) {
  { p.loss(at, s) } -> std::convertible_to<double>;
};

/// Of a member that is not overloaded, whatever it takes.
template <class Pointer>
concept is_function = std::is_member_function_pointer_v<Pointer> || std::is_function_v<std::remove_pointer_t<Pointer>>;

template <class P>
concept workers_is_const_and_gives_an_int =
    counts_its_workers<P> ||
    !(requires(P& p) { p.workers(); } || requires { requires is_function<decltype(&P::workers)>; });
template <class P>
concept tensors_is_const_takes_a_player_and_gives_a_vector_of_tensors =
    names_its_tensors<P> ||
    !(requires(P& p) { p.tensors(player::min); } || requires { requires is_function<decltype(&P::tensors)>; });
template <class P>
concept gradient_buffers_is_const_takes_a_worker_and_gives_a_point =
    has_gradient_buffers<P> ||
    !(requires(P& p) { p.gradient_buffers(0); } || requires { requires is_function<decltype(&P::gradient_buffers)>; });
template <class P>
concept buffers_is_const_takes_a_worker_and_gives_a_span =
    has_buffers<P> || !(requires(P& p) { p.buffers(0); } || requires { requires is_function<decltype(&P::buffers)>; });
template <class P>
concept bind_weights_takes_a_worker_and_a_point =
    binds_weights<P> || !(requires { requires is_function<decltype(&P::bind_weights)>; });
template <class P>
concept identity_is_const_and_gives_a_string =
    states_its_identity<P> ||
    !(requires(P& p) { p.identity(); } || requires { requires is_function<decltype(&P::identity)>; });
template <class P>
concept gradient_of_one_player_is_const_and_takes_a_player =
    splits_by_player<P> ||
    !(requires(P& p, point<typename P::scalar const> at, sample s, point<typename P::scalar> out) {
        p.gradient(at, s, out, player::min);
      } || requires(P& p, point<typename P::scalar const> at, sample s, point<typename P::scalar> out) {
        p.gradient(at, s, out, 0);
      });
template <class P>
concept has_sound_options =
    workers_is_const_and_gives_an_int<P> && tensors_is_const_takes_a_player_and_gives_a_vector_of_tensors<P> &&
    gradient_buffers_is_const_takes_a_worker_and_gives_a_point<P> && identity_is_const_and_gives_a_string<P> &&
    buffers_is_const_takes_a_worker_and_gives_a_span<P> && bind_weights_takes_a_worker_and_a_point<P>;

/// A min-max problem, possibly stochastic, possibly different on every worker.
///
/// sizes()                    how many coordinates each player owns; constant
/// initial(seed, w)           writes the starting point, equal on all workers
/// gradient(at, sample, out)  writes F(at) = (grad_x f, -grad_y f) on worker `sample.worker`: both players
///                            descend. Called for different workers at the same time, so what it changes it
///                            keeps a worker apart. It must be a function of its arguments alone. `at` is where the
///                            optimizer wants it: the weights, or for omd and the second gradient of extragradient the
///                            worker's look-ahead point. A loss that is computed on the way is the loss there
/// gradient(at, sample, out, player)   optional: writes only that player's part; used by alternating methods
/// workers()                  optional: the most workers that the problem has data for
/// tensors(player)            optional: what a player's coordinates are, one after the other; for per-tensor grouping
/// gradient_buffers(worker)   optional: a span a player that is `out` for this worker, in place of an array of the
///                            trainer's; on 16 bytes, each worker's its own. Asked for before each step: they may be
///                            others than in the step before, and on the device a graph is then recorded anew
/// bind_weights(worker, w)    optional: called by a trainer before the first step for each array, in the executor's memory, at which
///                            gradients of a worker of this process will be taken: every `at` is one of these. Who keeps
///                            views of the weights makes them here. Workers that share an array are bound to it each
/// buffers(worker)            optional: what the problem keeps beside the weights, as the running statistics of a batch
///                            normalization: a span, of one size for all workers, each worker's its own, which stays where it
///                            is. It is saved and loaded with the run, and settings::buffers says what becomes of it where
///                            workers exchange. On the host
/// has_full_batches           optional: a constant, true where a sample with draw == full_batch is the mean over all data of
///                            the worker. Methods that need full batches (svrg, page, masha; not with a
///                            large_batch of samples in their place) refuse other problems
/// loss(at, sample)           optional: f on that sample; distributionally_robust asks for it
/// identity()                 optional: a text that differs where the problem does, with a checksum of its data: a
///                            checkpoint of one problem is then refused by a run of another. Asked once, at construction
///
/// A copy of a problem trains apart from the original: what gradients change in it, they change in it alone.
template <class P>
concept problem = names_its_scalar<P> && counts_its_players<P> && has_initial_weights<P> && has_a_gradient<P> &&
                  has_sound_options<P> && gradient_of_one_player_is_const_and_takes_a_player<P>;

/// Empty where the problem states none.
template <class P>
std::string identity_of([[maybe_unused]] P const& p) {
  if constexpr (states_its_identity<P>) return p.identity();
  else return {};
}

SADDLE_NAMESPACE_END
