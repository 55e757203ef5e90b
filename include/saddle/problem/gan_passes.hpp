#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/dense_algebra.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_entrywise.hpp"
#include "saddle/problem/gan_loss.hpp"
#include "saddle/problem/stacked_layers.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where an algebra's memory holds what a gradient needs besides weights.
template <class T>
struct gan_memory {
  T const* real;        // as mlp_gan::real()
  T* scratch;           // numbers() of them, as start() left them
  std::int32_t* picks;  // batch + 1, zeros at first
  int const* begin;     // as in worker_parts: null if and only if mlp_gan's partition is iid
};

/// The gradient of `mlp_gan` as a sequence of passes over memory, on the host or on the device.
///
/// shape    weights and gradients as in `mlp_gan`; its samples, latents and formulas too, so that gradients
///          are equal up to rounding. Only the functions given to for_each read *s
/// cost     both players, networks of G and D >= 2 layers: 3 G + 3 D - 2 products and 2 G + 2 D - 1 other
///          passes; D - 1 of either for R1
/// errors   std::invalid_argument if the number of units times samples is not an int
template <class T>
class gan_passes {
 public:
  /// Gan is an mlp_gan<T>: its header is not for everyone.
  template <class Gan>
  explicit gan_passes(Gan const& gan)
      : generator_(gan.network(player::min).widths, gan.network(player::min).leak),
        discriminator_(gan.network(player::max).widths, gan.network(player::max).leak),
        batch_(gan.options().batch),
        samples_(static_cast<int>(gan.real().cols())),
        workers_(gan.workers()),
        loss_(gan.options().loss),
        bounded_(gan.bounded()),
        penalty_(static_cast<T>(gan.options().r1 / gan.options().batch)) {
    expects(!(gan.options().gradient_penalty > 0),
            "gan_passes: a gradient penalty on interpolates is taken by mlp_gan itself, on the host; R1 is here, too");
    std::int64_t const most = generator_.rows > discriminator_.rows ? generator_.rows : discriminator_.rows;
    expects(most <= std::numeric_limits<int>::max() / (2 * std::int64_t{batch_}),
            "gan_passes: units times samples are more than an int counts");
  }

  std::size_t numbers() const {
    return static_cast<std::size_t>(2 * of_generator() + 4 * of_discriminator() + 4 * std::int64_t{batch_});
  }
  int batch() const { return batch_; }

  /// Writes what stands in the scratch memory before the first gradient.
  void start(std::span<T> memory) const {
    for (T& v : memory) v = 0;
    scratch const k = in(memory.data());
    for (int l = 0; l < generator_.layers(); ++l)
      for (int j = 0; j < batch_; ++j) generator_.layer(k.g_values, l, j, 1).at[generator_.width(l)] = 1;
    for (int l = 0; l < discriminator_.layers(); ++l)
      for (int j = 0; j < 2 * batch_; ++j)
        discriminator_.layer(k.d_values, l, j, 1).at[discriminator_.width(l)] = 1;
    for (int j = 0; j < 2 * batch_; ++j) k.ones[j] = 1;
  }

  /// Of both players, or of one: then the other's part of `out` is not touched.
  template <dense_algebra<T> A>
  void gradient(A& algebra, gan_memory<T> memory, point<T const> at, sample const* s, point<T> out,
                std::optional<player> only = {}) const {
    bool const min = only != player::max, max = only != player::min, penalized = max && penalty_ > 0;
    scratch const k = in(memory.scratch);
    batch_picks const picks{memory.picks, memory.picks + batch_};
    int const first = max ? 0 : batch_, count = 2 * batch_ - first;

    worker_parts const parts{samples_, workers_, memory.begin};
    draw_batch<T> const draw{s, generator_.layer(k.g_values, 0, 0, batch_), picks, parts};
    algebra.for_each(draw.pairs() + (max ? draw.blocks() : 0), draw);
    generate(algebra, at.min.data(), k);
    dense<T> const inputs = discriminator_.layer(k.d_values, 0, first, count);
    fill_inputs<T> const fill{s, picks, memory.real, parts, batch_ - first, inputs};
    algebra.for_each(inputs.rows * (fill.reals + (bounded_ ? batch_ : 0)), fill);
    discriminate(algebra, at.max.data(), k, first, count);

    int const from = penalized ? 0 : batch_, to = min ? 2 * batch_ : batch_;
    backward(algebra, at.max.data(), k, first, count, from, to - from);
    if (min) min_gradient(algebra, at.min.data(), k, out.min.data());
    if (max) max_gradient(algebra, at.max.data(), k, out.max.data(), penalized, picks.rejected);
  }

 private:
  /// Columns are the samples of the batch; in matrices of the discriminator the real ones and then the
  /// generated ones.
  struct scratch {
    T *g_values, *g_slopes;
    T *d_values, *d_slopes;  // slopes are of the output itself
    T* tangents;             // layer 0 is dD/dx, which the generator needs of generated samples
    T* weighted;
    T *outputs, *ones;
  };
  std::int64_t of_generator() const { return std::int64_t{generator_.rows} * batch_; }
  std::int64_t of_discriminator() const { return std::int64_t{discriminator_.rows} * 2 * batch_; }
  scratch in(T* at) const {
    auto const take = [&](std::int64_t n) {
      T* const begin = at;
      at += n;
      return begin;
    };
    std::int64_t const d = of_discriminator();
    scratch k;
    k.g_values = take(of_generator()), k.g_slopes = take(of_generator());
    k.d_values = take(d), k.d_slopes = take(d), k.tangents = take(d), k.weighted = take(d);
    k.outputs = take(2 * batch_), k.ones = take(2 * batch_);
    return k;
  }

