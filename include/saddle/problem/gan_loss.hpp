#pragma once
#include <cmath>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the players minimize, D(x) being the discriminator's output (large: taken for real), s the sigmoid:
///
/// non_saturating  generator -log s(D(fake)), discriminator -log s(D(real)) - log s(-D(fake))
/// saturating      generator log s(-D(fake)), discriminator the same: a zero-sum game
/// wasserstein     generator -D(fake), critic D(fake) - D(real); wants a clipped or penalized critic
///
/// source  Goodfellow et al.: Generative adversarial nets. NeurIPS 2014; Arjovsky, Chintala, Bottou:
///         Wasserstein generative adversarial networks. ICML 2017
enum class gan_loss { non_saturating, saturating, wasserstein };

/// log(1 + exp(t)) without overflow.
template <class T>
SADDLE_HD T softplus(T t) {
  return (t < 0 ? T{0} : t) + std::log1p(std::exp(-std::abs(t)));
}

/// 1 / (1 + exp(-t)) without overflow.
template <class T>
SADDLE_HD T sigmoid(T t) {
  T const e = std::exp(-std::abs(t));
  return (t >= 0 ? T{1} : e) / (1 + e);
}

/// A loss of one output and its slope there.
template <class T>
struct loss_at {
  T value, slope;
};

template <class T>
SADDLE_HD loss_at<T> discriminator_on_real(gan_loss loss, T d) {
  if (loss == gan_loss::wasserstein) return {-d, -1};
  return {softplus(-d), -sigmoid(-d)};
}

template <class T>
SADDLE_HD loss_at<T> discriminator_on_fake(gan_loss loss, T d) {
  if (loss == gan_loss::wasserstein) return {d, 1};
  return {softplus(d), sigmoid(d)};
}

template <class T>
SADDLE_HD loss_at<T> generator_on_fake(gan_loss loss, T d) {
  if (loss == gan_loss::wasserstein) return {-d, -1};
  if (loss == gan_loss::saturating) return {-softplus(d), -sigmoid(d)};
  return {softplus(-d), -sigmoid(-d)};
}

SADDLE_NAMESPACE_END
