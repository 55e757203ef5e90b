#pragma once
#include <cmath>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_loss.hpp"

SADDLE_NAMESPACE_BEGIN

/// The smallest GAN: the data are the point 0, the generator is a point theta, the discriminator D(x) = psi
/// x.
///
/// F = (psi s(-psi theta), -theta s(-psi theta) + r1 psi), s the sigmoid; the non-saturating generator has
/// s(psi theta) in its part, WGAN has 1 for s. D here is large where it takes x for generated, as in the
/// source.
///
/// promise  the Jacobian at 0 has the eigenvalues r1/2 +- sqrt(r1^2/4 - 1/4) (WGAN: 1 for 1/4): without R1
///          they are imaginary, and simultaneous descent leaves the equilibrium
/// start    (1, 1), whatever the seed; one gradient for all workers
/// source   Mescheder, Geiger, Nowozin: Which training methods for GANs do actually converge? ICML 2018
template <class T = double>
struct dirac_gan {
  using scalar = T;

  gan_loss loss = gan_loss::saturating;
  T r1 = 0;

  players sizes() const { return {1, 1}; }

  std::string identity() const {
    return "dirac-gan loss=" + number_text(static_cast<int>(loss)) + " r1=" + number_text(r1);
  }

  void initial(std::uint64_t, point<T> w) const {
    check(w);
    w.min[0] = w.max[0] = 1;
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }

  void gradient(point<T const> at, sample, point<T> out, player who) const {
    check(at);
    expects(out.of(static_cast<int>(who)).size() == 1, "dirac_gan: each player has one coordinate");
    T const theta = at.min[0], psi = at.max[0];
    bool const linear = loss == gan_loss::wasserstein;
    if (who == player::min) {
      T const t = loss == gan_loss::non_saturating ? psi * theta : -psi * theta;
      out.min[0] = linear ? psi : psi * sigmoid(t);
    } else {
      out.max[0] = (linear ? -theta : -theta * sigmoid(-psi * theta)) + r1 * psi;
    }
  }

 private:
  void check(point<T const> w) const {
    expects(has_sizes(w, sizes()), "dirac_gan: each player has one coordinate");
    expects(r1 >= 0 && is_finite(r1), "dirac_gan: r1 is finite and not negative");
  }
};

static_assert(problem<dirac_gan<>> && splits_by_player<dirac_gan<>>);

SADDLE_NAMESPACE_END
