#include "saddle/compressor/error_feedback.hpp"

#include "contract.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"

using namespace contract;

namespace {

/// p = v + e, send C(p), e = p - C(p), for some steps; v(t) is the direction of step t.
template <class C, class V>
struct owing {
  using vector = decltype(V{}(0));
  vector memory, sent, asked;  // e, and the sums of C(p) and of v
  real most_asked = 0;         // the largest |v|

  owing(C const& c, int steps) : memory(V{}(0).size()), sent(memory), asked(memory) {
    for (int t = 0; t < steps; ++t) {
      vector const v = V{}(t);
      vector p = v;
      for (std::size_t i = 0; i < p.size(); ++i) p[i] = v[i] + memory[i];
      auto const r = encode_on<serial_group>(c, p, random_stream{.seed = 1, .exchange = static_cast<std::uint64_t>(t)});
      for (std::size_t i = 0; i < p.size(); ++i) {
        memory[i] = p[i] - r.sent[i];
        sent[i] += r.sent[i];
        asked[i] += v[i];
      }
      most_asked = std::max(most_asked, std::sqrt(squared_norm(v)));
    }
  }
};
struct integer_directions {
  std::vector<float> operator()(int t) const { return small_integers<float>(static_cast<std::uint64_t>(t), 512); }
};
struct normal_directions {
  std::vector<double> operator()(int t) const { return normals<double>(static_cast<std::uint64_t>(t), 512); }
};
struct one_direction {
  std::vector<double> operator()(int) const { return one_and<double>(512, 1 / (1 + std::sqrt(512))); }
};

}  // namespace

TEST_CASE("error_feedback: the compressor inside is what goes on the wire") {
  using C = top_k<512, 8>;
  using wrapped = error_feedback<C>;
  static_assert(compression<wrapped> && compression<C> && !compressor<wrapped>);
  static_assert(has_memory<wrapped> && !has_memory<C>);
  static_assert(std::is_same_v<wire_compressor<wrapped>, C> && std::is_same_v<wire_compressor<C>, C>);
  wrapped const c;
  CHECK(&unwrapped(c) == &c.compressor);
  CHECK(&unwrapped(c.compressor) == &c.compressor);
  CHECK_FALSE(c.subtract_in_look_ahead.has_value());
  CHECK(wrapped::name() == "error-feedback-" + C::name());
}

TEST_CASE("error_feedback: of integers nothing is lost, to the bit: all sent and all owed is all asked for") {
  owing<top_k<512, 8>, integer_directions> r({}, 300);
  CHECK(squared_norm(r.memory) > 0);
  for (std::size_t i = 0; i < r.sent.size(); ++i) r.sent[i] += r.memory[i];
  CHECK(r.sent == r.asked);
}

TEST_CASE("error_feedback: what is owed stays below what a contraction allows, and the sum is kept to rounding") {
  auto const check = [](auto const& c, auto directions) {
    using C = std::remove_cvref_t<decltype(c)>;
    CAPTURE(C::name());
    owing<C, decltype(directions)> const r(c, 1000);
    real const keeps = std::sqrt(1 - real(delta_of<C>));  // |e| <= keeps (|v| + |e|)
    CHECK(std::sqrt(squared_norm(r.memory)) > 0.01 * r.most_asked);
    CHECK(std::sqrt(squared_norm(r.memory)) <= keeps / (1 - keeps) * r.most_asked);
    auto sum = r.sent;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += r.memory[i];
    CHECK(std::sqrt(squared_error(sum, r.asked)) <= 1e-10 * std::sqrt(squared_norm(r.asked)));
  };
  check(top_k<512, 8>{}, normal_directions{});
  check(scaled_sign<512>{}, normal_directions{});
  check(scaled_sign<512>{}, one_direction{});
  check(qsgd<512, 2, rounding::nearest>{}, normal_directions{});
  check(qsgd<512, 4, rounding::nearest>{}, one_direction{});
}

TEST_CASE("error_feedback: what is owed explodes where nothing contracts, which is why that does not compile") {
  using dithered = qsgd<512, 2, rounding::dithered, norm::euclidean>;  // as published, omega = 22.6
  static_assert(!contracts<dithered>);
  owing<dithered, normal_directions> const exploding({}, 50);
  CHECK(std::sqrt(squared_norm(exploding.memory)) > 1e3 * exploding.most_asked);
}
