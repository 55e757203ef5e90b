#pragma once
#include <cuda_runtime_api.h>

#include <utility>

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
/// sizes(), initial(seed, w), workers()  as in `problem`: spans of the host; also tensors(player), identity()
/// gradient_buffers(worker)              as in `problem`: spans of the device. The device may still use those of the last
///                                       step when it returns: trainer::report() waits
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
    has_sound_options<P>;

/// Can take the gradient of one player alone.
template <class P>
concept splits_by_player_on_device = requires(P const p, point<typename P::scalar const> at, sample const* s,
                                              point<typename P::scalar> out, player who,
                                              cudaStream_t stream) {
  p.gradient(at, s, out, who, stream);
};

template <class P>
concept has_an_eager_gradient = requires(P const p, point<typename P::scalar const> at, sample const& s,
                                         point<typename P::scalar> out, cudaStream_t stream) {
  p.gradient(at, s, out, stream);
};
/// A problem on the device whose gradients the host enqueues anew each step: as `device_problem`, but for a sample that
/// is the host's. Before each gradient the host waits for the stream to read it, and no graph is recorded.
template <class P>
concept eager_device_problem =
    names_its_scalar<P> && counts_its_players<P> && has_initial_weights<P> && has_an_eager_gradient<P> &&
    has_sound_options<P>;
template <class P>
concept splits_by_player_eagerly = requires(P const p, point<typename P::scalar const> at, sample const& s,
                                            point<typename P::scalar> out, player who, cudaStream_t stream) {
  p.gradient(at, s, out, who, stream);
};

/// Can go to the device.
template <class P>
concept has_a_twin_on_device = requires(P const& p) { on_device(p); } &&
                               (device_problem<decltype(on_device(std::declval<P const&>()))> ||
                                eager_device_problem<decltype(on_device(std::declval<P const&>()))>);

SADDLE_NAMESPACE_END
