#include "saddle/problem/gan_passes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "gans.hpp"
#include "saddle/problem/mlp_gan.hpp"

namespace {

using namespace saddle;

/// Loops that a reader trusts at sight.
template <class T>
struct plain_algebra {
  int products = 0, others = 0;

  static T const& element(dense<T const> m, int i, int j) { return m.transposed ? m(j, i) : m(i, j); }
  void product(dense<T const> a, dense<T const> b, dense<T> c) {
    ++products;
    REQUIRE((a.rows == c.rows && a.columns == b.rows && b.columns == c.columns && !c.transposed));
    for (dense<T const> const m : {a, b, dense<T const>(c)})  // as cuBLAS wants it
      REQUIRE((m.rows > 0 && m.columns > 0 && m.stride >= (m.transposed ? m.columns : m.rows)));
    for (int i = 0; i < c.rows; ++i)
      for (int j = 0; j < c.columns; ++j) {
        T sum = 0;
        for (int k = 0; k < a.columns; ++k) sum += element(a, i, k) * element(b, k, j);
        c(i, j) = sum;
      }
  }
  template <class F>
  void for_each(int n, F const& f) {
    if (n > 0) ++others;
    for (int i = n; i-- > 0;) f(i);  // any order will do
  }
};

static_assert(dense_algebra<plain_algebra<float>, float>);

/// The passes with the memory that they need.
template <class T>
struct host_passes {
  gan_passes<T> passes;
  std::vector<T> real, scratch;
  std::vector<std::int32_t> picks;
  std::vector<int> begin;  // empty where the parts are equal
  plain_algebra<T> algebra = {};

