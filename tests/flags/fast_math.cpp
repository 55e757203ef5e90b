// What holds under -ffast-math too: compiled by tests/flags.cmake, returns how many checks failed.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <saddle/codec/compress.hpp>
#include <saddle/saddle.hpp>
#include <string>
#include <type_traits>
#include <vector>

using namespace saddle;

static int failed = 0;
#define CHECK(x) ((x) ? void() : (++failed, void(std::printf("line %d: %s\n", __LINE__, #x))))

/// Hidden from the compiler, which may take for granted that there is no such number.
static float not_finite(std::uint32_t bits) {
  std::uint32_t volatile hidden = bits;
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(hidden));
}

struct slope {
  using scalar = float;
  int bad_step = -1;
  std::uint32_t bad = 0;

  players sizes() const { return {2, 1}; }
  void initial(std::uint64_t, point<float> w) const {
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) x = 0.25f;
  }
  void gradient(point<float const>, sample s, point<float> out) const {
    out.min[0] = 1;
    out.min[1] = s.step == bad_step ? not_finite(bad) : 0.5f;
    out.max[0] = 0;
  }
};

int main() {
  // Weights begin where the problem says, without a box, and move.
  for (int steps : {0, 10}) {
    trainer t{slope{}, sgda{.step_size = 0.125}, identity{}, parameter_server<>{}, loopback{2}, cpu{}};
    t.run(steps);
    CHECK(t.weights(0).min[0] == 0.25f - 0.125f * static_cast<float>(steps));
    CHECK(t.weights(0).min[1] == 0.25f - 0.0625f * static_cast<float>(steps));
  }
  // A gradient that is not finite is found and skipped.
  for (std::uint32_t const bad : {0x7F800000u, 0xFF800000u, 0x7FC00000u}) {
    trainer t{slope{.bad_step = 3, .bad = bad}, sgda{.step_size = 0.125}, identity{}, parameter_server<>{}, loopback{2},
              cpu{}};
    t.run(10);
    CHECK(t.weights(0).min[0] == 0.25f - 0.125f * 9);
    std::vector<float> v(300, 1.0f);
    v[200] = not_finite(bad);
    std::string why;
    try {
      compress(top_k<>{}, v);
    } catch (std::invalid_argument const& e) {
      why = e.what();
    }
    CHECK(why == "compress: coordinate 200 is not finite");
  }
  // Half precision, its denormals included: code times the last place.
  for (std::uint32_t code = 0; code < 0x7C00u; ++code) {
    int const exponent = static_cast<int>(code >> 10), places = static_cast<int>(code & 1023u);
    float const expected = exponent == 0 ? std::ldexp(static_cast<float>(places), -24)
                                         : std::ldexp(static_cast<float>(1024 + places), exponent - 25);
    if (narrow_float<5>::value_of(code) != expected || narrow_float<5>::code_of(expected) != code) {
      CHECK(!"half precision");
      break;
    }
  }
  // A running sum keeps what a plain one loses.
  running_sum<float> sum{1e8f, 0};
  for (int i = 0; i < 1000; ++i) sum.add(1.0f);
  CHECK(sum.value + sum.rest == 1e8f + 1000);
  // Every compressor's message decodes to a vector as near as it promises.
  auto const check = [](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    random_sequence random({.use = purpose::evaluation});
    std::vector<float> v(1000), out(1000);
    for (float& x : v) x = static_cast<float>(random.normal());
    decompress(c, compress(c, v, {.seed = 1}), out);
    double error = 0, size = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      error += (double{v[i]} - out[i]) * (double{v[i]} - out[i]);
      size += double{v[i]} * v[i];
    }
    if (!(error <= (1 - delta_of<C>) * size * 1.0001)) std::printf("%s\n", C::name().c_str());
    CHECK(error <= (1 - delta_of<C>) * size * 1.0001);
  };
  check(identity{});
  check(qsgd<512, 8>{});
  check(qsgd<512, 4, rounding::nearest>{});
  check(scaled_sign<>{});
  check(top_k<>{});
  check(natural<>{});
  check(half<>{});
  check(bfloat{});
  check(adacomp_residual<>{});
  check(global_top_k<>{0.1});
  return failed;
}
