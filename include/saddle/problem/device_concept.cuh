#pragma once
#include <cuda_runtime_api.h>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

template <class P>
concept has_a_gradient_on_device = requires(P const p, point<typename P::scalar const> at, sample const* s,
                                            point<typename P::scalar> out, cudaStream_t stream) {
  p.gradient(at, s, out, stream);
};

/// A min-max problem whose data and gradients are on the device.
///
/// sizes(), initial(seed, w), workers()  as in `problem`: spans of the host
/// gradient_buffers(worker)              as in `problem`: spans of the device
/// gradient(at, s, out, stream)          enqueues F(at) on worker s->worker: spans and *s are memory of the
///                                       device. *s changes between replays of a captured graph, so kernels
///                                       read it and the host does not. Nothing here allocates or waits, and
///                                       all of it can be captured. Called by one host thread, on one stream
///                                       or on streams that wait for each other: calls may share memory.
/// gradient(at, s, out, player, stream)  optional: writes only that player's part
/// on_device(problem)                    optional, found by the argument's namespace: a problem of the host
///                                       as one of the device
template <class P>
concept device_problem =
    names_its_scalar<P> && counts_its_players<P> && has_initial_weights<P> && has_a_gradient_on_device<P> &&
    workers_is_a_function_to_int<P> && tensors_is_a_function_to_tensors<P> &&
    gradient_buffers_is_a_function_to_spans<P>;

/// Can take the gradient of one player alone.
template <class P>
concept splits_by_player_on_device = requires(P const p, point<typename P::scalar const> at, sample const* s,
                                              point<typename P::scalar> out, player who,
                                              cudaStream_t stream) {
  p.gradient(at, s, out, who, stream);
};

/// Can go to the device.
template <class P>
concept has_a_twin_on_device = requires(P const& p) {
  { on_device(p) } -> device_problem;
};

SADDLE_NAMESPACE_END
