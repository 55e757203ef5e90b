#include "saddle/compressor/ef21.hpp"

#include "contract.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"

using namespace contract;

namespace {

/// Sends C(v - c), c += C(v - c), for some steps at one v: the squared distance of c from v falls by 1 - delta at
/// least.
template <class C>
void approaches(double delta, int steps) {
  std::vector<double> const v = normals<double>(1, 512);
  std::vector<double> known(512), p(512);
  real const begin = squared_norm(v);
  for (int t = 1; t <= steps; ++t) {
    for (std::size_t i = 0; i < 512; ++i) p[i] = v[i] - known[i];
    auto const r = encode_on<serial_group>(C{}, p, random_stream{.seed = 1, .exchange = static_cast<std::uint64_t>(t)});
    for (std::size_t i = 0; i < 512; ++i) {
      known[i] += r.sent[i];
      p[i] = v[i] - known[i];
    }
    CHECK(squared_norm(p) <= begin * std::pow(1 - delta, t) * 1.0001 + 1e-24);
  }
  CHECK(squared_norm(p) < 1e-2 * begin);
}

}  // namespace

TEST_CASE("ef21: the compressor inside is what goes on the wire, and differences are kept beside it") {
  using C = top_k<512, 8>;
  using wrapped = ef21<C>;
  static_assert(compression<wrapped> && !compressor<wrapped>);
  static_assert(has_memory<wrapped> && feedback_of<wrapped> == feedback::difference);
  static_assert(feedback_of<C> == feedback::none);
  static_assert(std::is_same_v<wire_compressor<wrapped>, C>);
  wrapped const c;
  CHECK(&unwrapped(c) == &c.compressor);
  CHECK(wrapped::name() == "ef21-" + C::name());
}

TEST_CASE("ef21: a direction that stays is known ever better, by what the compressor promises") {
  approaches<identity>(1, 1);
  approaches<top_k<512, 64>>(64.0 / 512, 20);
  approaches<scaled_sign<512>>(1.0 / 512, 100);
  approaches<qsgd<512, 4, rounding::nearest>>(qsgd<512, 4, rounding::nearest>::delta, 20);
}
