#pragma once
#include <cmath>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/dense_algebra.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_loss.hpp"

SADDLE_NAMESPACE_BEGIN

// The passes of gan_passes that are no products: what is done to entry i of a matrix, column after column.

/// The discriminator's inputs: real samples, then what the generator gave, through tanh.
template <class T>
struct fill_inputs {
  sample const* s;
  batch_picks picks;
  T const* real;  // a sample a column
  worker_parts parts;
  int reals;  // columns
  dense<T> inputs;

  SADDLE_HD void operator()(int i) const {
    int const j = i / inputs.rows, r = i % inputs.rows;
    if (j < reals) {
      data_part const part = parts.of(s->worker);
      inputs(r, j) = real[std::int64_t{part.first + picks.of(*s, part.count, j)} * inputs.rows + r];
    } else {
      inputs(r, j) = std::tanh(inputs(r, j));
    }
  }
};

/// (Leaky) ReLU. In the last hidden layer of a network with one output also that output's derivative by z,
/// `slopes`.
template <class T>
struct activate {
  dense<T> values;
  T leak;
  T const* last_weights;  // or null
  dense<T> slopes;

  SADDLE_HD void operator()(int i) const {
    int const j = i / values.rows, r = i % values.rows;
    T const z = values(r, j);
    values(r, j) = z > 0 ? z : leak * z;
    if (last_weights) slopes(r, j) = last_weights[r] * (z > 0 ? T{1} : leak);
  }
};

/// The derivative of a network without hidden layers by its input.
template <class T>
struct repeat_weights {
  T const* last_weights;
  dense<T> slopes;
  SADDLE_HD void operator()(int i) const {
    slopes(i % slopes.rows, i / slopes.rows) = last_weights[i % slopes.rows];
  }
};

/// Through the activation whose values are given: backward for derivatives, forward for tangents.
template <class T>
struct times_slope {
  dense<T const> values;
  T leak;
  dense<T> slopes;
  SADDLE_HD void operator()(int i) const {
    int const j = i / slopes.rows, r = i % slopes.rows;
    slopes(r, j) *= values(r, j) > 0 ? T{1} : leak;
  }
};

/// From the derivative of D by a generated sample to that of the generator's loss by what came before tanh.
template <class T>
struct generator_slope {
  gan_loss loss;
  bool bounded;
  T const* outputs;  // on the generated samples
  dense<T const> generated;
  dense<T> slopes;
  SADDLE_HD void operator()(int i) const {
    int const j = i / slopes.rows, r = i % slopes.rows;
    T const slope = generator_on_fake(loss, outputs[j]).slope / static_cast<T>(slopes.columns);
    T const x = generated(r, j);
    slopes(r, j) *= bounded ? slope * (1 - x * x) : slope;
  }
};

/// What the derivatives of D by its layers are multiplied with: values, weighted with the slope of the
/// discriminator's loss, and for R1 the tangents of the real samples.
template <class T>
struct weight_values {
  gan_loss loss;
  int batch;
  T penalty;  // r1 / batch
  T const* outputs;
  dense<T const> values, tangents;
  dense<T> weighted;
  std::int32_t* rejected;  // of batch_picks: this comes after its last reader
  SADDLE_HD void operator()(int i) const {
    int const j = i / weighted.rows, r = i % weighted.rows;
    T const slope =
        (j < batch ? discriminator_on_real(loss, outputs[j]) : discriminator_on_fake(loss, outputs[j])).slope;
    T v = slope / static_cast<T>(batch) * values(r, j);
    if (penalty > 0 && j < batch) v += penalty * tangents(r, j);
    weighted(r, j) = v;
    if (i == 0) *rejected = 0;
  }
};

SADDLE_NAMESPACE_END