  template <class A>
  void generate(A& algebra, T const* w, scratch const& k) const {
    for (int l = 1; l <= generator_.layers(); ++l) {
      dense<T> const z = l < generator_.layers() ? generator_.layer(k.g_values, l, 0, batch_)
                                                 : discriminator_.layer(k.d_values, 0, batch_, batch_);
      algebra.product(generator_.weights_and_bias(w, l),
                      generator_.layer_and_one(k.g_values, l - 1, 0, batch_), z);
      if (l < generator_.layers())
        algebra.for_each(z.rows * z.columns, activate<T>{z, generator_.leak, nullptr, z});
    }
  }

  /// To the outputs, and to the slopes of the last hidden layer.
  template <class A>
  void discriminate(A& algebra, T const* w, scratch const& k, int first, int count) const {
    int const last = discriminator_.layers();
    for (int l = 1; l < last; ++l) {
      dense<T> const z = discriminator_.layer(k.d_values, l, first, count);
      algebra.product(discriminator_.weights_and_bias(w, l),
                      discriminator_.layer_and_one(k.d_values, l - 1, first, count), z);
      T const* const above = l + 1 == last ? discriminator_.weights(w, last).at : nullptr;
      algebra.for_each(z.rows * count, activate<T>{z, discriminator_.leak, above,
                                                   discriminator_.layer(k.d_slopes, l, first, count)});
    }
    algebra.product(discriminator_.layer_and_one(k.d_values, last - 1, first, count).transpose(),
                    as_column(discriminator_.weights_and_bias(w, last)),
                    dense<T>{k.outputs + first, count, 1, count});
  }

  /// From the last hidden layer to the first, and for the columns from `from` on to the input.
  template <class A>
  void backward(A& algebra, T const* w, scratch const& k, int first, int count, int from, int inputs) const {
    for (int l = discriminator_.layers() - 2; l > 0; --l) {
      dense<T> const d = discriminator_.layer(k.d_slopes, l, first, count);
      algebra.product(discriminator_.weights(w, l + 1).transpose(),
                      discriminator_.layer(k.d_slopes, l + 1, first, count), d);
      algebra.for_each(d.rows * count, times_slope<T>{discriminator_.layer(k.d_values, l, first, count),
                                                      discriminator_.leak, d});
    }
    if (inputs == 0) return;
    dense<T> const d = discriminator_.layer(k.tangents, 0, from, inputs);
    if (discriminator_.layers() > 1)
      algebra.product(discriminator_.weights(w, 1).transpose(),
                      discriminator_.layer(k.d_slopes, 1, from, inputs), d);
    else
      algebra.for_each(d.rows * inputs, repeat_weights<T>{w, d});
  }

  template <class A>
  void min_gradient(A& algebra, T const* w, scratch const& k, T* out) const {
    dense<T> slopes = discriminator_.layer(k.tangents, 0, batch_, batch_);
    algebra.for_each(slopes.rows * batch_,
                     generator_slope<T>{loss_, bounded_, k.outputs + batch_,
                                        discriminator_.layer(k.d_values, 0, batch_, batch_), slopes});
    for (int l = generator_.layers(); l > 0; --l) {
      algebra.product(slopes, generator_.layer_and_one(k.g_values, l - 1, 0, batch_).transpose(),
                      generator_.weights_and_bias(out, l));
      if (l == 1) return;
      dense<T> const below = generator_.layer(k.g_slopes, l - 1, 0, batch_);
      algebra.product(generator_.weights(w, l).transpose(), slopes, below);
      algebra.for_each(below.rows * batch_, times_slope<T>{generator_.layer(k.g_values, l - 1, 0, batch_),
                                                           generator_.leak, below});
      slopes = below;
    }
  }

  /// See mlp_gan::max_gradient.
  template <class A>
  void max_gradient(A& algebra, T const* w, scratch const& k, T* out, bool penalized,
                    std::int32_t* rejected) const {
    int const last = discriminator_.layers(), both = 2 * batch_, rows = discriminator_.rows;
    for (int l = 1; penalized && l < last; ++l) {
      dense<T> const t = discriminator_.layer(k.tangents, l, 0, batch_);
      algebra.product(discriminator_.weights(w, l), discriminator_.layer(k.tangents, l - 1, 0, batch_), t);
      algebra.for_each(t.rows * batch_, times_slope<T>{discriminator_.layer(k.d_values, l, 0, batch_),
                                                       discriminator_.leak, t});
    }
    algebra.for_each(rows * both, weight_values<T>{loss_, batch_, penalized ? penalty_ : T{0}, k.outputs,
                                                   dense<T>{k.d_values, rows, both, rows},
                                                   dense<T>{k.tangents, rows, both, rows},
                                                   dense<T>{k.weighted, rows, both, rows}, rejected});
    for (int l = 1; l < last; ++l)
      algebra.product(discriminator_.layer(k.d_slopes, l, 0, both),
                      discriminator_.layer_and_one(k.weighted, l - 1, 0, both).transpose(),
                      discriminator_.weights_and_bias(out, l));
    algebra.product(discriminator_.layer_and_one(k.weighted, last - 1, 0, both),
                    dense<T>{k.ones, both, 1, both}, as_column(discriminator_.weights_and_bias(out, last)));
  }

  /// One row, which is contiguous.
  template <class U>
  static dense<U> as_column(dense<U> row) {
    return {row.at, row.columns, 1, row.columns};
  }

  stacked_layers<T> generator_, discriminator_;
  int batch_, samples_, workers_;
  gan_loss loss_;
  bool bounded_;
  T penalty_;
};

SADDLE_NAMESPACE_END