  explicit host_passes(mlp_gan<T> const& gan)
      : passes(gan),
        real(gan.real().data(), gan.real().data() + gan.real().size()),
        scratch(passes.numbers()),
        picks(static_cast<std::size_t>(passes.batch()) + 1) {
    passes.start(scratch);
    if (takes_labels(gan.options().partition)) begin = gan.parts().begin;
  }
  void gradient(point<T const> at, sample s, point<T> out, std::optional<player> only = {}) {
    int const* const parts = begin.empty() ? nullptr : begin.data();
    passes.gradient(algebra, {real.data(), scratch.data(), picks.data(), parts}, at, &s, out, only);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("gan_passes: the gradient is that of mlp_gan up to rounding", T, float, double) {
  test::differences<T> min, max, alone;
  for (test::gan const& g : test::gans()) {
    mlp_gan<T> const gan(g.data, g.options);
    host_passes<T> passes(gan);
    auto w = test::perturbed_start(gan);
    for (sample const s : test::samples_of(g.options.workers)) {
      test::both_players<T> expected(gan.sizes()), whole(gan.sizes());
      gan.gradient(w, s, expected);
      passes.gradient(w, s, whole);
      min.add(test::error(expected, whole, player::min));
      max.add(test::error(expected, whole, player::max));
      for (player const who : {player::min, player::max}) {
        test::both_players<T> part(gan.sizes());
        std::ranges::fill(part.all, T{77});
        passes.gradient(w, s, part, who);
        alone.add(test::error(expected, part, who));
        CAPTURE(g);
        CHECK(std::ranges::all_of(point<T>(part).of(1 - static_cast<int>(who)), [](T v) { return v == 77; }));
      }
    }
  }
  CHECK_MESSAGE(min.few(), "the generator's: ", min);
  CHECK_MESSAGE(max.few(), "the discriminator's: ", max);
  CHECK_MESSAGE(alone.few(), "of one player alone: ", alone);
}

TEST_CASE("gan_passes: so many passes a gradient") {
  for (double const r1 : {0.0, 1.0})
    for (auto const& [generator, discriminator] :
         {std::pair{std::vector<int>{8, 9}, std::vector<int>{7, 6}},
          std::pair{std::vector<int>{8}, std::vector<int>{7, 6, 5}}}) {
      mlp_gan<float> const gan(
          test::noise(9, {1, 3, 1}, true),
          {.generator = generator, .discriminator = discriminator, .batch = 3, .r1 = r1});
      host_passes<float> passes(gan);
      auto w = test::perturbed_start(gan);
      test::both_players<float> out(gan.sizes());
      passes.gradient(w, {.step = 1}, out);
      int const g = static_cast<int>(generator.size()) + 1, d = static_cast<int>(discriminator.size()) + 1;
      CHECK(passes.algebra.products == 3 * g + 3 * d - 2 + (r1 > 0 ? d - 1 : 0));
      CHECK(passes.algebra.others == 2 * g + 2 * d - 1 + (r1 > 0 ? d - 1 : 0));
    }
}

TEST_CASE("gan_batch: latents and picks are those of the sequences, where numbers are rejected too") {
  // Of 2^32 numbers a few are rejected below 1000, a third below 1.5e9, and one in 2^31 below the largest
  // int.
  for (int const samples : {7, 1000, 1'500'000'000, 2'147'483'647})
    for (int const batch : {1, 2, 3, 4, 5, 31, 64})
      for (int const latent : {1, 3, 4})
        for (sample const s : {sample{1, 0, 1, 0}, sample{2, 2, 5, 1}}) {
          std::vector<double> z(static_cast<std::size_t>(batch * (latent + 2)), 77.0);
          std::vector<std::int32_t> picks(static_cast<std::size_t>(batch) + 1);
          draw_batch<double> const draw{
              &s, {z.data(), latent, batch, latent + 2}, {picks.data(), picks.data() + batch},
              {samples, 3, nullptr}};
          for (int i = draw.pairs() + draw.blocks(); i-- > 0;) draw(i);

          random_sequence latents(batch_stream(s, purpose::latent)),
              order(batch_stream(s, purpose::data_order));
          int const count = part_of(samples, 3, s.worker).count;
          for (int j = 0; j < batch; ++j) {
            for (int i = 0; i < latent; ++i) REQUIRE(draw.latents(i, j) == latents.normal());
            for (int i = latent; i < latent + 2; ++i) REQUIRE(draw.latents(i, j) == 77);
            REQUIRE(draw.picks.of(s, count, j) ==
                    static_cast<int>(order.below(static_cast<std::uint32_t>(count))));
          }
        }
}

TEST_CASE("gan_passes: where a number was rejected, each reader draws on its own, once") {
  mlp_gan<double> const gan(test::noise(40, {1, 3, 1}, true), {.batch = 9, .r1 = 1, .workers = 2});
  host_passes<double> passes(gan);
  auto w = test::perturbed_start(gan);
  test::both_players<double> drawn(gan.sizes()), redrawn(gan.sizes());
  sample const s{.worker = 1, .step = 3};
  passes.gradient(w, s, drawn);
  passes.picks.back() = 1;
  passes.gradient(w, s, redrawn);
  CHECK(redrawn.all == drawn.all);
  CHECK(passes.picks.back() == 0);
}

TEST_CASE("gan_batch: a rejected number is seen") {
  // Three workers of 5e8 samples: 2^32 leaves 294967296 of 2^32 numbers to reject, 7 in 100.
  sample const s{.step = 1};
  std::vector<double> z(64);
  std::vector<std::int32_t> picks(65);
  draw_batch<double> const draw{
      &s, {z.data(), 1, 64, 1}, {picks.data(), picks.data() + 64}, {1'500'000'000, 3, nullptr}};
  for (int i = 0; i < draw.pairs() + draw.blocks(); ++i) draw(i);
  CHECK(picks.back() == 1);
}

TEST_CASE("gan_passes: a penalty on interpolates is refused") {
  mlp_gan<float> const gan(test::noise(5, {1, 2, 1}, true), {.batch = 2, .gradient_penalty = 10});
  CHECK_THROWS_WITH_AS((gan_passes<float>{gan}), doctest::Contains("on the host"), std::invalid_argument);
}
