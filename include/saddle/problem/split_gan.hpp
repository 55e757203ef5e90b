#pragma once
#include <concepts>
#include <cstdint>
#include <span>

#include "saddle/config.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Samples that a generator made, one after the other, and what its noise was drawn by.
template <class T>
struct generated_batch {
  sample noise;
  std::span<T const> values;
};

/// A number for each kind of pass that a pair makes: how many there were, or what one of them costs.
struct per_pass {
  std::int64_t generate = 0, pull_back = 0, ascend = 0, feedback = 0;

  per_pass& operator+=(per_pass o) {
    generate += o.generate;
    pull_back += o.pull_back;
    ascend += o.ascend;
    feedback += o.feedback;
    return *this;
  }
  friend bool operator==(per_pass, per_pass) = default;
};

template <class P>
concept sizes_its_batches = requires(P const p) {
  { p.batch() } -> std::same_as<int>;
  { p.sample_size() } -> std::same_as<int>;
};
template <class P>
concept generates_samples =
    requires(P const p, std::span<typename P::scalar const> generator, sample noise,
             std::span<typename P::scalar> out) { p.generate(generator, noise, out); };
template <class P>
concept pulls_feedback_back =
    requires(P const p, std::span<typename P::scalar const> generator, sample noise,
             std::span<typename P::scalar const> feedback, std::span<typename P::scalar> out) {
      p.pull_back(generator, noise, feedback, out);
    };
template <class P>
concept ascends = requires(P const p, std::span<typename P::scalar const> discriminator, sample s,
                           generated_batch<typename P::scalar> fake,
                           std::span<typename P::scalar> out) { p.ascend(discriminator, s, fake, out); };
template <class P>
concept gives_feedback = requires(P const p, std::span<typename P::scalar const> discriminator, sample s,
                                  generated_batch<typename P::scalar> fake,
                                  std::span<typename P::scalar> out) { p.feedback(discriminator, s, fake, out); };

template <class P>
concept counts_its_operations = requires(P const p) {
  { p.operations() } -> std::convertible_to<per_pass>;
};
template <class P>
concept operations_is_const_and_gives_a_per_pass =
    counts_its_operations<P> ||
    !(requires(P& p) { p.operations(); } || requires { requires is_function<decltype(&P::operations)>; });

// Members that a pair may have, as those of a problem.

template <class P>
concept has_generator_buffers = requires(P const p) {
  { p.generator_buffers(0) } -> std::convertible_to<std::span<typename P::scalar>>;
};
template <class P>
concept has_discriminator_buffers = requires(P const p) {
  { p.discriminator_buffers(0) } -> std::convertible_to<std::span<typename P::scalar>>;
};
template <class P>
concept generator_buffers_is_const_takes_a_batch_and_gives_a_span =
    has_generator_buffers<P> || !(requires(P& p) {
      p.generator_buffers(0);
    } || requires { requires is_function<decltype(&P::generator_buffers)>; });
template <class P>
concept discriminator_buffers_is_const_takes_a_worker_and_gives_a_span =
    has_discriminator_buffers<P> || !(requires(P& p) {
      p.discriminator_buffers(0);
    } || requires { requires is_function<decltype(&P::discriminator_buffers)>; });
/// buffers(worker), where it is a problem too, does not say which of them are the generator's.
template <class P>
concept buffers_of_a_pair_are_told_apart =
    !has_buffers<P> || (has_generator_buffers<P> && has_discriminator_buffers<P>);
template <class P>
concept has_sound_options_of_a_pair =
    has_sound_options<P> && operations_is_const_and_gives_a_per_pass<P> &&
    generator_buffers_is_const_takes_a_batch_and_gives_a_span<P> &&
    discriminator_buffers_is_const_takes_a_worker_and_gives_a_span<P> && buffers_of_a_pair_are_told_apart<P>;

/// A generator and a discriminator in different places: nothing goes from one to the other but samples, and back the
/// derivatives by them.
///
/// sizes(), initial(seed, w), workers(), identity()   as of a `problem`
/// batch(), sample_size()                 b samples of s values; a span of samples, or of feedbacks, has b s
/// generate(generator, noise, out)        the samples G(Z); `noise` draws Z, its `worker` is the number of the batch
/// pull_back(generator, noise, feedback, out)   the generator's gradient, sum over i of feedback_i dx_i / d(generator).
///                                        Called after `generate` of the same generator and noise with nothing of that
///                                        batch number in between: what that left need not be computed again
/// ascend(discriminator, s, fake, out)    what the discriminator descends on: minus the gradient of its objective, on
///                                        the real batch that s draws and the generated one
/// feedback(discriminator, s, fake, out)  derivatives of the generator's loss by the generated samples. The loss is a
///                                        mean over the batch: 1/b is inside
/// operations()                           optional: floating-point operations of one pass of each kind, a per_pass
/// generator_buffers(batch)               optional: what `generate` changes beside its output, as running statistics of
///                                        a batch normalization: a span, of one size for all batches, each number's its
///                                        own, which stays where it is. `pull_back` does not change it. All batches of a
///                                        step begin with the same, and end with the mean over those that were made:
///                                        x_0 + ((x_1 - x_0) + ...) / k, in the order of their numbers
/// discriminator_buffers(worker)          optional: the same of `ascend` and `feedback`. They go with a discriminator
///                                        that changes its place, as its weights do
///
/// The first two are called for different batches at the same time, the last two for different workers; each must be a
/// function of its arguments, and of its buffers, alone. What else a pair knows of a generated sample, a class say, may
/// come of the batch's noise: then it need not travel.
template <class P>
concept split_gan = names_its_scalar<P> && counts_its_players<P> && has_initial_weights<P> && sizes_its_batches<P> &&
                    generates_samples<P> && pulls_feedback_back<P> && ascends<P> && gives_feedback<P> &&
                    has_sound_options_of_a_pair<P>;

/// None where the pair has none.
template <split_gan P>
std::span<typename P::scalar> generator_buffers_of([[maybe_unused]] P const& p, [[maybe_unused]] int batch) {
  if constexpr (has_generator_buffers<P>) return p.generator_buffers(batch);
  else return {};
}
template <split_gan P>
std::span<typename P::scalar> discriminator_buffers_of([[maybe_unused]] P const& p, [[maybe_unused]] int worker) {
  if constexpr (has_discriminator_buffers<P>) return p.discriminator_buffers(worker);
  else return {};
}

SADDLE_NAMESPACE_END
